"""Measures that are numbers: whether a slower or dearer candidate is found, and how often one that is not."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from cell import ALPHA, Cell, count, judged, limit, median, shown

from ajar.evidence.live.measure import Measure
from ajar.evidence.live.observed import Observed
from ajar.evidence.live.trial import Trial

if TYPE_CHECKING:
    from cell import Row
    from numpy.random import Generator

MOST = 4_000
"""Units of each arm."""
EVERY = 100
"""Units of each arm between looks."""
SPREAD = 0.5
MARGIN = 0.01
"""Of means, which without a margin decide nothing; small enough to hide next to nothing of the differences here."""
KINDS = {
    "cost, mean": Measure(name="cost_usd", kind="mean", role="primary", better="down", margin=MARGIN),
    "latency, log-mean": Measure(name="total_ms", kind="log_mean", role="primary", better="down", margin=MARGIN),
    "latency, q95": Measure(name="total_ms", kind="quantile", role="primary", better="down", quantile=0.95),
}


@dataclasses.dataclass(frozen=True)
class Slower(Cell):
    """Lognormal numbers, of which the candidate's are `times` as large, or three times in a share of them (`rare`)."""

    HEADS: ClassVar[list[str]] = [
        *("the candidate", "measure", "runs", "called worse", "at most", "median of each arm"),
        *("in the sources", "target"),
    ]

    kind: str
    times: float
    rare: float
    theirs: str

    def run(self, rng: Generator) -> tuple[float, ...]:
        """Whether it is found worse, and by when."""
        measure = KINDS[self.kind]
        arms = rng.lognormal(6.0, SPREAD, (MOST, 2))
        arms[:, 1] *= self.times * self._limit(measure)
        arms[:, 1] *= np.where(rng.random(MOST) < self.rare, 3.0, 1.0)
        trial = Trial((measure,), ALPHA)
        trial.begin_epoch(50)
        for time, (control, candidate) in enumerate(arms.tolist()):
            trial.add(Observed(time, "a", False, (control,)))
            trial.add(Observed(time, "b", True, (candidate,)))
            if (time + 1) % EVERY == 0 and trial.look().standings[0].harmful:
                return 1, time + 1
        return 0, MOST

    def _limit(self, measure: Measure) -> float:
        """Where nothing is different, the candidate stands where it is still just allowed to."""
        null = self.times == 1 and not self.rare
        return 1 + (measure.margin or 0.0) if null else 1.0

    def row(self, found: np.ndarray, room: float) -> Row:  # noqa: ARG002 - no median is asked
        """At the limit it must be rare."""
        n = len(found)
        share = found[:, 0].mean()
        null = self.times == 1 and not self.rare
        kept = not null or bool(share <= limit(n))
        return [
            self.name,
            self.kind,
            f"{n:,}",
            shown(share, n),
            f"{limit(n):.1%}" if null else "–",
            count(median(found[:, 1], found[:, 0] == 1)),
            self.theirs,
            judged(kept) if null else "–",
        ], kept
