"""Bytes that have arrived and are not read yet."""

from __future__ import annotations

from httptools import HttpParserError, HttpRequestParser

from ajar.errors import BadRequest, HeadersTooLarge
from ajar.gateway.http.request import HEAD_END


class Ahead(bytearray):
    """Part of a head, or whole requests that wait for their turn. Taking from its front is cheap."""

    __slots__ = ("_probe", "_probed")

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._probe: HttpRequestParser | None = None
        self._probed = 0

    @property
    def partial(self) -> bool:
        """A head has begun and not ended."""
        return self._probe is not None

    def take_head(self, most: int) -> bytes | None:
        """Take a whole head from the front; None: more must come.

        Raises `HeadersTooLarge` over `most` bytes, and `BadRequest` as soon as what is there cannot become a head.
        """
        if self._probe is None:
            # RFC 9112 2.2: empty lines before a request are to be skipped.
            empty = len(self) - len(self.lstrip(b"\r\n")) if self[:1] <= b"\r" else 0
            del self[:empty]
            if not self:
                return None
        end = self.find(HEAD_END, max(self._probed - 3, 0)) + 4
        if end < 4:
            self._examine(most)
            return None
        if end > most:
            raise head_too_large(most)
        self._probe = None
        self._probed = 0
        return self.take(end)

    def take(self, size: int) -> bytes:
        """Take `size` bytes from the front."""
        taken = bytes(self[:size])
        del self[:size]
        return taken

    def _examine(self, most: int) -> None:
        if len(self) > most:
            raise head_too_large(most)
        if self._probe is None:
            self._probe = HttpRequestParser(None)
        try:
            self._probe.feed_data(self[self._probed :])
        except HttpParserError as error:
            raise BadRequest(f"the request is not HTTP/1.1: {error}") from None
        self._probed = len(self)


def head_too_large(most: int) -> HeadersTooLarge:
    """The error for a head over `most` bytes."""
    return HeadersTooLarge(f"the head of the request is over {most:,} bytes: send fewer or shorter headers")
