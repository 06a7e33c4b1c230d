"""A request body that is still arriving."""

from __future__ import annotations

from typing import TYPE_CHECKING

from httptools import HttpParserError, HttpRequestParser

from ajar.errors import AjarError, BadRequest, BodyTooLarge
from ajar.gateway.http.request import HEAD_END

if TYPE_CHECKING:
    import asyncio

# A chunked body may spend this many bytes on sizes, extensions and trailers, and this many more for each byte
# of its own. Without it an endless chunk extension is an endless request of no size.
_SPARE = 65536
_SPARE_PER_BYTE = 8
_CHUNKED_HEAD = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"


def too_large(limit: int) -> BodyTooLarge:
    """The error for a body over `limit` bytes."""
    return BodyTooLarge(
        f"the request body is over {limit:,} bytes: send less, or ask the operator to raise server.max_body_mb"
    )


class IncomingBody:
    """Collects one body. Nothing is kept once it has failed."""

    __slots__ = ("_chunked", "_data", "_left", "_limit", "_waiter", "complete", "error")

    def __init__(self, length: int | None) -> None:
        """`length` bytes are to come; None: chunked."""
        self._data = bytearray()
        self._chunked = ChunkedBody(self._data) if length is None else None
        self._left = length or 0
        self._limit: int | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.complete = False
        """The last byte has arrived, and every byte was in order."""
        self.error: AjarError | None = None

    @property
    def size(self) -> int:
        """Bytes queued."""
        return len(self._data)

    @property
    def awaited(self) -> bool:
        """Somebody waits for more of the body."""
        return self._waiter is not None and not self._waiter.done()

    def feed(self, data: bytes) -> int:
        """Take the body's part of `data`; returns its length. What is left over is the next request's."""
        if self.error is not None:
            return len(data)
        if self._chunked is None:
            used = min(len(data), self._left)
            self._left -= used
            self._data += data if used == len(data) else data[:used]
            self.complete = not self._left
        else:
            try:
                used = self._chunked.feed(data)
            except BadRequest as error:
                self.fail(error.anew())
                return len(data)
            self.complete = self._chunked.complete
        if self._limit is not None and len(self._data) > self._limit:
            self.fail(too_large(self._limit))
        elif self.complete:
            self._wake()
        return used

    def fail(self, error: AjarError) -> None:
        """Make `whole` raise `error`, now or when it is called."""
        self.error = error
        self._data.clear()
        self._wake()

    async def whole(self, limit: int, loop: asyncio.AbstractEventLoop) -> bytes:
        """The body, once all of it is there. Raises `BodyTooLarge` over `limit`, and what `fail` was given."""
        self._limit = limit
        if self.error is None and len(self._data) + self._left > limit:
            self.fail(too_large(limit))
        if self.error is None and not self.complete:
            self._waiter = loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self.error is not None:
            raise self.error.anew()
        whole = bytes(self._data)
        self._data.clear()
        return whole

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class ChunkedBody:
    """Decodes one chunked body with llhttp, which is strict about sizes, line ends and trailers."""

    __slots__ = ("_parser", "_sink", "_spare", "_tail")

    def __init__(self, data: bytearray) -> None:
        """What is decoded is added to `data`."""
        self._sink = _Sink(data)
        self._spare = _SPARE
        self._tail = b""
        self._parser = HttpRequestParser(self._sink)
        self._parser.feed_data(_CHUNKED_HEAD)

    @property
    def complete(self) -> bool:
        """The last chunk and its trailers have been read."""
        return self._sink.complete

    def feed(self, data: bytes) -> int:
        """Decode `data`; returns how many of its bytes belong to the body. Raises `BadRequest`."""
        before = len(self._sink.data)
        try:
            used = self._feed(data)
        except HttpParserError as error:
            raise BadRequest(f"the chunked request body is broken: {error}") from None
        self._spare += (1 + _SPARE_PER_BYTE) * (len(self._sink.data) - before) - used
        if self._spare < 0:
            raise BadRequest("the chunked request body is nearly all framing: send larger chunks")
        return used

    def _feed(self, data: bytes) -> int:
        # llhttp cannot be stopped at the end of a message. A chunked body can end right behind CR LF CR LF only:
        # it is fed up to each of those in turn, and so never sees a byte of the next request.
        joint = self._tail + data[:3]
        found = joint.find(HEAD_END)
        end = found + 4 - len(self._tail) if found >= 0 else 0
        self._tail = data[-3:] if len(data) >= 3 else joint[-3:]
        used = 0
        view = memoryview(data)
        while used < len(data) and not self._sink.complete:
            if not end:
                found = data.find(HEAD_END, used)
                end = found + 4 if found >= 0 else len(data)
            self._parser.feed_data(view[used:end])
            used, end = end, 0
        return used


class _Sink:
    """What llhttp calls. Apart from `ChunkedBody`, so that no circle of references keeps a body alive."""

    __slots__ = ("complete", "data")

    def __init__(self, data: bytearray) -> None:
        self.data = data
        self.complete = False

    def on_body(self, data: bytes) -> None:
        self.data += data

    def on_message_complete(self) -> None:
        self.complete = True
