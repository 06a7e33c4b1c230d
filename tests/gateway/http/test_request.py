"""What counts as a request's head, and what is refused."""

from __future__ import annotations

import pytest

from ajar.errors import BadRequest, HeadersTooLarge
from ajar.gateway.http.request import Request


def head(*lines: bytes, first: bytes = b"POST /v1/chat/completions HTTP/1.1") -> Request:
    return Request(b"\r\n".join([first, *lines, b"", b""]), 100)


def test_the_parts_of_a_head() -> None:
    request = head(b"Host: a", b"X-A:  one ", b"x-a: two", b"Empty:", first=b"POST /v1/models/a%2Fb?x=1?2 HTTP/1.1")
    assert (request.method, request.path, request.query) == (b"POST", b"/v1/models/a%2Fb", b"x=1?2")
    assert request.headers == [(b"host", b"a"), (b"x-a", b"one"), (b"x-a", b"two"), (b"empty", b"")]
    assert request.header(b"x-a") == b"one"
    assert request.header(b"empty") == b""
    assert request.header(b"none") is None
    assert request.length == 0


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/", b"/", b""),
        (b"/a?", b"/a", b""),
        (b"//a/b", b"//a/b", b""),
        (b"http://host/a/b?c=d", b"/a/b", b"c=d"),
        (b"HTTPS://host:4000/a", b"/a", b""),
        (b"http://host", b"/", b""),
        (b"http://host?c=/d", b"/", b"c=/d"),
    ],
)
def test_targets(target: bytes, path: bytes, query: bytes) -> None:
    request = head(first=b"GET " + target + b" HTTP/1.1")
    assert (request.path, request.query) == (path, query)


def test_options_star() -> None:
    assert head(first=b"OPTIONS * HTTP/1.1").path == b"*"


@pytest.mark.parametrize(
    ("version", "connection", "keeps"),
    [
        (b"1.1", None, True),
        (b"1.1", b"keep-alive", True),
        (b"1.1", b"Close", False),
        (b"1.1", b"foo , CLOSE", False),
        (b"1.1", b"closed", True),
        (b"1.0", None, False),
        (b"1.0", b"Keep-Alive", True),
        (b"1.0", b"keep-alive, close", False),
    ],
)
def test_keep_alive(version: bytes, connection: bytes | None, keeps: bool) -> None:
    lines = [] if connection is None else [b"Connection: " + connection]
    assert head(*lines, first=b"GET / HTTP/" + version).keep_alive is keeps


def test_any_connection_header_may_close() -> None:
    assert not head(b"connection: keep-alive", b"connection: close").keep_alive


@pytest.mark.parametrize(("value", "length"), [(b"12", 12), (b"0", 0), (b"007", 7), (b"12 \t", 12)])
def test_content_length(value: bytes, length: int) -> None:
    assert head(b"Content-Length: " + value).length == length


def test_chunked() -> None:
    assert head(b"Transfer-Encoding: Chunked").length is None
    assert head(b"Transfer-Encoding: chunked ").length is None


def test_an_upgrade_is_a_plain_request() -> None:
    request = head(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"content-length: 3")
    assert request.length == 3
    assert request.keep_alive


@pytest.mark.parametrize(
    "lines",
    [
        [b"Content-Length: 3", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: chunked", b"Content-Length: 3"],
        [b"Content-Length: 3", b"Content-Length: 4"],
        [b"Content-Length: 3", b"Content-Length: 3"],
        [b"Content-Length: 3, 3"],
        [b"Content-Length: +3"],
        [b"Content-Length: -3"],
        [b"Content-Length: 1_0"],
        [b"Content-Length: 0x3"],
        [b"Content-Length: 1 2"],
        [b"Content-Length:"],
        [b"Content-Length: 99999999999999999999"],
        [b"Content-Length: " + b"0" * 9000 + b"3"],
        [b"Content-Length : 3"],
        [b"Transfer-Encoding: identity"],
        [b"Transfer-Encoding: gzip"],
        [b"Transfer-Encoding: gzip, chunked"],
        [b"Transfer-Encoding: chunked, gzip"],
        [b"Transfer-Encoding: chunked, chunked"],
        [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: xchunked"],
        [b"Transfer-Encoding: \x0bchunked"],
        [b"Transfer-Encoding: chunked;a=b"],
        [b"Transfer-Encoding:"],
    ],
)
def test_ambiguous_framing_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(BadRequest):
        head(*lines)


def test_chunked_is_not_http_1_0() -> None:
    with pytest.raises(BadRequest):
        head(b"Transfer-Encoding: chunked", first=b"POST / HTTP/1.0")


@pytest.mark.parametrize(
    "line",
    [
        b"A: b\r\n c",
        b"A: b\r\n\tc",
        b"A:\r\n b",
        b" A: b",
        b"A : b",
        b"A\t: b",
        b": b",
        b"A",
        b"A: b\0c",
        b"A: b\rc",
        b"A: b\nC: d",
        b"A: b\x01",
        b"A: b\x7f",
        b"A\0: b",
        b"A(b): c",
        b"\xc3\xa4: b",
    ],
)
def test_broken_headers_are_refused(line: bytes) -> None:
    with pytest.raises(BadRequest):
        head(line)


@pytest.mark.parametrize(
    "first",
    [
        b"GET /",
        b"GET  / HTTP/1.1",
        b"GET /  HTTP/1.1",
        b"GET / HTTP/1.1 ",
        b"GET / HTTP/1.2",
        b"GET / HTTP/2.0",
        b"GET / http/1.1",
        b"GET / HTTP/11",
        b"GET\t/ HTTP/1.1",
        b"get / HTTP/1.1",
        b"FETCH / HTTP/1.1",
        b"GET HTTP/1.1",
        b"GET a HTTP/1.1",
        b"GET * HTTP/1.1",
        b"GET ftp://a/b HTTP/1.1",
        b"GET /\x01 HTTP/1.1",
        b"GET /\xff HTTP/1.1",
        b"CONNECT a:80 HTTP/1.1",
        b"DESCRIBE / RTSP/1.0",
        b"PRI * HTTP/2.0",
        b"",
    ],
)
def test_broken_first_lines_are_refused(first: bytes) -> None:
    with pytest.raises(BadRequest):
        head(first=first)


def test_bare_line_feeds_are_refused() -> None:
    with pytest.raises(BadRequest):
        Request(b"GET / HTTP/1.1\nHost: a\n\r\n\r\n", 100)


def test_too_many_headers() -> None:
    head(*[b"a: b"] * 100)
    with pytest.raises(HeadersTooLarge):
        head(*[b"a: b"] * 101)
