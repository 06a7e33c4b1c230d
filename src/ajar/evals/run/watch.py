"""How far a run is: what a progress bar shows."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

_WITHIN_S = 15.0
"""A rate is an average over about so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A run at one moment.

    `rate` is samples a second; None until there is one. `cost_usd` is that of the whole run so far, judges'
    included, and `cost_unknown` how many answers are missing from it. `limits` is by target how many
    requests may be on their way at once, and `held_s` for how long the target that asked for the longest wait waits.
    """

    total: int
    done: int
    resumed: int
    """Of those done, how many were done when this part of the run began."""
    errors: int
    running: int
    rate: float | None
    seconds_left: float | None
    cost_usd: float
    cost_unknown: int
    limits: dict[str, int]
    held_s: float


class Rate:
    """Events a second, the newest counting most."""

    def __init__(self, now: float, count: int) -> None:
        """`count`: events before this began."""
        self._at = now
        self._count = count
        self._weight = 0.0
        self._mean = 0.0

    def tell(self, now: float, count: int) -> float | None:
        """The rate, with `count` events by now; None before the first."""
        seconds = now - self._at
        if seconds > 0:
            keep = exp(-seconds / _WITHIN_S)
            self._mean = keep * self._mean + (1 - keep) * (count - self._count) / seconds
            self._weight = keep * self._weight + (1 - keep)
            self._at, self._count = now, count
        return self._mean / self._weight if self._mean else None
