"""One request and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ajar.errors import SlowRequest
from ajar.gateway.http.answer import CHUNKED, CLOSE, CONTINUE, KEEP_ALIVE, answer_head, has_body
from ajar.gateway.http.incoming import too_large
from ajar.gateway.http.request import Request

if TYPE_CHECKING:
    import asyncio

    from ajar.gateway.http.flow import Flow
    from ajar.gateway.http.incoming import IncomingBody
    from ajar.upstream.departures import Departures

# How the answer's body is framed.
_UNSTARTED = 0
_CHUNKED = 1
_LENGTH = 2
_UNTIL_CLOSE = 3  # HTTP/1.0 without a length
_BODILESS = 4  # HEAD, 204, 304: the head is all
_OVER = 5  # finished, aborted, or the caller is gone


class Link(Protocol):
    """What an exchange needs of its connection."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    peer: tuple[str, int] | None
    flow: Flow
    departures: Departures
    last: bool
    """No further request will be read from this connection."""

    def want_body(self) -> None:
        """Read on, and from now on limit the pauses between body bytes."""
        ...

    def answered(self, close: bool, /) -> None:
        """The answer's end is with the transport: read the next request, or close."""
        ...

    def abort(self) -> None:
        """Cut the connection and forget its exchange."""
        ...


class Exchange(Request):
    """One request and its answer: `start`, any number of `write`, then `finish`; `abort` at any time.

    When the caller leaves before `finish`, the handler's task is cancelled, and from then on writing does nothing.
    """

    __slots__ = (
        "_close",
        "_flow",
        "_head",
        "_left",
        "_link",
        "_mode",
        "_transport",
        "finished",
        "incoming",
        "over",
        "peer",
        "started",
        "task",
        "whole",
    )

    peer: tuple[str, int] | None
    """The caller's address and port."""
    started: bool
    """The answer's head has been handed to the transport, or will be at the end of this turn."""
    finished: bool
    """The answer's end has been handed to the transport, or will be at the end of this turn."""
    over: bool
    """Finished, aborted, or the caller is gone."""
    whole: bytes | None
    """The request body, once all of it is there. Handlers call `body`."""
    incoming: IncomingBody | None
    """The request body, where it did not come together with its head."""
    task: asyncio.Task[None] | None
    """The handler's."""

    def __init__(self, link: Link, raw: bytes, most: int) -> None:
        """Reads the head `raw`; raises as `Request` does."""
        Request.__init__(self, raw, most)
        self._link = link
        self._transport = link.transport
        self._flow = link.flow
        self.peer = link.peer
        self.started = self.finished = self.over = self._close = False
        self._mode = _UNSTARTED
        self._head = b""
        self._left = 0
        self.whole = self.incoming = self.task = None

    async def body(self, limit: int) -> bytes:
        """The whole request body as sent. Does not suspend if all of it is there.

        Raises `BodyTooLarge` over `limit` bytes, as soon as that is known; `SlowRequest` after too long a pause;
        `BadRequest` where its chunks are broken. After such an error the connection closes behind the answer.
        """
        whole = self.whole
        if whole is None:
            incoming = self.incoming
            assert incoming is not None
            if not incoming.complete and (self.length or 0) <= limit:
                if self._expects_continue() and not incoming.size:
                    self._transport.write(CONTINUE)
                self._link.want_body()
            self.whole = whole = await incoming.whole(limit, self._link.loop)
        if len(whole) > limit:
            raise too_large(limit)
        return whole

    @property
    def congested(self) -> bool:
        """The caller reads more slowly than is written."""
        return self._flow.congested

    def start(self, status: int, headers: list[tuple[bytes, bytes]], length: int | None, lines: bytes = b"") -> None:
        """Queue the answer's head; it leaves with the first `write` or `finish`.

        `length` body bytes will follow; None: as many as it takes (chunked; until close in HTTP/1.0).
        content-length, transfer-encoding and connection are set here and must not be among `headers`. `lines` are
        further header lines of our own making, each with its line end.
        Raises `ValueError` where a header holds a line break. Until `started`, a second call replaces the first.
        """
        if self.over and not self.finished:
            return
        if self.started:
            raise RuntimeError("the answer has been started")
        # What the caller still sends of an unread body would be taken for his next request.
        unread = self.whole is None and not (self.incoming is not None and self.incoming.complete)
        close = unread or not self.keep_alive or self._link.last
        framing = b"" if length is None else b"content-length: %d\r\n" % length
        if not has_body(status):
            mode, framing = _BODILESS, b""
        elif self.method == b"HEAD":
            mode = _BODILESS
        elif length is not None:
            mode = _LENGTH
            self._left = length
        elif self.http11:
            mode, framing = _CHUNKED, CHUNKED
        else:
            mode, close = _UNTIL_CLOSE, True
        if close:
            framing += CLOSE
        elif not self.http11:
            framing += KEEP_ALIVE
        self._head = answer_head(status, headers, lines + framing)
        self._close = close
        self._mode = mode

    def write(self, data: bytes) -> bool:
        """Send body bytes, the first time together with the head; `b""` sends the head alone.

        Does not wait. True means that the transport is over its high-water mark: time to `drain`.
        Raises `RuntimeError` before `start`, after `finish`, and beyond the length that `start` announced.
        """
        mode = self._mode
        if mode == _CHUNKED:
            if data:
                data = b"%x\r\n%b\r\n" % (len(data), data)
        elif mode == _LENGTH:
            self._count(data)
        elif mode == _BODILESS:
            data = b""
        elif mode != _UNTIL_CLOSE:
            self._refuse()
            return False
        if not self.started:
            self.started = True
            data = self._head + data
        if data:
            self._transport.write(data)
        return self._flow.congested

    async def drain(self) -> None:
        """Suspend only while the transport is over its high-water mark."""
        if self._flow.congested:
            await self._flow.writable()

    def finish(self, data: bytes = b"") -> None:
        """Send the last body bytes and the end of the body; an answer of which nothing went out leaves as a whole, at
        the end of the loop's turn.

        Raises as `write` does; where bytes are missing from the announced length, the connection is cut.
        """
        mode = self._mode
        if mode == _LENGTH:
            self._count(data)
            if self._left:
                missing = self._left
                self.abort()
                raise RuntimeError(f"the answer ended {missing} bytes short of its length")
        elif mode == _CHUNKED:
            data = b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data) if data else b"0\r\n\r\n"
        elif mode == _BODILESS:
            data = b""
        elif mode != _UNTIL_CLOSE:
            return self._refuse()
        self._mode = _OVER
        self.over = self.finished = True
        if not self.started:
            self.started = True
            self._link.departures.add(self._depart, self._head + data)
        else:
            self._depart(data)
        return None

    def abort(self) -> None:
        """Cut the connection, so that a broken answer never looks like a whole one. Nothing after `finish`."""
        if not self.over:
            self._mode = _OVER
            self.over = True
            self._link.abort()

    @property
    def waiting(self) -> bool:
        """The handler waits for more of the body."""
        return self.incoming is not None and self.incoming.awaited

    def late(self) -> None:
        """The body did not arrive in time: for the connection to call."""
        if self.incoming is not None and self.incoming.awaited:
            self.incoming.fail(SlowRequest("the request body did not arrive in time"))

    def lost(self) -> None:
        """The caller is gone: for the connection to call, which also stops the handler."""
        self._mode = _OVER
        self.over = True

    def _depart(self, data: bytes) -> None:
        """The answer's last bytes; the link goes on only now, so that it sees whether the caller takes them."""
        if self._transport.is_closing():
            return
        try:
            if data:
                self._transport.write(data)
        except Exception:
            self._link.abort()
            raise
        self._link.answered(self._close)

    def _count(self, data: bytes) -> None:
        left = self._left - len(data)
        if left < 0:
            self.abort()
            raise RuntimeError(f"the answer is {-left} bytes longer than its length")
        self._left = left

    def _refuse(self) -> None:
        if self.finished:
            raise RuntimeError("the answer has been finished")
        if self._mode == _UNSTARTED:
            raise RuntimeError("the answer has no head yet: call start() first")

    def _expects_continue(self) -> bool:
        expect = self._fields.get(b"expect")
        return expect is not None and self.http11 and not self.started and expect.lower() == b"100-continue"
