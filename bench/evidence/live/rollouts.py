"""Whole rollouts over the ladder, with what others make of the same units."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import others
from cell import ENDS, Cell, count, judged, limit, median, shown
from crowds import ONE, Crowd, World
from ladder import Plan, climb

from ajar.evidence.live.measure import Measure

if TYPE_CHECKING:
    from cell import Row
    from numpy.random import Generator

MARGIN = 0.03
PRIMARY = Measure(name="solved", kind="bounded", role="primary", margin=MARGIN)
LADDER = Plan((PRIMARY,))


@dataclasses.dataclass(frozen=True)
class Rollout(Cell):
    """The candidate is worse by `loss`, or the same. Before it came, the incumbent had units: (how many, its chance).

    Those count for the others alone: what was before a rollout is not in it.
    """

    HEADS: ClassVar[list[str]] = [
        *("the control's rate", "requests of a unit", "runs", "Ajar is wrong", "at most", "rolled back", "promoted"),
        *("neither", "median decision", "TensorZero's rule is wrong", "z-test is wrong", "target"),
    ]

    world: World
    crowd: Crowd = ONE
    loss: float = 0.0
    units: int = 9_000
    plan: Plan = LADDER
    before: tuple[int, float] = (0, 0.0)

    def run(self, rng: Generator) -> tuple[float, ...]:
        """How it ends, with how many of the candidate's units, and whom the others name."""
        chance, places = self.world(rng, self.units), rng.random(self.units)
        each = self.crowd.requests
        hits = self.crowd.hits(rng, chance), self.crowd.hits(rng, chance - self.loss)
        control, candidate = ([(value,) for value in (of / each).tolist()] for of in hits)
        end, units = climb(self.plan, places.tolist(), control, candidate)
        theirs = others.arms(self.plan, places)
        old = self.crowd.hits(rng, np.full(self.before[0], self.before[1]))
        seen = np.where(theirs, hits[1], hits[0])
        before = (len(old) * each, int(old.sum()))
        named = others.tensorzero(others.requests(~theirs, seen, each, before), others.requests(theirs, seen, each))
        called = others.z_test(others.units(~theirs, seen, each), others.units(theirs, seen, each))
        return ENDS.index(end), units, float(named), float(called)

    def row(self, found: np.ndarray, room: float) -> Row:  # noqa: ARG002 - no median is asked
        """Wrong is a roll-back of what is the same, and a promotion of what is worse by the margin."""
        n = len(found)
        end, units, named, called = found.T
        rolled, promoted, none = ((end == ENDS.index(kind)).mean() for kind in ("roll_back", "promote", "none"))
        wrong = promoted if self.loss else rolled
        others = [(of > 0 if self.loss else of != 0).mean() for of in (named, called)]
        kept = bool(wrong <= limit(n))
        return [
            self.name,
            str(self.crowd),
            f"{n:,}",
            shown(wrong, n),
            f"{limit(n):.1%}",
            *(f"{share:.1%}" for share in (rolled, promoted, none)),
            count(median(units, end != 0)),
            *(f"{share:.1%}" for share in others),
            judged(kept),
        ], kept
