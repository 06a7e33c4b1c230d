"""Rollouts from the records of their inferences on: many requests of a unit, late ones, users who come again."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from cell import ENDS, Cell, judged, limit, shown
from ladder import Plan
from recorded import names, play
from rollouts import PRIMARY

if TYPE_CHECKING:
    from cell import Row
    from crowds import Crowd, World
    from numpy.random import Generator

PLAN = Plan((PRIMARY,), steps=(10, 25, 50), min_units=20, every=10)
"""A shorter ladder: reading a record takes longer than adding a unit to the trial."""


@dataclasses.dataclass(frozen=True)
class Journal(Cell):
    """`history` units of the incumbent come first, outside of the experiment, when its rate was another."""

    HEADS: ClassVar[list[str]] = [
        *("rates", "requests of a unit", "runs", "wrong", "at most", "rolled back", "promoted", "neither", "target"),
    ]

    world: World
    crowd: Crowd
    loss: float = 0.0
    history: int = 0
    before: float = 0.95
    units: int = 800

    def run(self, rng: Generator) -> tuple[float, ...]:
        """How it ends."""
        chance = np.concatenate([np.full(self.history, self.before), self.world(rng, self.units)])
        hits = [self.crowd.hits(rng, each).tolist() for each in (chance, chance - self.loss)]
        end, units = play(PLAN, names(rng, len(chance)), hits, self.crowd.requests, self.history, rng)
        return ENDS.index(end), units

    def row(self, found: np.ndarray, room: float) -> Row:  # noqa: ARG002 - no median is asked
        """Wrong as everywhere."""
        n = len(found)
        shares = [(found[:, 0] == ENDS.index(kind)).mean() for kind in ("roll_back", "promote", "none")]
        wrong = shares[1] if self.loss else shares[0]
        kept = bool(wrong <= limit(n))
        return [
            self.name,
            str(self.crowd),
            f"{n:,}",
            shown(wrong, n),
            f"{limit(n):.1%}",
            *(f"{share:.1%}" for share in shares),
            judged(kept),
        ], kept
