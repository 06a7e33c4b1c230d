"""A response while it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ajar.errors import UpstreamGarbage

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from ajar.errors import UpstreamError


class Source(Protocol):
    """What a response needs of the connection it arrives on."""

    unread: int
    """Bytes that arrived since the response was last taken from."""
    held: bool
    """True while reading is paused because too much is unread."""

    def wait(self) -> asyncio.Future[None]:
        """A future that is done when there is something new."""
        ...

    def resume(self) -> None:
        """Read on."""

    def abandon(self) -> None:
        """End the exchange and the connection at once."""


class Response:
    """One response. The head is complete; the body may still be on its way. For one reader at a time.

    `status` is 200 to 599. `headers` holds the names in lower case. `ended` becomes True as soon as the clean end has
    been parsed: what `chunk()` returns then is the rest.
    """

    __slots__ = ("ended", "fault", "headers", "label", "parts", "sink", "source", "status")

    def __init__(self, source: Source, label: str) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.ended = False
        # The fields below belong to the connection.
        self.parts: list[bytes] = []
        self.sink: Callable[[bytes], bool] | None = None
        self.source: Source | None = source
        self.fault: UpstreamError | None = None
        self.label = label

    def header(self, name: bytes) -> bytes | None:
        """The first value of a header, given in lower case."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    async def chunk(self) -> bytes:
        """The body bytes that arrived since the last call, waiting for at least one; b"" is the clean end.

        Raises UpstreamClosed where the connection ended before the body did, and UpstreamGarbage where the bytes are
        not HTTP; what arrived before is returned first. If cancelled, the connection is aborted.
        """
        parts = self.parts
        while not parts:
            source = self.source
            if source is None:
                if self.fault is None:
                    return b""
                raise self.fault.anew()
            try:
                await source.wait()
            except BaseException:
                self.close()
                raise
        return self.rest()

    def rest(self) -> bytes:
        """What arrived since the last call, without waiting: the whole rest once `ended`."""
        data = b"".join(self.parts)
        self.parts.clear()
        source = self.source
        if source is not None:
            source.unread = 0
            if source.held:
                source.resume()
        return data

    async def pour(self, sink: Callable[[bytes], bool]) -> bool:
        """Hand the body to `sink` as it arrives, without waking this task for each piece.

        `sink` is called from the event loop and must not raise; it returns True to be given no more for now. Then this
        returns False, and may be called again. Returns True at the clean end; raises and is cancelled as `chunk` is.
        """
        while True:
            if self.parts and sink(self.rest()):
                return False
            source = self.source
            if source is None:
                if self.fault is None:
                    return True
                raise self.fault.anew()
            self.sink = sink
            try:
                await source.wait()
            except BaseException:
                self.close()
                raise
            if self.sink is None:
                return False
            self.sink = None

    async def read(self, limit: int) -> bytes:
        """The whole body. Raises UpstreamGarbage when it is over `limit` bytes, else as `chunk` does."""
        if not self.ended:
            return await self._gather(limit)
        body = self.rest()
        if len(body) > limit:
            raise self._too_long(limit)
        return body

    def close(self) -> None:
        """Give the response up: an unfinished one aborts its connection at once. Harmless when called again."""
        source = self.source
        if source is not None:
            source.abandon()

    async def _gather(self, limit: int) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while data := await self.chunk():
            pieces.append(data)
            size += len(data)
            if size > limit:
                raise self._too_long(limit)
        return b"".join(pieces)

    def _too_long(self, limit: int) -> UpstreamGarbage:
        self.close()
        return UpstreamGarbage(f"{self.label} sent a body of more than {limit} bytes.")

    def finish(self, fault: UpstreamError | None) -> None:
        """The connection lets go: with a fault, or at the clean end."""
        self.source = None
        self.fault = fault
