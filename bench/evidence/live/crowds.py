"""Who comes, and how often the models do well by them: units in the order of their first request."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator

World = Callable[["Generator", int], np.ndarray]
"""From a generator and a count: the control's chance to do well by each of so many units, one after the other."""
_EDGE = 1e-6


def steady(chance: float) -> World:
    """Always the same."""
    return lambda _, n: np.full(n, chance)


def drifting(first: float, last: float) -> World:
    """In a straight line from the first unit to the last."""
    return lambda _, n: np.linspace(first, last, n)


def falling(chance: float, by: float, at: int | None = None) -> World:
    """All at once with unit `at`, or in each run with another one."""

    def world(rng: Generator, n: int) -> np.ndarray:
        found = np.full(n, chance)
        found[int(rng.integers(n)) if at is None else at :] -= by
        return found

    return world


def waving(mean: float, height: float, period: int) -> World:
    """Up and down, beginning anywhere."""
    return lambda rng, n: mean + height * np.sin(2 * np.pi * (np.arange(n) / period + rng.random()))


@dataclasses.dataclass(frozen=True)
class Crowd:
    """Each unit sends so many `requests`. Those of one unit are alike: `icc` is the correlation of any two of them."""

    requests: int = 1
    icc: float = 0.0

    def hits(self, rng: Generator, chance: np.ndarray) -> np.ndarray:
        """How many of its requests each unit sees done well, where the units' chances have these means."""
        own = np.clip(chance, 0.0, 1.0)
        if self.icc:
            wide = (1 - self.icc) / self.icc
            inner = np.clip(own, _EDGE, 1 - _EDGE)
            own = rng.beta(inner * wide, (1 - inner) * wide)
        return rng.binomial(self.requests, own)

    def __str__(self) -> str:
        return "1" if self.requests == 1 else f"{self.requests}, alike {self.icc:g}"


ONE = Crowd()
"""A request of each."""
