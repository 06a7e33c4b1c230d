"""One connection to an origin: requests go out whole, responses are parsed as they arrive."""

from __future__ import annotations

import asyncio
import select
from typing import TYPE_CHECKING, cast

from httptools import HttpParserError, HttpResponseParser

from ajar.upstream import faults
from ajar.upstream.framing import check_head, head_size, runs_until_close
from ajar.upstream.response import Response

if TYPE_CHECKING:
    from ajar.errors import UpstreamError
    from ajar.upstream.departures import Departures
    from ajar.upstream.keeper import Keeper

ONE_WRITE = 65_536
"""A body up to this many bytes goes out in the same write as its head, at the end of the loop's turn."""

_PIECE = 262_144
_UNREAD_HIGH = 262_144


class Connection(asyncio.Protocol):
    """A transport's protocol, made for many small reads: the parser calls straight into it.

    One exchange at a time: `begin` writes a request and returns the response that will be filled. Whatever arrives
    while no exchange is on ends the connection, so that it can never answer a later request; `quiet` tells of bytes
    that the event loop has not read yet.

    Each response has a parser of its own (made in 0.2 µs): nothing is left over from one to the next, and the parser's
    `on_body` is the `append` of that response's list, so that body bytes cost no Python frame.
    """

    # fmt: off
    __slots__ = (
        "_bodyless", "_departures", "_fault", "_head_bytes", "_headers", "_keep", "_keeper", "_label", "_loop",
        "_max_head_bytes", "_parser", "_poll", "_response", "_transport", "_until_close", "_uploading", "_waiter",
        "_writes_held", "expires", "held", "on_body", "unread", "unwritten",
    )
    # fmt: on

    def __init__(self, keeper: Keeper, label: str, max_head_bytes: int, departures: Departures) -> None:
        self.expires = 0.0
        """When an idle connection is too old to be used (`time.monotonic`); 0 once it is of no use at all."""
        self.unread = 0
        self.held = False
        self._label = label
        self._max_head_bytes = max_head_bytes
        self._keeper = keeper
        self._departures = departures
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._poll = select.poll()
        self._parser: HttpResponseParser | None = None
        self._response: Response | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._waiter: asyncio.Future[None] | None = None
        self._fault: UpstreamError | None = None
        self._head_bytes = 0
        self._keep = True
        self._until_close = False
        self._bodyless = False
        self._uploading = False
        self.unwritten = False
        """True while no byte of the latest request went out."""
        self._writes_held = False

    def quiet(self) -> bool:
        """True when neither bytes nor an end lie on the socket. A system call of 0.25 µs that asks once for both."""
        return not self._poll.poll(0)

    async def told(self) -> None:
        """Wait until the event loop has told what lies on the socket of a connection that was never used."""
        try:
            while self._fault is None:
                await self.wait()
        except BaseException:
            self.drop()
            raise

    def begin(self, head: bytes, body: bytes) -> Response:
        """Send a request, at the end of the loop's turn; a body of more than `ONE_WRITE` bytes is left to `upload`.

        On a connection that has ended already nothing is written, and the response has its fault from the start.
        """
        self._response = response = Response(self, self._label)
        self._headers = response.headers
        self._head_bytes = 0
        self.unwritten = True
        if self._fault is not None:
            self._end(self._fault)
            return response
        self.unread = 0
        self._keep = True
        self._until_close = False
        self._bodyless = head.startswith(b"HEAD ")
        self.on_body = response.parts.append
        self._parser = HttpResponseParser(self)
        if len(body) <= ONE_WRITE:
            self._departures.add(self._depart, head + body)
        else:
            self._uploading = True
            self._depart(head)
        return response

    async def upload(self, body: bytes) -> None:
        """Write a large body, waiting for the peer to take it. An answer that comes early does not have to wait."""
        response = self._response
        view = memoryview(body)
        while view and response is not None and self._response is response:
            self._transport.write(view[:_PIECE])
            view = view[_PIECE:]
            while self._writes_held and not response.status and response.fault is None:
                await self.wait()
        self._uploading = False

    def wait(self) -> asyncio.Future[None]:
        """A future that is done at the response's next event: head, body bytes, end or fault."""
        waiter = self._waiter = self._loop.create_future()
        return waiter

    def resume(self) -> None:
        """Read on after a pause."""
        self.held = False
        self._transport.resume_reading()

    def abandon(self) -> None:
        """Give up the exchange that is on; the peer sees the close at once."""
        self._end(faults.given_up(self._label))

    def drop(self) -> None:
        """Close for good, without farewell."""
        self.expires = 0.0
        self._transport.abort()

    @property
    def heard(self) -> bool:
        """True when any byte of the response to the latest request arrived."""
        return self._head_bytes > 0

    def _depart(self, data: bytes) -> None:
        if self._fault is None:
            self.unwritten = False
            try:
                self._transport.write(data)
            except Exception:
                self.abandon()
                raise

    # The transport's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast("asyncio.Transport", transport)
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        self._keeper.add(self)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        response = self._response
        parser = self._parser
        if response is None or parser is None or self.unwritten:
            self._end(faults.unasked(self._label))
            return
        if not response.status:
            self._head_bytes += len(data)
        try:
            parser.feed_data(data)
        except HttpParserError as error:
            if not response.ended:
                self._end(faults.garbage(self._label, error))
                return
            self._keep = False  # bytes after the end
        if response.ended:
            self._finish(response)
        elif response.sink is not None and response.parts:
            parts = response.parts
            self.unread = 0
            if not response.sink(parts.pop() if len(parts) == 1 else response.rest()):
                return
            response.sink = None
        elif response.status:
            self.unread += len(data)
            if self.unread > _UNREAD_HIGH:
                self._hold(response)
        elif self._head_bytes > self._max_head_bytes:
            self._end(faults.garbage(self._label, faults.long_head(self._max_head_bytes)))
        else:
            return
        self._wake()

    def eof_received(self) -> None:
        """Called by the event loop: the peer's orderly end. Over TLS, uvloop calls this only for a signed one."""
        self.expires = 0.0
        response = self._response
        if response is not None and self._until_close and response.status:
            response.ended = True
            self._finish(response)
            self._wake()
        elif response is not None:
            self._end(faults.closed(self._label, None, heard=self.heard, sent=not self.unwritten))

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self.expires = 0.0
        if self._response is not None:
            self._end(faults.closed(self._label, exc, heard=self.heard, sent=not self.unwritten))
        elif self._fault is None:
            self._end(faults.unused(self._label))
        self._keeper.forget(self)

    def pause_writing(self) -> None:
        """Called by the event loop."""
        self._writes_held = True

    def resume_writing(self) -> None:
        """Called by the event loop."""
        self._writes_held = False
        if self._uploading:
            self._wake()

    # The parser's side. What is raised here comes out of feed_data as the parser's own error.

    def on_message_begin(self) -> None:
        """Called by the parser."""
        if self._response is None or self._response.ended:
            raise ValueError("bytes after the end")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser, for trailers too."""
        self._headers.append((name.lower(), value.rstrip()))

    def on_headers_complete(self) -> None:
        """Called by the parser. Heads of 1xx are skipped."""
        response, parser, headers = self._response, self._parser, self._headers
        if response is None or parser is None:
            return
        status = parser.get_status_code()
        check_head(status, headers)
        if self._head_bytes > self._max_head_bytes and head_size(headers) > self._max_head_bytes:
            raise ValueError(faults.long_head(self._max_head_bytes))
        if status < 200:
            headers.clear()
            return
        if not parser.should_keep_alive():
            self._keep = False
            self._until_close = runs_until_close(headers)
        if self._bodyless:
            response.ended = True
        self._headers = []  # trailers go nowhere
        response.status = status

    def on_message_complete(self) -> None:
        """Called by the parser, at the end of a 1xx too."""
        response = self._response
        if response is not None and response.status:
            response.ended = True

    def _finish(self, response: Response) -> None:
        """The clean end of a response."""
        self._response = self._parser = None
        response.finish(None)
        if self._bodyless and response.parts:
            response.parts.clear()
            self._keep = False
        if self._keep and not self._uploading and not self._writes_held:
            if self.held:
                self.resume()
            self._keeper.put(self)
        else:
            self.drop()

    def _end(self, fault: UpstreamError) -> None:
        """Any other end."""
        self._fault = fault
        response = self._response
        self._response = self._parser = None
        if response is not None:
            response.finish(fault)
        self._wake()
        self.drop()

    def _hold(self, response: Response) -> None:
        if not response.parts:  # nobody can take this from us: it is framing without content
            self._end(faults.garbage(self._label, "chunk extensions or trailers without end"))
        elif not self.held:
            self.held = True
            self._transport.pause_reading()

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)
