"""What a response's head says about where its body ends, and whether the head is acceptable."""

from __future__ import annotations

MAX_HEADERS = 256

Headers = list[tuple[bytes, bytes]]


def check_head(status: int, headers: Headers) -> None:
    """Raises ValueError, in a few words, for a head that is not acceptable whatever its size."""
    if not 100 <= status <= 599:
        raise ValueError(f"status {status}")
    if status == 101:
        raise ValueError("a switch of protocols that nobody asked for")
    if len(headers) > MAX_HEADERS:
        raise ValueError(f"more than {MAX_HEADERS} headers")


def head_size(headers: Headers) -> int:
    """The bytes that the headers take on the wire."""
    return sum(len(name) + len(value) + 4 for name, value in headers)


def runs_until_close(headers: Headers) -> bool:
    """Whether a response that is its connection's last has no other end than the connection's.

    Raises ValueError for a transfer coding that is not undone here.
    """
    coding: bytes | None = None
    measured = False
    for name, value in headers:
        if name == b"transfer-encoding":
            coding = value
        elif name == b"content-length":
            measured = True
    if coding is None:
        return not measured
    if coding.lower().endswith(b"chunked"):
        return False
    raise ValueError("a transfer-encoding other than chunked")
