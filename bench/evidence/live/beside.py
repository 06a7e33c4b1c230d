"""The peers in the setting in which their rule was first measured, and Ajar beside them: two arms of the same size."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import others
from cell import ENDS, Cell, error, judged, limit, shown
from crowds import ONE, Crowd
from ladder import Plan, climb
from rollouts import PRIMARY

if TYPE_CHECKING:
    from cell import Row
    from numpy.random import Generator

UNITS = 1_000
"""Of each arm."""
APART = 3.5
"""Monte Carlo errors between this port of the rule and what it was measured at: of a dozen cells, none has more."""


@dataclasses.dataclass(frozen=True)
class Beside(Cell):
    """Nothing is different between the arms. The incumbent may have numbers of before: (how many, its chance then)."""

    HEADS: ClassVar[list[str]] = [
        *("rate", "requests of a unit", "least samples", "runs", "TensorZero's rule", "as first measured"),
        *("apart, in errors", "z-test", "Ajar", "Ajar at most", "target"),
    ]

    chance: float
    measured: float
    crowd: Crowd = ONE
    before: tuple[int, float] = (0, 0.0)
    least: int = others.LEAST
    measured_runs: int = 4_000

    def run(self, rng: Generator) -> tuple[float, ...]:
        """Whether each finds a difference."""
        each, all_ = self.crowd.requests, np.ones(UNITS, dtype=bool)
        chance = np.full(UNITS, self.chance)
        old, new = self.crowd.hits(rng, chance), self.crowd.hits(rng, chance)
        before = int(rng.binomial(self.before[0], self.before[1]))
        named = others.tensorzero(
            others.requests(all_, old, each, (self.before[0], before)), others.requests(all_, new, each), self.least
        )
        called = others.z_test(others.units(all_, old, each), others.units(all_, new, each))
        end = self._ajar(rng, old / each, new / each)
        return float(named), float(called), end

    def _ajar(self, rng: Generator, old: np.ndarray, new: np.ndarray) -> float:
        order = rng.permutation(2 * UNITS)
        places = np.where(order < UNITS, 0.75, 0.25)
        values = [(value,) for value in np.concatenate([old, new])[order].tolist()]
        plan = Plan((PRIMARY,), steps=(50,), every=others.EVERY)
        return ENDS.index(climb(plan, places.tolist(), values, values)[0])

    def row(self, found: np.ndarray, room: float) -> Row:  # noqa: ARG002 - no median is asked
        """Any winner is a false one; for Ajar, any roll-back."""
        n = len(found)
        named, called, wrong = (float(of.mean()) for of in (found[:, 0] != 0, found[:, 1] != 0, found[:, 2] == 1))
        apart = (named - self.measured) / math.hypot(error(self.measured, n), error(self.measured, self.measured_runs))
        kept = wrong <= limit(n) and abs(apart) <= APART
        return [
            self.name,
            str(self.crowd),
            str(self.least),
            f"{n:,}",
            shown(named, n),
            f"{self.measured:.1%}",
            f"{apart:+.1f}",
            f"{called:.1%}",
            shown(wrong, n),
            f"{limit(n):.1%}",
            judged(kept),
        ], kept
