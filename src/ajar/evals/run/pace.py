"""How many requests may be on their way to one target, found out from what it refuses.

Additive increase, multiplicative decrease, as TCP has it: one more after a window of successes, half after a refusal
for load. Where even one at a time is too fast, a rest is kept between their starts. Two things are added, for
refusals cost attempts: the level at which the target last refused is tried again the later the more often it was in
vain, and nothing is sent while the target asks to wait.
"""

from __future__ import annotations

from math import ceil, inf, log2

LONGEST_WAIT_S = 120.0
"""A target that asks for a longer wait is not waited for."""

_START = 8
_STEPS = 4
"""A rest doubles in so many levels."""
_CAUTION = 6
_LEAST_WINDOW = 8
_OFTEN = 50
"""After fewer successes a refusal comes too soon: one in fifty is too many."""
_FIRST_HOLD_S = 0.5
_LONGEST_HOLD_S = 60.0
_LONGEST_REST_S = 60.0
_LEAST_REST_S = 0.001
_SHARE = 0.1


class Pace:
    """A state machine without a clock: `now` and `began` are seconds of any steady one.

    Its `level` is a number of requests at once, less one; below 0 there is one at a time, with rests in between.
    """

    def __init__(self, most: int = 64, start: int = _START) -> None:
        """`most`: never more at once than that."""
        self.running = 0
        """How many are on their way."""
        self.waiting = 0
        """How many have failed and wait to be sent again."""
        self._most = most - 1
        self._level = min(start, most) - 1
        self._streak = 0
        self._ceiling: int | None = None
        self._caution = 0
        self._lowered = -inf  # what began earlier says nothing about the level of now
        self._held_until = -inf
        self._in_vain = 0
        self._granted = 0
        self._counted_from: float | None = None
        self._duration = 0.0
        self._rest = _LEAST_REST_S
        self._started = -inf
        self._answered = False

    @property
    def limit(self) -> int:
        """How many may be on their way at once."""
        return max(self._level + 1, 1)

    @property
    def rest_s(self) -> float:
        """The least time between two starts."""
        return 0.0 if self._level >= 0 else min(self._rest * 2 ** (-self._level / _STEPS), _LONGEST_REST_S)

    def held_s(self, now: float) -> float:
        """For how long nothing will be sent."""
        return max(self._held_until - now, 0.0)

    def ready_in(self, now: float, *, urgent: bool = False) -> float:
        """Seconds until the next request may start; infinite where one must end first.

        What was not sent before, and so is not `urgent`, is not begun while as many wait to be sent again.
        """
        if self.running >= self.limit or (self.waiting >= self.limit and not urgent):
            return inf
        if self._level >= 0:
            return max(self._held_until - now, 0.0)
        return max(self._held_until - now, self._started + self.rest_s - now, 0.0)

    def start(self, now: float) -> None:
        """A request goes out."""
        self.running += 1
        self._started = now
        if self._counted_from is None:
            self._counted_from = now

    def end(self) -> None:
        """It came to an end; what kind of one is told before, by one of the methods below or by none."""
        self.running -= 1

    def succeeded(self, began: float, now: float) -> None:
        """It was answered."""
        took = now - began
        self._duration = took if not self._duration else self._duration + _SHARE * (took - self._duration)
        self._answered = True
        self._granted += 1
        if began <= self._lowered:
            return
        self._in_vain = 0
        if self.running < self.limit:
            return  # the limit was not what limited
        self._streak += 1
        if self._streak >= self._window() and self._level < self._most:
            self._level += 1
            self._streak = 0
            if self._ceiling is not None and self._level > self._ceiling:
                self._passed()

    def refused(self, began: float, now: float, told: float | None) -> None:
        """It was refused for load; `told` is how many seconds the target asks to wait."""
        if told is not None:
            self._held_until = max(self._held_until, now + min(told, LONGEST_WAIT_S))
        if began <= self._lowered:
            return
        self._in_vain += 1
        if told is None and self._in_vain > 1:
            self._hold(now, self._in_vain - 2)
        if self._near() or self._granted < _OFTEN:
            self._caution = min(self._caution + 1, _CAUTION)
        self._ceiling = self._level
        self._lower(now)
        self._lowered = now
        self._streak = self._granted = 0
        self._counted_from = None

    def unreachable(self, began: float, now: float) -> None:
        """There was no connection. A target that has answered before is given time to come back."""
        if self._answered and began > self._lowered:
            self._in_vain += 1
            self._hold(now, self._in_vain - 1)
            self._lowered = now

    def _hold(self, now: float, doublings: int) -> None:
        seconds = min(_FIRST_HOLD_S * 2 ** min(doublings, 16), _LONGEST_HOLD_S)
        self._held_until = max(self._held_until, now + seconds)

    def _near(self) -> bool:
        return self._ceiling is not None and self._level >= self._ceiling - 1

    def _passed(self) -> None:
        """The level at which the target refused is behind us. It may have savings, so that is believed step by step."""
        self._ceiling = self._level if self._caution else None
        self._caution = max(self._caution - 1, 0)

    def _window(self) -> int:
        """How many successes it takes for one level more."""
        if self._near():
            return max(self.limit, _LEAST_WINDOW) << self._caution
        return self.limit if self._level >= 0 else 2

    def _lower(self, now: float) -> None:
        if self._level > 0:
            self._level = (self._level + 1) // 2 - 1
            return
        if self._level == 0:
            self._rest = max(self._duration, _LEAST_REST_S)
        self._level -= _STEPS
        if self._granted and self._counted_from is not None:
            # What was granted since the last refusal tells how much is, on the average.
            average = (now - self._counted_from) / self._granted
            self._level = min(self._level, -ceil(_STEPS * log2(max(average / self._rest, 1.0))))
        least = -ceil(_STEPS * log2(_LONGEST_REST_S / self._rest))
        self._level = max(self._level, least)
