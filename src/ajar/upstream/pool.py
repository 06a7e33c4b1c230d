"""Idle connections of one origin."""

from __future__ import annotations

import asyncio
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    from ajar.upstream.connection import Connection
    from ajar.upstream.origin import Origin
    from ajar.upstream.proxy import Proxy


class Lane:
    """The way to one origin: its proxy, its TLS trust, and its connections.

    `idle` is ordered by last use. The newest is taken first, so that the ones not needed grow old and expire.
    """

    __slots__ = ("_emptied", "_used", "dialling", "idle", "idle_s", "max_idle", "open", "origin", "proxy", "tls")

    def __init__(
        self,
        origin: Origin,
        proxy: Proxy | None,
        tls: ssl.SSLContext | None,
        idle_s: float,
        max_idle: int,
    ) -> None:
        self.origin = origin
        self.proxy = proxy
        self.tls = tls
        self.idle_s = idle_s
        self.max_idle = max_idle
        self.idle: deque[Connection] = deque()
        self.open: set[Connection] = set()
        self.dialling = 0
        """How many connections are being made."""
        self._used = monotonic()
        self._emptied: asyncio.Event | None = None  # there from close() on

    def add(self, connection: Connection) -> None:
        """A connection was made."""
        self.open.add(connection)
        self._used = monotonic()

    def take(self) -> Connection | None:
        """The idle connection used last that is still good: not expired, not closed, nothing sent unasked."""
        idle = self.idle
        if idle:
            now = monotonic()
            while idle:
                connection = idle.pop()
                if connection.expires > now and connection.quiet():
                    return connection
                connection.drop()
        return None

    def put(self, connection: Connection) -> None:
        """Keep a connection whose response has ended; the oldest gives way when there are too many."""
        if self._emptied is not None:
            connection.drop()
            return
        connection.expires = monotonic() + self.idle_s
        self.idle.append(connection)
        if len(self.idle) > self.max_idle:
            self.idle.popleft().drop()

    def forget(self, connection: Connection) -> None:
        """A connection is gone."""
        self.open.discard(connection)
        self._used = monotonic()
        if connection in self.idle:
            self.idle.remove(connection)
        if self._emptied is not None and not self.open:
            self._emptied.set()

    def sweep(self) -> None:
        """Close what has been idle too long."""
        now = monotonic()
        while self.idle and self.idle[0].expires <= now:
            self.idle.popleft().drop()

    def unused_s(self) -> float:
        """For how long there has been no connection."""
        return 0 if self.open or self.dialling else monotonic() - self._used

    async def close(self) -> None:
        """Abort every connection and wait until their transports are gone; what is still answering fails."""
        self._emptied = asyncio.Event()
        for connection in list(self.open):
            connection.abandon()
        if self.open:
            await self._emptied.wait()
