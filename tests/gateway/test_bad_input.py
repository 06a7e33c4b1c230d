"""Whatever a caller sends: one clear error in OpenAI's shape, and the next caller is served."""

from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING

import pytest
import zstandard

from gateway.conftest import config

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Service
    from doubles.upstream import Upstream

CHAT = "/v1/chat/completions"


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        (b"", 400, "invalid_json", None),
        (b"{", 400, "invalid_json", None),
        (b"[]", 400, "invalid_json", None),
        (b"\xff\xfe", 400, "invalid_json", None),
        (b"[" * 200_000, 400, "invalid_json", None),
        (b'{"messages":[]}', 400, "invalid_field", "model"),
        (b'{"model":7,"messages":[]}', 400, "invalid_field", "model"),
        (b'{"model":"r"}', 400, "invalid_field", "messages"),
        (b'{"model":"r","messages":{}}', 400, "invalid_field", "messages"),
        (b'{"model":"r","messages":[],"stream":"x"}', 400, "invalid_field", "stream"),
        (b'{"model":"nowhere","messages":[]}', 404, "model_not_found", "model"),
        (b'{"model":"deployment:nowhere","messages":[]}', 404, "model_not_found", "model"),
        (b'{"model":"r","model":"deployment:b","messages":[]}', 400, "invalid_json", None),
        (b'{"Model":"r","model":"deployment:b","messages":[]}', 400, "invalid_json", None),
        (b'{"model":"r","mode\\u006c":"x","messages":[]}', 400, "invalid_json", None),
        (b'{"model":"r","messages":[],"stream":false,"\xc5\xbftream":true}', 400, "invalid_json", None),
    ],
)
def test_a_bad_body(
    service: Service, upstream: Upstream, body: bytes, status: int, code: str, param: str | None
) -> None:
    result = service.request("POST", CHAT, body)
    error = result.json["error"]
    assert (result.status, error["code"], error["param"]) == (status, code, param)
    assert error["type"] == "invalid_request_error"
    assert result.headers["content-type"] == "application/json"
    assert not upstream.seen
    assert service.chat().status == 200


@pytest.mark.parametrize(
    ("data", "encoding", "status"),
    [
        (b"x", "gzip", 400),
        (gzip.compress(b"{}", mtime=0)[:-3], "gzip", 400),
        (b"x", "zstd", 400),
        (zstandard.ZstdCompressor().compress(b"{}" * 50)[:-3], "zstd", 400),
        (b"{}", "br", 415),
        (gzip.compress(b" " * 3_000_000, mtime=0), "gzip", 413),
        (zstandard.ZstdCompressor().compress(b" " * 3_000_000), "zstd", 413),
    ],
)
def test_a_bad_encoding(
    serve: Callable[..., Service], upstream: Upstream, data: bytes, encoding: str, status: int
) -> None:
    service = serve({**config(upstream), "server": {"max_body_mb": 1}})
    assert service.request("POST", CHAT, data, {"content-encoding": encoding}).status == status
    assert service.chat().status == 200


def test_a_body_over_the_limit(serve: Callable[..., Service], upstream: Upstream) -> None:
    service = serve({**config(upstream), "server": {"max_body_mb": 0.001}})
    result = service.request("POST", CHAT, b" " * 1001)
    assert (result.status, result.json["error"]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/chat/completions/", "/v1/files", "/v1/chat/completions/../models", "/x"]
)
def test_an_unknown_path_is_never_forwarded(service: Service, upstream: Upstream, path: str) -> None:
    result = service.request("POST", path, b"{}")
    assert (result.status, result.json["error"]["code"]) == (404, "unknown_path")
    assert not upstream.seen


@pytest.mark.parametrize(
    ("method", "path"), [("GET", CHAT), ("PUT", CHAT), ("POST", "/healthz"), ("DELETE", "/v1/models")]
)
def test_a_wrong_method(service: Service, method: str, path: str) -> None:
    assert service.request(method, path).status == 405


def test_a_header_flood(service: Service) -> None:
    with service.connect() as caller:
        try:
            caller.sendall(b"GET /healthz HTTP/1.1\r\n" + b"".join(b"x-%d: %d\r\n" % (n, n) for n in range(100_000)))
        except (BrokenPipeError, ConnectionResetError):
            pass
        else:
            assert caller.recv(4096).startswith(b"HTTP/1.1 431 ")
    assert service.chat().status == 200


def test_bytes_that_are_not_http(service: Service) -> None:
    with service.connect() as caller:
        caller.sendall(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        assert caller.recv(4096).startswith(b"HTTP/1.1 400 ")
    assert service.chat().status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-ajar-purpose": "fun"}, 400),
        ({"x-ajar-exclude": "nobody"}, 400),
        ({"x-ajar-exclude": "a, b"}, 503),
    ],
)
def test_bad_ajar_headers(service: Service, headers: dict[str, str], status: int) -> None:
    assert service.chat(headers=headers).status == status


@pytest.mark.parametrize("separator", [",", ", "])
def test_a_flood_of_keys_is_refused_at_once(service: Service, separator: str) -> None:
    body = '{"model":"r","messages":[],' + separator.join(f'"{n}":1' for n in range(2_000_000)) + "}"
    began = time.process_time()
    result = service.request("POST", CHAT, body.encode())
    assert (result.status, result.json["error"]["code"]) == (400, "invalid_json")
    assert time.process_time() - began < 1


def test_many_messages_are_no_flood(service: Service) -> None:
    messages = [{"role": "user", "content": str(n)} for n in range(20_000)]
    assert service.request("POST", CHAT, {"model": "r", "messages": messages}).status == 200


@pytest.mark.parametrize(
    "options",
    ['{"include_usage":false,"include_usage":true}', '{"include_usage":true,"Include_Usage":false}', "[]", "1"],
)
def test_stream_options_say_one_thing(service: Service, options: str) -> None:
    body = f'{{"model":"r","messages":[],"stream":true,"stream_options":{options}}}'
    assert service.request("POST", CHAT, body.encode()).status == 400
