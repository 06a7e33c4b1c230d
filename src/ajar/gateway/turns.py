"""Who waits for a deployment at which as many inferences run as may: the queue of one worker."""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict, deque
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_LOOK_S = 0.05
_SHIFT_S = 1.0
"""How long a worker may use its places anew as they end, before others get to take some."""
_ASIDE_S = 1.5 * _LOOK_S
"""How long it then stands aside: every other worker looks at least once meanwhile."""
_RECENT = 65
_LEAST_HINT_S, _MOST_HINT_S = 1.0, 30.0


class _Waiter:
    __slots__ = ("caller", "turn")

    def __init__(self, caller: str, turn: asyncio.Future[bool]) -> None:
        self.caller = caller
        self.turn = turn


class Turns:
    """At most `limit` run on the machine, and at most `most` wait in this worker. For one event loop.

    Callers are served in rotation, one turn each, and each caller's own requests in order. The queue's room is shared
    in the same spirit: where it is full, a newcomer takes the place of the newest waiter of the caller who has the
    most, if he himself then still has fewer waiting than that one had; so the shares approach one another, and two
    callers never push each other out in turn.

    `in_flight` is how many run on the whole machine; `begin` makes it one more, and `end` one less. Whoever is given a
    turn counts from that very moment, for all workers. Two workers that look at the same moment may both begin: the
    limit can be overshot by one for each further worker. Places that other workers set free are seen by looking, every
    50 ms while somebody waits. `elsewhere` is how many wait in other workers (None: there are no others): where any
    do, a worker stands aside once a second, or one that is always first to see its own ends would keep its places for
    ever. `queued` is told how many wait here, whenever that changes.

    A place may be lent to work that nobody waits for. Whoever finds no other one free gets it, though nobody may wait.
    """

    __slots__ = (
        "__weakref__",
        "_aside",
        "_begin",
        "_elsewhere",
        "_end",
        "_given",
        "_in_flight",
        "_lent",
        "_limit",
        "_lines",
        "_look",
        "_most",
        "_queued",
        "_shift_ends",
        "_waiting",
    )

    def __init__(
        self,
        limit: int,
        most: int,
        in_flight: Callable[[], int],
        begin: Callable[[], object],
        end: Callable[[], object],
        *,
        elsewhere: Callable[[], int] | None = None,
        queued: Callable[[int], object] | None = None,
    ) -> None:
        self._limit = limit
        self._most = most
        self._in_flight = in_flight
        self._begin = begin
        self._end = end
        self._elsewhere = elsewhere
        self._queued = queued
        self._lines: OrderedDict[str, OrderedDict[_Waiter, None]] = OrderedDict()
        self._waiting = 0
        self._lent: list[Callable[[], object]] = []
        self._look: asyncio.TimerHandle | None = None
        self._aside = False
        self._shift_ends: float | None = None
        self._given: deque[float] = deque(maxlen=_RECENT)

    @property
    def waiting(self) -> int:
        """How many wait in this worker."""
        return self._waiting

    def free(self) -> bool:
        """Whether the next may run now. Who relies on it begins before anything else can happen in this loop."""
        return not (self._waiting or self._aside) and self._in_flight() < self._limit

    async def wait(self, caller: str, seconds: float) -> bool:
        """Wait for a turn, at most `seconds`. True: it has begun, and whoever asked must `end` it and call `ended`.

        False at once where there is no room to wait, or later where the room went to another caller or time is up.
        Await it in the task that goes on with the turn: cancelled, it passes a turn on that was just given.
        """
        self._serve()
        if self.free():
            self._begin()
            return True
        if seconds <= 0 or not (self._reclaim() or self._make_room(caller)):
            return False
        loop = asyncio.get_running_loop()
        waiter = _Waiter(caller, loop.create_future())
        self._join(waiter, loop)
        late = loop.call_later(seconds, self._dismiss, waiter)
        try:
            return await waiter.turn
        except BaseException:
            if waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.result():
                self._end()
                self._serve()
            raise
        finally:
            late.cancel()
            self._leave(waiter)

    @contextmanager
    def lend(self, give_back: Callable[[], object]) -> Generator[None]:
        """Meanwhile the place that the caller holds is lent: he ends as soon as `give_back` is called."""
        self._lent.append(give_back)
        try:
            yield
        finally:
            if give_back in self._lent:
                self._lent.remove(give_back)

    def ended(self) -> None:
        """An inference of this worker has ended, and is no longer counted: the next in line may begin."""
        if self._elsewhere is not None:
            self._work_in_shifts(self._elsewhere)
        if self._waiting:
            self._serve()

    def resize(self, limit: int | None, most: int) -> None:
        """Another `limit` (None: no more than the system has) and another `most`, for those who wait and those to come.

        Nobody who waits already is sent away.
        """
        self._limit = sys.maxsize if limit is None else limit
        self._most = most
        self._serve()

    def hint(self) -> float:
        """Seconds after which asking again may help, 1 to 30: the queue's length at the pace of its last turns."""
        if not self._waiting:
            return _LEAST_HINT_S
        pace = (monotonic() - self._given[0]) / max(1, len(self._given) - 1)
        return min(_MOST_HINT_S, max(_LEAST_HINT_S, (self._waiting + 1) * pace))

    def _serve(self) -> None:
        """Give turns for as long as there is room and somebody waits."""
        while self._waiting and not self._aside and self._in_flight() < self._limit:
            waiter = self._next()
            if not waiter.turn.done():  # else its caller has left, and its task does not know it yet
                self._begin()
                self._given.append(monotonic())
                waiter.turn.set_result(True)

    def _next(self) -> _Waiter:
        """Take the first of the caller whose turn it is, who then stands behind the others."""
        caller = next(iter(self._lines))
        self._lines.move_to_end(caller)
        waiter = next(iter(self._lines[caller]))
        self._leave(waiter)
        return waiter

    def _work_in_shifts(self, elsewhere: Callable[[], int]) -> None:
        """A shift begins with an end that leaves the only free place, and ends with such a one that others wait for."""
        if self._aside or self._in_flight() + 1 < self._limit:
            return
        now = monotonic()
        if self._shift_ends is None:
            self._shift_ends = now + _SHIFT_S
        elif now >= self._shift_ends and elsewhere():
            self._shift_ends = None
            self._aside = True
            asyncio.get_running_loop().call_later(_ASIDE_S, self._step_back)

    def _step_back(self) -> None:
        self._aside = False
        self._serve()

    def _reclaim(self) -> bool:
        """Whether a place that was lent in this worker comes back now."""
        if not self._lent:
            return False
        self._lent.pop()()
        return True

    def _make_room(self, caller: str) -> bool:
        """Whether one more of `caller` may wait, if need be instead of another's."""
        if self._waiting < self._most:
            return True
        if not self._waiting:
            return False
        own = len(self._lines.get(caller, ()))
        longest = max(self._lines.values(), key=len)
        if own + 1 >= len(longest):
            return False
        self._dismiss(next(reversed(longest)))
        return True

    def _join(self, waiter: _Waiter, loop: asyncio.AbstractEventLoop) -> None:
        self._lines.setdefault(waiter.caller, OrderedDict())[waiter] = None
        self._count(1)
        if self._look is None:
            self._given.clear()
            self._given.append(monotonic())
            self._look = loop.call_later(_LOOK_S, self._look_again, loop)

    def _leave(self, waiter: _Waiter) -> None:
        """Take `waiter` out of the queue, if it is still there. With nobody there the looking stops."""
        line = self._lines.get(waiter.caller)
        if line is None or waiter not in line:
            return
        del line[waiter]
        if not line:
            del self._lines[waiter.caller]
        self._count(-1)
        if not self._waiting and self._look is not None:
            self._look.cancel()
            self._look = None

    def _count(self, change: int) -> None:
        self._waiting += change
        if self._queued is not None:
            self._queued(self._waiting)

    def _dismiss(self, waiter: _Waiter) -> None:
        """Send `waiter` away without a turn."""
        self._leave(waiter)
        if not waiter.turn.done():
            waiter.turn.set_result(False)

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        self._look = loop.call_later(_LOOK_S, self._look_again, loop)
        self._serve()  # which stops the looking where nobody is left
