"""The HTTP/1.1 client that all traffic to deployments goes through."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from ajar.errors import ConnectFailed, UpstreamClosed, UpstreamError
from ajar.upstream.connection import ONE_WRITE, Connection
from ajar.upstream.departures import Departures
from ajar.upstream.dial import dial
from ajar.upstream.names import Names
from ajar.upstream.pool import Lane
from ajar.upstream.proxy import ProxyRules
from ajar.upstream.response import Response
from ajar.upstream.tls import Trust

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from ajar.upstream.origin import Origin

__all__ = ["Client", "Response"]


class Client:
    """Keep-alive connections to any number of origins, for one event loop.

    `idle_s` is how long an unused connection is kept, and `forget_s` what is known of an origin without any: a runtime
    that is started anew has a port of its own each time. Proxies and `SSL_CERT_FILE` are read from `environ`. A given
    `ssl_context` replaces the system's trust and is used as it is.
    """

    def __init__(
        self,
        *,
        idle_s: float = 55,
        forget_s: float = 3600,
        max_head_bytes: int = 65_536,
        max_idle_per_origin: int = 256,
        environ: Mapping[str, str] = os.environ,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._idle_s = idle_s
        self._forget_s = forget_s
        self._max_head_bytes = max_head_bytes
        self._max_idle = max_idle_per_origin
        self._proxies = ProxyRules(environ)
        self._trust = Trust(environ, ssl_context)
        self._names = Names()
        self._departures = Departures()
        self._lanes: dict[Origin, Lane] = {}
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    async def send(
        self,
        origin: Origin,
        head: bytes,
        body: bytes,
        *,
        connect_s: float,
        again: bool = True,
        sent: Callable[[], None] | None = None,
    ) -> Response:
        """Send one request and return when the head of its response is complete.

        `head` is the whole request head up to and with the empty line; `body` is what its content-length counts.
        `sent` is called when it is about to go out. `connect_s` bounds name look-up, TCP, proxy and TLS
        together; waiting for the answer is not bounded here.

        A connection that was kept from an earlier request and ends before any byte of an answer is taken for stale:
        with `again`, or where nothing was written to it, the request goes out once more, on a new one. The server may
        have read it all the same. Raises ConnectFailed, ConnectTimeout, UpstreamClosed and
        UpstreamGarbage. If cancelled, the connection is aborted.
        """
        lane = self._lanes.get(origin)
        if lane is None:
            lane = await self._open_lane(origin)
        if lane.proxy is not None and lane.tls is None:
            head = lane.proxy.absolute_head(origin, head)
        connection = lane.take()
        reused = connection is not None
        if connection is None:
            connection = await self._connect(lane, connect_s)
        if sent is not None:
            sent()
        while True:
            response = connection.begin(head, body)
            try:
                if len(body) > ONE_WRITE:
                    await connection.upload(body)
                while not response.status and response.fault is None:
                    await connection.wait()
            except BaseException:
                response.close()
                raise
            if response.status or response.fault is None:
                return response
            if not reused or connection.heard or not (again or connection.unwritten):
                raise response.fault.anew()
            reused = False
            connection = await self._reconnect(lane, connect_s, response.fault)

    async def close(self) -> None:
        """Abort every connection, also those still answering, and wait until their sockets are closed."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for lane in list(self._lanes.values()):
            await lane.close()

    async def _open_lane(self, origin: Origin) -> Lane:
        try:
            proxy = self._proxies.find(origin)
            tls = await self._trust.context() if origin.scheme == "https" else None
        except ValueError as error:
            raise ConnectFailed(f"No connection to {origin.label}: {error}.") from None
        return self._lanes.setdefault(origin, Lane(origin, proxy, tls, self._idle_s, self._max_idle))

    async def _connect(self, lane: Lane, connect_s: float) -> Connection:
        made: list[Connection] = []

        def make() -> Connection:
            made.append(Connection(lane, lane.origin.label, self._max_head_bytes, self._departures))
            return made[-1]

        if not self._closed:
            lane.dialling += 1
            try:
                connection = await dial(lane.origin, lane.proxy, lane.tls, make, connect_s, self._names)
            except BaseException:
                # uvloop tells no end to a connection whose making was cancelled after its beginning (seen 2026-11).
                for each in made:
                    lane.forget(each)
                raise
            finally:
                lane.dialling -= 1
            if not self._closed:
                if self._sweeper is None:
                    self._sweep()
                if lane.tls is None and not connection.quiet():
                    await connection.told()
                return connection
            connection.drop()
        raise ConnectFailed(f"No connection to {lane.origin.label}: the client is closed.")

    async def _reconnect(self, lane: Lane, connect_s: float, stale: UpstreamError) -> Connection:
        try:
            return await self._connect(lane, connect_s)
        except UpstreamError as error:
            if not stale.sent:
                raise
            # The first try may have reached the server, which ConnectFailed would deny.
            raise UpstreamClosed(f"{stale.message} Then: {error.message}") from error

    def _sweep(self) -> None:
        """Close expired connections, now and again for as long as there are any. Forget origins long unused."""
        for origin, lane in list(self._lanes.items()):
            lane.sweep()
            if lane.unused_s() > self._forget_s:
                del self._lanes[origin]
        self._sweeper = None
        if any(lane.open for lane in self._lanes.values()):
            loop = asyncio.get_running_loop()
            self._sweeper = loop.call_later(max(self._idle_s / 4, 0.01), self._sweep)
