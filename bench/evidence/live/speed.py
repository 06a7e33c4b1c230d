"""How many of the candidate's units a decision takes, where one step has them all."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

from cell import ENDS, Cell, count, judged, limit, median, shown
from crowds import Crowd, steady
from ladder import Plan, climb
from rollouts import MARGIN, PRIMARY

if TYPE_CHECKING:
    import numpy as np
    from cell import Row
    from numpy.random import Generator


@dataclasses.dataclass(frozen=True)
class Speed(Cell):
    """From one chance to another, with `percent` of the units; B.3's median is `theirs`."""

    HEADS: ClassVar[list[str]] = [
        *("rates", "candidate's share", "runs", "rolled back", "promoted", "neither", "wrong"),
        *("median canary units", "asked", "with fixed blocks", "target"),
    ]

    chances: tuple[float, float]
    percent: float
    units: int
    theirs: int
    most: int | None = None

    def run(self, rng: Generator) -> tuple[float, ...]:
        """How it ends, and with how many of the candidate's units."""
        every = 10 if self.percent < 10 else 5 if self.percent < 50 else 2
        hits = (Crowd().hits(rng, steady(chance)(rng, self.units)) for chance in self.chances)
        control, candidate = ([(value,) for value in of.astype(float).tolist()] for of in hits)
        plan = Plan((PRIMARY,), steps=(self.percent,), every=every)
        end, units = climb(plan, rng.random(self.units).tolist(), control, candidate)
        return ENDS.index(end), units

    def row(self, found: np.ndarray, room: float) -> Row:
        """Either decision is right for what is worse by less than the margin; none of these is."""
        n = len(found)
        end, units = found.T
        shares = [(end == ENDS.index(kind)).mean() for kind in ("roll_back", "promote", "none")]
        loss = self.chances[0] - self.chances[1]
        wrong = shares[1] if loss > MARGIN - 1e-9 else shares[0]
        middle = median(units, end != 0)
        kept = bool(wrong <= limit(n)) and (self.most is None or middle <= self.most * room)
        return [
            self.name,
            f"{self.percent:g}%",
            f"{n:,}",
            *(f"{share:.1%}" for share in shares),
            shown(wrong, n),
            count(middle),
            "–" if self.most is None else f"at most {self.most}",
            f"{self.theirs:,}",
            judged(kept),
        ], kept
