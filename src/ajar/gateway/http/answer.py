"""The head of an answer, as bytes."""

from __future__ import annotations

from http import HTTPStatus

STATUS_LINES = {status.value: b"HTTP/1.1 %d %b\r\n" % (status.value, status.phrase.encode()) for status in HTTPStatus}
JSON = [(b"content-type", b"application/json")]
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CLOSE = b"connection: close\r\n"
KEEP_ALIVE = b"connection: keep-alive\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"


def answer_head(status: int, headers: list[tuple[bytes, bytes]], framing: bytes) -> bytes:
    """Status line, `headers`, the finished lines of `framing`, and the empty line.

    Raises `ValueError` where a header holds a line break: it would let a value write headers of its own.
    """
    line = STATUS_LINES.get(status)
    if line is None:
        line = b"HTTP/1.1 %d \r\n" % status
    if not headers:
        return line + framing + b"\r\n"
    lines = b"\r\n".join([b": ".join(header) for header in headers])
    breaks = len(headers) - 1
    if lines.count(b"\n") != breaks or lines.count(b"\r") != breaks:
        raise ValueError("a header of the answer holds a line break")
    return b"".join((line, lines, b"\r\n", framing, b"\r\n"))


def has_body(status: int) -> bool:
    """False for the statuses whose answers end with their head (RFC 9112 6.3)."""
    return status >= 200 and status not in (204, 304)
