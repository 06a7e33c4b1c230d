"""Who may send next: requests wait here until their target's pace and the run's own limit let them through."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ajar.evals.run.pace import Pace

    Waiters = deque[asyncio.Future[None]]


class Turnstile:
    """For one event loop and all targets of a run."""

    def __init__(self, room: int) -> None:
        """`room`: how many may be on their way at once, to all targets together."""
        self.running = 0
        self._room = room
        self._loop = asyncio.get_running_loop()
        self._urgent: dict[Pace, Waiters] = {}
        self._others: dict[Pace, Waiters] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, pace: Pace) -> None:
        """One more target."""
        self._urgent[pace] = deque()
        self._others[pace] = deque()

    async def enter(self, pace: Pace, *, urgent: bool = False) -> None:
        """Wait for a turn; `leave` gives it back. What is `urgent` goes before all that is not."""
        if self.running < self._room and not self._urgent[pace] and not self._others[pace]:
            now = monotonic()
            if not pace.ready_in(now, urgent=urgent):
                self._start(pace, now)
                return
        waiter = self._loop.create_future()
        waiters = (self._urgent if urgent else self._others)[pace]
        waiters.append(waiter)
        self._turn()
        try:
            await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                self.leave(pace)  # the turn came at the same moment
            else:
                with contextlib.suppress(ValueError):  # `_turn` may have been faster
                    waiters.remove(waiter)
            raise

    def leave(self, pace: Pace) -> None:
        """The request has ended, and what it says of its target has been told to the pace."""
        self.running -= 1
        pace.end()
        self._turn()

    def close(self) -> None:
        """From now on nobody is let through."""
        self._room = 0
        self._set_timer(inf)

    def _start(self, pace: Pace, now: float) -> None:
        self.running += 1
        pace.start(now)

    def _turn(self) -> None:
        """Let through whoever may go, and come back when the next may without anybody's doing."""
        now = monotonic()
        soonest = inf
        for urgent in (True, False):
            for pace, waiters in (self._urgent if urgent else self._others).items():
                while waiters and self.running < self._room:
                    wait = pace.ready_in(now, urgent=urgent)
                    if wait:
                        soonest = min(soonest, wait)
                        break
                    waiter = waiters.popleft()
                    if not waiter.done():  # else it was cancelled, and does not know it yet
                        self._start(pace, now)
                        waiter.set_result(None)
        self._set_timer(soonest)

    def _set_timer(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._turn) if seconds < inf else None
