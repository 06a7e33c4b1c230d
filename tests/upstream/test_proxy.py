"""Which proxy an origin is reached by."""

from __future__ import annotations

import base64

import pytest

from ajar.upstream.origin import Origin
from ajar.upstream.proxy import NoProxy, Proxy, ProxyRules

HTTPS = Origin("https", "api.example.com", 443)
HTTP = Origin("http", "api.example.com", 80)


def test_each_scheme_has_its_variable() -> None:
    rules = ProxyRules({"HTTPS_PROXY": "http://a:1", "HTTP_PROXY": "http://b:2"})
    assert rules.find(HTTPS) == Proxy("a", 1)
    assert rules.find(HTTP) == Proxy("b", 2)


def test_all_proxy_stands_in() -> None:
    rules = ProxyRules({"ALL_PROXY": "http://a:1", "http_proxy": "http://b:2"})
    assert rules.find(HTTPS) == Proxy("a", 1)
    assert rules.find(HTTP) == Proxy("b", 2)


def test_lower_case_wins_and_empty_counts_as_unset() -> None:
    assert ProxyRules({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:2"}).find(HTTPS) == Proxy("a", 1)
    assert ProxyRules({"https_proxy": "", "HTTPS_PROXY": "http://b:2"}).find(HTTPS) == Proxy("b", 2)
    assert ProxyRules({}).find(HTTPS) is None


def test_userinfo_becomes_basic_authorization() -> None:
    proxy = ProxyRules({"https_proxy": "http://me:p%40ss@a:1"}).find(HTTPS)
    assert proxy == Proxy("a", 1, b"Basic " + base64.b64encode(b"me:p@ss"))


def test_short_forms() -> None:
    assert ProxyRules({"https_proxy": "a:1"}).find(HTTPS) == Proxy("a", 1)
    assert ProxyRules({"https_proxy": "http://a"}).find(HTTPS) == Proxy("a", 80)
    assert ProxyRules({"https_proxy": "http://[::1]:3/"}).find(HTTPS) == Proxy("::1", 3)


@pytest.mark.parametrize("url", ["socks5://me:secret@a:1", "https://me:secret@a:1", "http://a:secret", "http://[a"])
def test_what_is_no_http_proxy_is_refused_when_needed_and_not_before(url: str) -> None:
    rules = ProxyRules({"ALL_PROXY": url})
    assert rules.find(Origin("http", "127.0.0.1", 80)) is None
    with pytest.raises(ValueError, match="the proxy in ALL_PROXY must be given as http://host:port") as caught:
        rules.find(HTTPS)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_goes_by_no_proxy(host: str) -> None:
    assert ProxyRules({"ALL_PROXY": "http://a:1"}).find(Origin("http", host, 80)) is None


@pytest.mark.parametrize(
    ("text", "host", "port", "covered"),
    [
        ("*", "any.example", 1, True),
        ("example.com", "example.com", 443, True),
        ("example.com", "api.example.com", 443, True),
        ("example.com", "badexample.com", 443, False),
        ("EXAMPLE.com", "api.example.com", 443, True),
        (".example.com", "api.example.com", 443, True),
        (".example.com", "example.com", 443, False),
        ("*.example.com", "api.example.com", 443, True),
        ("*.example.com", "example.com", 443, False),
        ("example.com:8443", "example.com", 8443, True),
        ("example.com:8443", "example.com", 443, False),
        ("example.com:8443", "a.example.com", 8443, True),
        ("other, example.com", "example.com", 443, True),
        ("other example.com", "example.com", 443, True),
        ("10.1.2.3", "10.1.2.3", 443, True),
        ("10.1.2.3:80", "10.1.2.3", 443, False),
        ("10.1.2.3:443", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "10.200.0.1", 443, True),
        ("10.0.0.0/8", "11.0.0.1", 443, False),
        ("10.0.0.0/8", "ten.example", 443, False),
        ("fd00::/8", "fd12::1", 443, True),
        ("[fd12::1]:443", "fd12::1", 443, True),
        ("fd12::1", "fd12::1", 443, True),
        (".", "example.com", 443, False),
        (",,", "example.com", 443, False),
        ("", "example.com", 443, False),
    ],
)
def test_no_proxy(text: str, host: str, port: int, covered: bool) -> None:
    assert NoProxy(text).cover(host, port) is covered
    scheme = "https" if port == 443 else "http"
    rules = ProxyRules({"ALL_PROXY": "http://a:1", "no_proxy": text})
    assert (rules.find(Origin(scheme, host, port)) is None) is covered


def test_the_heads_it_writes() -> None:
    plain = Proxy("a", 1)
    secret = Proxy("a", 1, b"Basic eA==")
    assert plain.connect_head(HTTPS) == b"CONNECT api.example.com:443 HTTP/1.1\r\nhost: api.example.com:443\r\n\r\n"
    assert secret.connect_head(HTTPS).endswith(b"\r\nproxy-authorization: Basic eA==\r\n\r\n")
    head = b"POST /v1 HTTP/1.1\r\nhost: api.example.com\r\n\r\n"
    assert plain.absolute_head(HTTP, head) == (
        b"POST http://api.example.com/v1 HTTP/1.1\r\nhost: api.example.com\r\n\r\n"
    )
    assert secret.absolute_head(HTTP, head) == (
        b"POST http://api.example.com/v1 HTTP/1.1\r\nproxy-authorization: Basic eA==\r\nhost: api.example.com\r\n\r\n"
    )
