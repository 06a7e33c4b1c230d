"""The evidence of one measure whose values lie in [0, 1]."""

from __future__ import annotations

import msgspec

from ajar.evidence.live.betting import Betting
from ajar.evidence.live.blocks import Blocks, least_controls
from ajar.evidence.live.confidence_sequence import TUNED, half_width
from ajar.evidence.live.look import Standing
from ajar.evidence.live.measure import Measure
from ajar.evidence.live.moments import Moments
from ajar.evidence.live.strata import Strata

SHOWN = 20
"""Units in an arm before an interval is drawn, which decides nothing."""


class BoundedTrack(msgspec.Struct, tag="bounded"):
    """Bets on blocks decide; an asymptotic confidence sequence of the units' means is for the eye."""

    measure: Measure
    blocks: Blocks
    betting: Betting
    control: Moments = msgspec.field(default_factory=Moments)
    candidate: Moments = msgspec.field(default_factory=Moments)
    past: Strata = Strata()
    past_n: tuple[int, int] = (0, 0)
    percent: float = 0.0

    @classmethod
    def of(cls, measure: Measure) -> BoundedTrack:
        """Nothing is known yet."""
        return cls(measure, Blocks(1), Betting(measure.margin))

    def begin_epoch(self, percent: float) -> None:
        """The open block is dropped: its units were assigned at another time, or with other shares.

        An epoch with the same share belongs to the same step: the proof goes on, so that no pause gives it another try.
        """
        self.past = self.past.plus(self.control, self.candidate, bounded=True)
        self.past_n = self.past_n[0] + self.control.n, self.past_n[1] + self.candidate.n
        self.control, self.candidate = Moments(), Moments()
        self.blocks = Blocks(least_controls(percent))
        if percent != self.percent:
            self.betting.begin_step()
            self.percent = percent

    def add(self, candidate: bool, value: float) -> None:
        """A unit's value. Raises ValueError out of [0, 1]."""
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{self.measure.name} is {value}, and must lie between 0 and 1")
        (self.candidate if candidate else self.control).add(value)
        difference = self.blocks.add(candidate, value)
        if difference is not None:
            self.betting.add(difference)

    def standing(self, alpha: float, level: float | None) -> Standing:
        """How it stands, where it has `level` of the chance of a wrong roll-back."""
        sums = self.past.plus(self.control, self.candidate, bounded=True)
        found = Standing(
            name=self.measure.name,
            role=self.measure.role,
            kind="bounded",
            control_n=self.past_n[0] + self.control.n,
            candidate_n=self.past_n[1] + self.candidate.n,
        )
        if sums.weight:
            difference, error = sums.difference()
            found = msgspec.structs.replace(
                found,
                control_mean=sums.control / sums.weight,
                candidate_mean=sums.candidate / sums.weight,
                difference=difference,
            )
            if min(found.control_n, found.candidate_n) >= SHOWN:
                half = half_width(error, sums.weight / TUNED, alpha)
                found = msgspec.structs.replace(
                    found, low=max(-1.0, difference - half), high=min(1.0, difference + half)
                )
        if level is not None:
            found = found.harmed(self.betting.log_worse, level, most=self.betting.most_worse)
        return found if self.measure.margin is None else found.proved(self.betting.log_proof, alpha)
