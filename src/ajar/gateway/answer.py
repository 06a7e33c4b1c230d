"""What an upstream answered, ready to go to the caller."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from ajar.gateway.head import answer_headers
from ajar.gateway.translation import Translation

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.gateway.target import Target
    from ajar.upstream.client import Response
    from ajar.wire.facts import Facts
    from ajar.wire.fronts import PassingStream
    from ajar.wire.read_error import ReadError

STREAM = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]
"""The headers of a stream that is Ajar's own. Nothing on the way may hold it back or pack it."""
_JSON = (b"content-type", b"application/json")


class Answer:
    """An upstream's answer.

    `body` is the whole body, or the beginning of one that goes on in `response`; `facts` were read from a whole body.
    A stream has its `reader`, and `body` is what that has made for the caller so far; `see` gets all that passes. Of
    another format than the caller's, a whole `body` has been translated; `refused` is what it said where it was a
    refusal.
    """

    __slots__ = ("_headers", "body", "facts", "reader", "refused", "response", "see", "target", "told")

    def __init__(
        self,
        target: Target,
        response: Response,
        body: bytes,
        facts: Facts | None,
        headers: list[tuple[bytes, bytes]] | None = None,
        reader: PassingStream | Translation | None = None,
        see: Callable[[bytes], None] | None = None,
        refused: ReadError | None = None,
    ) -> None:
        self.target = target
        self.response = response
        self.body = body
        self.facts = facts
        self.reader = reader
        self.see = see
        self.refused = refused
        self.told: float | None = None
        """After how many seconds a refusal asks to be tried again."""
        self._headers = headers

    @property
    def translated(self) -> bool:
        """Whether `body` is a whole one in the caller's format."""
        return self._headers is not None

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The upstream's headers that go on to the caller; of a translated answer, its own."""
        if isinstance(self.reader, Translation):
            return STREAM
        headers = answer_headers(self.response.headers) if self._headers is None else self._headers
        if self.told is not None and not any(name == b"retry-after" for name, _ in headers):
            headers.append(_retry_after(self.told))  # it said so in a way that not every client knows
        return headers


def translated_headers(retry_after: float | None) -> list[tuple[bytes, bytes]]:
    """The headers of a whole translated answer: the upstream's speak of another body."""
    if retry_after is None:
        return [_JSON]
    return [_JSON, _retry_after(retry_after)]


def _retry_after(seconds: float) -> tuple[bytes, bytes]:
    return b"retry-after", b"%d" % max(1, ceil(seconds))
