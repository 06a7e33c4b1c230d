"""Rollouts with one primary measure and seven guards, which share alpha."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

from cell import ENDS, Cell, count, judged, limit, median, shown
from ladder import Plan, climb
from rollouts import PRIMARY

from ajar.evidence.live.measure import Measure

if TYPE_CHECKING:
    import numpy as np
    from cell import Row
    from numpy.random import Generator

FLAGS = {"error": 0.99, "timeout": 0.995, "refusal": 0.98, "valid": 0.97, "missing": 0.6}
"""Guards without a margin, and the share of units that do well in each."""
DEARER = 0.1
MEASURES = (
    PRIMARY,
    *(Measure(name=name, kind="bounded", role="guard") for name in FLAGS),
    Measure(name="total_ms", kind="log_mean", role="guard", better="down", margin=DEARER),
    Measure(name="cost_usd", kind="mean", role="guard", better="down", margin=DEARER),
)
SPREAD = 0.5


@dataclasses.dataclass(frozen=True)
class Guarded(Cell):
    """The candidate is worse by `loss` in the primary measure alone."""

    HEADS: ClassVar[list[str]] = [
        *("the primary's rates", "steps", "runs", "rolled back", "promoted", "neither", "wrong", "at most"),
        *("median decision", "target"),
    ]

    chance: float
    loss: float
    steps: tuple[float, ...]
    units: int

    def run(self, rng: Generator) -> tuple[float, ...]:
        """How it ends, and with how many of the candidate's units."""
        arms = (self._values(rng, self.chance), self._values(rng, self.chance - self.loss))
        plan = Plan(MEASURES, steps=self.steps, every=50)
        end, units = climb(plan, rng.random(self.units).tolist(), *arms)
        return ENDS.index(end), units

    def _values(self, rng: Generator, chance: float) -> list[tuple[float, ...]]:
        flags = [(rng.random(self.units) < each).astype(float) for each in (chance, *FLAGS.values())]
        numbers = [rng.lognormal(mean, SPREAD, self.units) for mean in (7.0, -6.0)]
        return list(zip(*(column.tolist() for column in (*flags, *numbers)), strict=True))

    def row(self, found: np.ndarray, room: float) -> Row:  # noqa: ARG002 - no median is asked
        """Wrong as everywhere."""
        n = len(found)
        end, units = found.T
        shares = [(end == ENDS.index(kind)).mean() for kind in ("roll_back", "promote", "none")]
        wrong = shares[1] if self.loss else shares[0]
        kept = bool(wrong <= limit(n))
        return [
            self.name,
            " ".join(f"{step:g}" for step in self.steps),
            f"{n:,}",
            *(f"{share:.1%}" for share in shares),
            shown(wrong, n),
            f"{limit(n):.1%}",
            count(median(units, end != 0)),
            judged(kept),
        ], kept
