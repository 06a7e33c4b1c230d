"""Flow control of one connection, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class Flow:
    """Whether to hold back with reading and with writing, and whether the caller takes anything at all."""

    __slots__ = ("_loop", "_transport", "_unsent", "_waiters", "congested", "paused")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Free, both ways."""
        self._transport = transport
        self._loop = loop
        self._unsent = 0
        self._waiters: list[asyncio.Future[None]] = []
        self.congested = False
        """The transport is over its high-water mark, and has not been under its low one since."""
        self.paused = False
        """Nothing is read."""

    def pause(self) -> None:
        """Read nothing until `resume`."""
        if not self.paused and not self._transport.is_closing():
            self.paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self.paused and not self._transport.is_closing():
            self.paused = False
            self._transport.resume_reading()

    def congest(self) -> None:
        """The transport is over its high-water mark."""
        self.congested = True
        self.progressed()

    def clear(self) -> None:
        """The transport is under its low-water mark, or gone."""
        self.congested = False
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def writable(self) -> None:
        """Return when the transport is no longer congested."""
        while self.congested:
            waiter = self._loop.create_future()
            self._waiters.append(waiter)
            await waiter

    def progressed(self) -> bool:
        """True if less waits for the caller to take it than when this was called before."""
        before, self._unsent = self._unsent, self._transport.get_write_buffer_size()
        return self._unsent < before
