"""One caller's connection: requests in, one at a time and in order, answers out."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, cast

from ajar.errors import AjarError, RequestError, SlowRequest
from ajar.gateway.http.ahead import Ahead, head_too_large
from ajar.gateway.http.answer import CLOSE, JSON, answer_head
from ajar.gateway.http.caller import has_left
from ajar.gateway.http.exchange import Exchange
from ajar.gateway.http.flow import Flow
from ajar.gateway.http.incoming import IncomingBody
from ajar.gateway.http.request import HEAD_END

if TYPE_CHECKING:
    from ajar.gateway.http.service import Service

_MOST_AHEAD = 65536  # bytes of the next requests that are kept while one is answered
_MOST_UNREAD = 262144  # body bytes that are kept while nobody asks for them
_MOST_WASTE = 262144  # bytes of an unread request that are discarded behind its answer
_NEVER = math.inf

# What the bytes that arrive are.
_HEAD = 0  # the head of the next request
_BODY = 1  # the body of the open exchange
_AHEAD = 2  # further requests, ahead of their turn
_WASTE = 3  # behind an answer that ended the connection
_NOTHING = 4  # the connection is closing


class Connection(asyncio.Protocol):
    """What the transport calls first; then `Link` for exchanges and `Member` for the service; then the work."""

    # fmt: off
    __slots__ = (
        "_ahead", "_exchange", "_expects", "_limits", "_service", "_wasted", "deadline", "departures", "flow", "last",
        "loop", "peer", "transport",
    )
    # fmt: on

    transport: asyncio.Transport
    flow: Flow

    def __init__(self, service: Service) -> None:
        """A connection that is not yet made."""
        self._service = service
        self._limits = service.limits
        self.loop = service.loop
        self.departures = service.departures
        self.peer: tuple[str, int] | None = None
        self.deadline = _NEVER
        self.last = service.draining
        self._expects = _HEAD
        self._exchange: Exchange | None = None
        self._ahead = Ahead()
        self._wasted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The caller is there."""
        self.transport = cast("asyncio.Transport", transport)
        self.flow = Flow(self.transport, self.loop)
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            self.peer = cast("tuple[str, int]", peer[:2])
        self._service.members.add(self)
        self.deadline = self.loop.time() + self._limits.keep_alive_s
        if self.last:
            self._service.part(self)

    def data_received(self, data: bytes) -> None:
        """The caller sent bytes."""
        if self._expects == _HEAD:
            end = 0 if self._ahead or data[0] <= 13 else data.find(HEAD_END) + 4
            if end > 3:
                self._first(data, end)
            else:
                self._ahead += data
                self._next()
        elif self._expects == _BODY:
            self._feed_body(data)
        elif self._expects == _AHEAD:
            self._ahead += data
            if len(self._ahead) > _MOST_AHEAD:
                self.flow.pause()
        elif self._expects == _WASTE:
            self._wasted += len(data)
            if self._wasted > _MOST_WASTE:
                self._close()

    def eof_received(self) -> None:
        """The caller sends no more: as other servers do, take that for leaving. The transport closes."""
        self.departures.flush()
        if self._exchange is None:
            self._close()
        else:
            self._cut()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        del exc  # a reset and a clean end are the same here
        self._expects = _NOTHING
        self.deadline = _NEVER
        self._ahead.clear()
        self._lose()
        self.flow.clear()
        self._service.leave(self)

    def pause_writing(self) -> None:
        """The transport is over its high-water mark."""
        self.flow.congest()
        self.deadline = self.loop.time() + self._limits.send_s

    def resume_writing(self) -> None:
        """The transport is under its low-water mark."""
        self.flow.clear()
        if self._exchange is not None:
            self._limit_exchange()
        elif self._expects == _AHEAD:
            self.loop.call_soon(self._go_on)  # not now: asyncio's transport cannot be closed from in here

    def want_body(self) -> None:
        """Read on, and from now on limit the pauses between body bytes."""
        self.flow.resume()
        if not self.flow.congested:
            self.deadline = self.loop.time() + self._limits.body_s

    def answered(self, close: bool, /) -> None:
        """The answer's end is with the transport: read the next request, or close."""
        self._exchange = None
        if close:
            self._end()
        elif not self.flow.congested:
            self._go_on()

    def abort(self) -> None:
        """Cut the connection and forget its exchange."""
        self._exchange = None
        self._expects = _NOTHING
        self.transport.abort()

    def check(self, now: float) -> None:
        """Look whether the caller is late, or gone."""
        if self.flow.paused and self._exchange is not None and has_left(self.transport):
            self._cut()
        elif self.deadline > now:
            pass
        elif self.flow.congested or self._expects == _NOTHING:
            if self.flow.progressed():
                self.deadline = now + self._limits.send_s
            else:
                self._cut()
        elif self._expects == _BODY:
            self.deadline = _NEVER
            if self._exchange is not None:
                self._exchange.late()
        elif self._expects == _HEAD and self._ahead:
            self._refuse(SlowRequest("the request's head did not arrive in time"))
        else:
            self._close()

    def retire(self) -> None:
        """Close now if no request is under way."""
        if self._expects == _HEAD and not self._ahead:
            self._close()

    def _first(self, data: bytes, end: int) -> None:
        """Bytes on an idle connection, with a head up to `end`: nearly always just one whole request."""
        exchange = self._begin(data[:end])
        if exchange is None:
            return
        rest = data[end:]
        if len(rest) == exchange.length:
            exchange.whole = rest
            self._expects = _AHEAD
        else:
            self._ahead += rest
            self._take_body(exchange)
        self._service.launch(exchange)

    def _next(self) -> None:
        """Begin the request that lies in `_ahead`, if its head is whole."""
        ahead, limits = self._ahead, self._limits
        known = ahead.partial
        try:
            head = ahead.take_head(limits.head_bytes)
        except RequestError as error:
            self._refuse(error)
            return
        if head is not None:
            exchange = self._begin(head)
            if exchange is not None:
                self._take_body(exchange)
                self._service.launch(exchange)
        elif ahead.partial and not known:
            self.deadline = self.loop.time() + limits.head_s

    def _begin(self, head: bytes) -> Exchange | None:
        """Open an exchange, or refuse the request."""
        limits = self._limits
        try:
            if len(head) > limits.head_bytes:
                raise head_too_large(limits.head_bytes)
            self._exchange = Exchange(self, head, limits.headers)
        except RequestError as error:
            self._refuse(error)
            return None
        self.deadline = _NEVER
        return self._exchange

    def _take_body(self, exchange: Exchange) -> None:
        """Give the exchange what lies in `_ahead` of its body."""
        ahead = self._ahead
        if exchange.length is not None and len(ahead) >= exchange.length:
            exchange.whole = ahead.take(exchange.length)
            self._expects = _AHEAD
            return
        exchange.incoming = IncomingBody(exchange.length)
        self._expects = _BODY
        if ahead:
            self._feed_body(ahead.take(len(ahead)))

    def _feed_body(self, data: bytes) -> None:
        assert self._exchange is not None
        assert self._exchange.incoming is not None
        incoming = self._exchange.incoming
        used = incoming.feed(data)
        if incoming.complete:
            self._expects = _AHEAD
            self._ahead += data[used:]
        elif incoming.error is not None or (incoming.size > _MOST_UNREAD and not incoming.awaited):
            self.flow.pause()
        self._limit_exchange()

    def _limit_exchange(self) -> None:
        """An open exchange is late only with a body that is waited for, or with taking the answer."""
        if self.flow.congested:
            return
        waiting = self._exchange is not None and self._exchange.waiting
        self.deadline = self.loop.time() + self._limits.body_s if waiting else _NEVER

    def _go_on(self) -> None:
        """The answer is out: on to the next request."""
        if self._expects != _AHEAD:
            return
        self._expects = _HEAD
        self.deadline = self._service.now + self._limits.keep_alive_s
        if self.last:
            self._service.part(self)
        if self._ahead:
            self._next()
        if self.flow.paused and (self._exchange is None or len(self._ahead) <= _MOST_AHEAD):
            self.flow.resume()

    def _refuse(self, error: AjarError) -> None:
        """Answer what never became a request, and end the connection."""
        status, body = self._service.on_error(error)
        self.transport.write(answer_head(status, JSON, b"content-length: %d\r\n%b" % (len(body), CLOSE)) + body)
        self._linger()

    def _end(self) -> None:
        if self._expects == _BODY or self._ahead:
            self._linger()
        else:
            self._close()

    def _linger(self) -> None:
        """Discard for a while: closing with bytes unread would reset the connection, answer and all."""
        self._expects = _WASTE
        self._ahead.clear()
        self.deadline = self.loop.time() + (self._limits.send_s if self.flow.congested else self._limits.linger_s)
        if not self.transport.is_closing():
            self.flow.resume()
            self.transport.write_eof()

    def _close(self) -> None:
        """Close once everything is sent."""
        self._expects = _NOTHING
        self.flow.progressed()
        self.deadline = self.loop.time() + self._limits.send_s
        self.transport.close()

    def _lose(self) -> None:
        """The caller is gone."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None and not exchange.finished:
            exchange.lost()
            self._service.cancel(exchange)

    def _cut(self) -> None:
        self._lose()
        self.abort()
