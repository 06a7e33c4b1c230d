"""Which deployment is asked next: each once, in order; then again those whose failure may pass. Pure.

Going on to another deployment costs nobody time, so it comes before waiting for the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ajar.upstream.backoff import MOST_TOLD_S, pause

if TYPE_CHECKING:
    from collections.abc import Callable

_REPEATS = 2
"""How many attempts may repeat what failed, where the route does not say: as many as the official clients make."""


class Step(NamedTuple):
    """Ask the target at this place of the plan, after so many seconds."""

    at: int
    wait_s: float


class Course:
    """The attempts of one inference: what was tried, and what may still be."""

    __slots__ = ("_again", "_by", "_fresh", "_left", "_repeats", "spent")

    def __init__(self, targets: int, attempts: int | None, seconds: float, began: float) -> None:
        """At most `attempts` (where not given: each target once, and two more), `seconds` from `began`."""
        self._fresh = list(range(targets))
        self._again: dict[int, float] = {}
        self._left = targets + _REPEATS if attempts is None else attempts
        self._by = began + seconds
        self._repeats = 0
        self.spent = False
        """Whether any attempt was made."""

    def left_s(self, now: float) -> float:
        """What is left of the time in which content must come."""
        return self._by - now

    def next(self, now: float, usable: Callable[[int], bool]) -> Step | None:
        """What to do now; None where nothing is left that may be tried. `usable` is asked in order of preference."""
        if self._left <= 0 or now >= self._by:
            return None
        for at in tuple(self._fresh):
            if usable(at):
                self._fresh.remove(at)
                return Step(at, 0.0)
        for at, ready in sorted(self._again.items(), key=lambda each: each[1]):
            if ready < self._by and usable(at):
                del self._again[at]
                self._repeats += 1
                return Step(at, max(0.0, ready - now))
        return None

    @property
    def fresh(self) -> tuple[int, ...]:
        """The targets that were not tried."""
        return tuple(self._fresh)

    def begin(self, at: int) -> None:
        """An attempt at this target begins."""
        if at in self._fresh:
            self._fresh.remove(at)
        self._left -= 1
        self.spent = True

    def may_repeat(self, at: int, now: float, told: float | None, random: float) -> None:
        """The target at this place failed in a way that may pass; `told` is when it asked to be tried again."""
        if told is None or told <= MOST_TOLD_S:
            self._again[at] = now + pause(self._repeats + 1, told, random)

    def stop(self) -> None:
        """What happened must not be tried again anywhere."""
        self._left = 0
