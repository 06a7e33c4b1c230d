"""What the environment says of the way to deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.upstream.way import way_faults

if TYPE_CHECKING:
    from pathlib import Path

URLS = {
    "local": "http://127.0.0.1:8000/v1",
    "near": "http://gpu1.internal:8000",
    "far": "https://api.openai.com/v1",
    "other": "https://api.anthropic.com",
    "odd": "what is this",
}


def test_nothing_is_wrong_with_an_empty_environment() -> None:
    assert list(way_faults(URLS, {})) == []


def test_a_proxy_is_told_of_where_it_is_needed_and_once() -> None:
    wrong = "the proxy in HTTPS_PROXY must be given as http://host:port"
    assert list(way_faults(URLS, {"HTTPS_PROXY": "socks5://h:1"})) == [("far", wrong)]
    assert list(way_faults(URLS, {"HTTPS_PROXY": "socks5://h:1", "NO_PROXY": "openai.com"})) == [("other", wrong)]
    assert list(way_faults({"local": URLS["local"]}, {"ALL_PROXY": "?"})) == []
    assert [name for name, _ in way_faults(URLS, {"ALL_PROXY": "?"})] == ["near"]


def test_certificates_are_looked_at_where_something_is_reached_by_https(tmp_path: Path) -> None:
    environ = {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}
    wrong = "the file in SSL_CERT_FILE cannot be used (No such file or directory)"
    assert list(way_faults(URLS, environ)) == [("far", wrong)]
    assert list(way_faults({"near": URLS["near"]}, environ)) == []
