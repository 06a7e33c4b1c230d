"""The server: takes connections from listening sockets, and ends in good order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.gateway.http.connection import Connection
from ajar.gateway.http.service import Handler, Limits, OnError, Service

if TYPE_CHECKING:
    import asyncio
    import socket

__all__ = ["Handler", "Limits", "OnError", "Server"]

_BACKLOG = 2048
_DEFAULT_LIMITS = Limits()


class Server:
    """Runs `handler` on every request of every caller.

    The handler gets one `Exchange` and a task of its own, which is cancelled when the caller leaves
    before the answer is finished. A `RequestError` that it raises is answered through `on_error`; any
    other exception is logged and answered as an internal error. Where the answer has begun, the
    connection is cut instead.
    """

    def __init__(self, handler: Handler, *, on_error: OnError, limits: Limits = _DEFAULT_LIMITS) -> None:
        """`on_error` gives status and JSON body for an error that the handler does not answer itself."""
        self._handler = handler
        self._on_error = on_error
        self._limits = limits
        self._service: Service | None = None
        self._listeners: list[asyncio.Server] = []

    @property
    def connections(self) -> int:
        """Connections open now."""
        return 0 if self._service is None else len(self._service.members)

    @property
    def exchanges(self) -> int:
        """Handlers running now."""
        return 0 if self._service is None else self._service.exchanges

    async def start(self, sock: socket.socket) -> None:
        """Serve on a socket that listens already. May be called once for each of several sockets."""
        service = self._service
        if service is None:
            service = self._service = Service(self._handler, self._on_error, self._limits)
            service.sweep()
        listener = await service.loop.create_server(lambda: Connection(service), sock=sock, backlog=_BACKLOG)
        self._listeners.append(listener)

    def stop_accepting(self, instead: Handler | None = None) -> None:
        """Close the listeners, and the connections as they become idle.

        A request that still arrives on one of them is answered by `instead`, and closes it.
        """
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        if self._service is not None:
            self._service.retire(instead)

    async def drain(self, seconds: float) -> None:
        """Stop accepting, wait at most `seconds` until every answer is out, then cut what is left."""
        self.stop_accepting()
        if self._service is not None:
            await self._service.empty(seconds)
