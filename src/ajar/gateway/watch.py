"""Time limits of attempts and keep-alive of streams, looked at four times a second instead of one timer each.

The limits are seconds to minutes long, so a quarter of a second more does not matter; a timer for each request would.
"""

from __future__ import annotations

import asyncio
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ajar.errors import FirstByteTimeout, GapTimeout, TotalTimeout, UpstreamTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

_SWEEP_S = 0.25


class Pulse:
    """One answer on its way: whether it moves, how long it may rest, and what keeps the caller's connection alive.

    Setting `moving` and `passed` is all that a piece of the answer costs.
    """

    __slots__ = (
        "_by",
        "_gap_s",
        "_late",
        "_ping",
        "_quiet_s",
        "_seen",
        "_task",
        "_told",
        "moving",
        "passed",
        "resting",
    )

    def __init__(self, task: asyncio.Task[Any], ping: Callable[[], None] | None, quiet_s: float) -> None:
        """`ping` is called after each `quiet_s` seconds in which nothing passed; never where that is 0."""
        self._task: asyncio.Task[Any] | None = task
        self._ping = ping if quiet_s else None
        self._quiet_s = quiet_s
        self._seen = self._told = monotonic()
        self._gap_s = self._by = inf
        self._late: UpstreamTimeout | None = None
        self.moving = False
        """Something of the answer came since this was last looked at."""
        self.passed = False
        """And something went on to the caller, who may hear nothing of an upstream's own signs of life."""
        self.resting = False
        """The caller reads too slowly, so nothing more is taken from the upstream: no fault of its own."""

    def limit(self, gap_s: float, total_s: float) -> None:
        """The answer has begun: from now on no pause may be longer than `gap_s`, nor the rest than `total_s`."""
        self._seen = now = monotonic()
        self._gap_s = gap_s
        self._by = now + total_s

    def unlimit(self) -> None:
        """The attempt is over."""
        self._gap_s = self._by = inf

    def part(self) -> None:
        """Let go of the task and of the caller: what holds this pulse is held by them."""
        self._ping = self._task = None

    def late(self) -> UpstreamTimeout | None:
        """Why the task's cancellation that it has just seen was this pulse's, if it was; then it is taken back."""
        error, self._late = self._late, None
        # Another cancellation may have come besides: that one stands.
        task = self._task
        return error if error is not None and task is not None and task.uncancel() == 0 else None

    def look(self, now: float) -> None:
        """Cancel the task where its time is up; ping where it is time to."""
        if self.moving or self.resting:
            self.moving = False
            self._seen = now
        if self.passed or self.resting:
            self.passed = False
            self._told = now
        if now - self._seen >= self._gap_s:
            self._stop(GapTimeout(f"the answer stopped for {self._gap_s:g} s"))
        elif self._ping is not None and now - self._told >= self._quiet_s:
            self._told = now
            self._ping()
        if now >= self._by:
            self._stop(TotalTimeout("the answer did not come to its end in time"))

    def _stop(self, error: UpstreamTimeout) -> None:
        self.unlimit()
        self._late = error
        if self._task is not None:
            self._task.cancel()


class Watch:
    """Cancels the task of an attempt whose time is up. For one event loop."""

    def __init__(self) -> None:
        """Belongs to the running loop."""
        self._loop = asyncio.get_running_loop()
        self._due: dict[asyncio.Task[Any], float] = {}
        self._pulses: set[Pulse] = set()
        # A task that ends without waiting again never asks: it must not be held for that.
        self._late: WeakKeyDictionary[asyncio.Task[Any], UpstreamTimeout] = WeakKeyDictionary()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, task: asyncio.Task[Any], seconds: float) -> None:
        """From now on the task has `seconds` until content."""
        self._due[task] = monotonic() + seconds
        if self._timer is None:
            self._sweep()

    def end(self, task: asyncio.Task[Any]) -> None:
        """The task met its limit, or gave up."""
        self._due.pop(task, None)

    def late(self, task: asyncio.Task[Any]) -> UpstreamTimeout | None:
        """Why the cancellation that the task has just seen came from `begin`, if it did; then it is taken back."""
        error = self._late.pop(task, None)
        return error if error is not None and task.uncancel() == 0 else None

    def pulse(self, task: asyncio.Task[Any], ping: Callable[[], None] | None = None, quiet_s: float = 0.0) -> Pulse:
        """Look after the answer that the task waits for, until `rest`."""
        pulse = Pulse(task, ping, quiet_s)
        self._pulses.add(pulse)
        if self._timer is None:
            self._sweep()
        return pulse

    def rest(self, pulse: Pulse) -> None:
        """Look after it no longer."""
        self._pulses.discard(pulse)
        pulse.part()

    def _sweep(self) -> None:
        now = monotonic()
        for task in [task for task, due in self._due.items() if due <= now]:
            del self._due[task]
            self._late[task] = FirstByteTimeout("no answer in time")
            task.cancel()
        for pulse in tuple(self._pulses):
            pulse.look(now)
        # With nothing to look at there is no timer either.
        self._timer = self._loop.call_later(_SWEEP_S, self._sweep) if self._due or self._pulses else None
