"""What all connections of one server share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ajar.errors import AjarError, RequestError
from ajar.gateway.http.answer import JSON
from ajar.gateway.http.exchange import Exchange
from ajar.upstream.departures import Departures

if TYPE_CHECKING:
    from ajar.gateway.http.flow import Flow

Handler = Callable[[Exchange], Coroutine[Any, Any, None]]
OnError = Callable[[AjarError], tuple[int, bytes]]

_LAST_WORDS_S = 0.2
DRAINED = "drained"
"""What a handler's CancelledError says where it was cut at the end of a drain."""

_SWEEP_S = 0.2
"""That a caller left whose connection is not read must show within 250 ms."""
_CLOSING_S = 1.0
_log = logging.getLogger(__name__)


class Limits(msgspec.Struct, frozen=True):
    """What one caller may ask of the server. Times are in seconds, and kept to within one second."""

    head_bytes: int = 65536
    """Request line and headers together."""
    headers: int = 100
    """Header lines."""
    head_s: float = 15.0
    """From the first byte of a request to the end of its head."""
    body_s: float = 60.0
    """Longest pause between body bytes."""
    keep_alive_s: float = 75.0
    """Idle between requests."""
    send_s: float = 60.0
    """Longest time in which a caller takes nothing of an answer that waits for it."""
    linger_s: float = 2.0
    """How long an unread request is discarded after its answer, so that the caller gets to read that."""
    parting_s: float = 0.5
    """How long a connection without a request stays open when the server stops: one may be on its way."""


class Member(Protocol):
    """What the service needs of a connection."""

    deadline: float
    """When `check` is due, on the loop's clock."""
    flow: Flow
    last: bool
    """Its next answer is the last one."""

    def check(self, now: float) -> None:
        """Look whether the caller is late, or gone."""
        ...

    def retire(self) -> None:
        """Close now if no request is under way."""
        ...

    def abort(self) -> None:
        """Cut the connection."""
        ...


class Service:
    """The handler, the limits, and everything that is open."""

    __slots__ = (
        "_emptied",
        "_handler",
        "_sweeper",
        "_tasks",
        "departures",
        "draining",
        "limits",
        "loop",
        "members",
        "now",
        "on_error",
    )

    def __init__(self, handler: Handler, on_error: OnError, limits: Limits) -> None:
        """Belongs to the running loop."""
        self.loop = asyncio.get_running_loop()
        self.on_error = on_error
        self.limits = limits
        self.departures = Departures()
        self.members: set[Member] = set()
        """The open connections."""
        self.draining = False
        """Every connection closes after the next answer whose head can say so."""
        self.now = self.loop.time()
        """The time of the last sweep: good enough for long limits, and free."""
        self._handler = handler
        self._tasks: set[asyncio.Task[None]] = set()
        self._emptied: asyncio.Future[None] | None = None
        self._sweeper: asyncio.TimerHandle | None = None

    @property
    def exchanges(self) -> int:
        """Handlers that run now."""
        return len(self._tasks)

    def retire(self, instead: Handler | None) -> None:
        """From now on every connection closes as soon as it can; `instead` answers the requests that still begin."""
        self.draining = True
        if instead is not None:
            self._handler = instead
        for member in self.members:
            member.last = True
            self.part(member)

    def part(self, member: Member) -> None:
        """Close an idle connection, but not in the face of a request that was sent before its caller could know."""
        self.loop.call_later(self.limits.parting_s, member.retire)

    def launch(self, exchange: Exchange) -> None:
        """Run the handler on `exchange`, in a task of its own."""
        exchange.task = task = self.loop.create_task(self._run(exchange))
        self._tasks.add(task)

    def cancel(self, exchange: Exchange) -> None:
        """Stop the handler: its caller is gone."""

        def let_go(_: asyncio.Task[None]) -> None:
            exchange.task = None  # as `_run` does, which may never have got to its first step

        if exchange.task is not None:
            self._cancel(exchange.task)
            exchange.task.add_done_callback(let_go)

    def leave(self, member: Member) -> None:
        """`member` has closed."""
        self.members.discard(member)
        self._settle()

    def sweep(self) -> None:
        """Check every connection that is due, and come back. One timer for all of them: none on the hot path.

        Where nothing is read, the caller's leaving shows only when asked for: those are always due.
        """
        limits = self.limits
        shortest = min(limits.head_s, limits.body_s, limits.keep_alive_s, limits.send_s)
        self._sweeper = self.loop.call_later(min(_SWEEP_S, shortest / 4), self.sweep)
        self.now = now = self.loop.time()
        for member in [m for m in self.members if m.deadline <= now or m.flow.paused]:
            member.check(now)

    async def empty(self, seconds: float) -> None:
        """Return when nothing is open any more; what still is after `seconds` is cut."""
        self._emptied = self.loop.create_future()
        self._settle()
        await asyncio.wait([self._emptied], timeout=seconds)
        self.departures.flush()  # what was just finished is not cut
        # Handlers first: they record what was cut, and may still tell the caller.
        tasks = tuple(self._tasks)
        for task in tasks:
            self._cancel(task, DRAINED)
        if tasks:
            await asyncio.wait(tasks, timeout=_LAST_WORDS_S)
        for member in tuple(self.members):
            member.abort()
        if not self._emptied.done():
            await asyncio.wait([self._emptied], timeout=_CLOSING_S)
        if self._sweeper is not None:
            self._sweeper.cancel()

    async def _run(self, exchange: Exchange) -> None:
        try:
            await self._handler(exchange)
            if not exchange.over:
                raise RuntimeError("the handler returned before it had finished the answer")
        except RequestError as error:
            self._fail(exchange, error)
        except asyncio.CancelledError:
            pass  # nobody asks how this task ended; one that keeps its error keeps its frames, and those know the task
        except Exception:
            _log.exception("%s %s failed", exchange.method.decode(), exchange.path.decode("latin-1"))
            self._fail(exchange, AjarError("internal error"))
        finally:
            if not exchange.over:  # cancelled, though the caller is still there
                exchange.abort()
            if exchange.task is not None:
                self._forget(exchange.task)
                exchange.task = None  # it holds this frame, and this frame the exchange

    def _fail(self, exchange: Exchange, error: AjarError) -> None:
        if exchange.started:
            exchange.abort()
        elif not exchange.over:
            status, body = self.on_error(error)
            exchange.start(status, JSON, len(body))
            exchange.finish(body)

    def _cancel(self, task: asyncio.Task[None], reason: str | None = None) -> None:
        # A task that is cancelled before its first step never gets to its own `finally`.
        task.add_done_callback(self._forget)
        task.cancel(reason)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._settle()

    def _settle(self) -> None:
        emptied = self._emptied
        if emptied is not None and not (self.members or self._tasks or emptied.done()):
            emptied.set_result(None)
