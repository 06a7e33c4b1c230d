"""What an upstream answered, ready to go to the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.gateway.head import answer_headers

if TYPE_CHECKING:
    from ajar.gateway.issued import Issued
    from ajar.gateway.target import Target
    from ajar.gateway.translation import Translation
    from ajar.upstream.client import Response
    from ajar.wire.facts import Facts

_STREAM = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]
_JSON = (b"content-type", b"application/json")


class Answer:
    """An upstream's answer.

    `body` is the whole body, or the beginning of one that goes on in `response`; `facts` were read from a whole body.
    Of another format than the caller's, a whole `body` has been translated, and a stream has its `translation`.
    """

    __slots__ = ("_headers", "body", "facts", "issued", "response", "target", "translation")

    def __init__(
        self,
        target: Target,
        response: Response,
        body: bytes,
        facts: Facts | None,
        issued: Issued,
        headers: list[tuple[bytes, bytes]] | None = None,
        translation: Translation | None = None,
    ) -> None:
        self.target = target
        self.response = response
        self.body = body
        self.facts = facts
        self.issued = issued
        self.translation = translation
        self._headers = headers

    @property
    def translated(self) -> bool:
        """Whether `body` is a whole one in the caller's format."""
        return self._headers is not None

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The upstream's headers that go on to the caller; of a translated answer, its own."""
        if self.translation is not None:
            return _STREAM
        return answer_headers(self.response.headers) if self._headers is None else self._headers


def translated_headers(retry_after: float | None) -> list[tuple[bytes, bytes]]:
    """The headers of a whole translated answer: the upstream's speak of another body."""
    if retry_after is None:
        return [_JSON]
    return [_JSON, (b"retry-after", b"%d" % max(1, round(retry_after)))]
