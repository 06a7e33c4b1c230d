"""The evidence of one measure that is compared by the mean of raw numbers, or of their logs."""

from __future__ import annotations

from math import copysign, exp, inf, isfinite, log

import msgspec

from ajar.evidence.live.confidence_sequence import LEAST, TUNED, half_width, log_evidence
from ajar.evidence.live.look import Standing
from ajar.evidence.live.measure import Measure
from ajar.evidence.live.moments import Moments
from ajar.evidence.live.strata import Strata


class MeanTrack(msgspec.Struct, tag="mean"):
    """Asymptotic evidence that the candidate's mean less `Measure.factor` times the control's lies on either side of 0.

    Evidence of harm is one sequence over all epochs: their differences are pooled (`Strata`) instead of multiplying an
    e-value for each, since an epoch alone may be too short for the limit that all of them together are long enough for.
    The proof is one over the epochs of the present step, which have the same share.
    """

    measure: Measure
    control: Moments = msgspec.field(default_factory=Moments)
    candidate: Moments = msgspec.field(default_factory=Moments)
    past: Strata = Strata()
    past_n: tuple[int, int] = (0, 0)
    step: Strata = Strata()
    """Of the closed epochs of this step."""
    step_n: tuple[int, int] = (0, 0)
    percent: float = 0.0

    def begin_epoch(self, percent: float) -> None:
        """Units from here on are compared among themselves."""
        self.past = self.past.plus(self.control, self.candidate)
        self.past_n = _plus(self.past_n, self.control, self.candidate)
        if percent == self.percent:
            self.step = self.step.plus(self.control, self.candidate)
            self.step_n = _plus(self.step_n, self.control, self.candidate)
        else:
            self.step, self.step_n, self.percent = Strata(), (0, 0), percent
        self.control, self.candidate = Moments(), Moments()

    def add(self, candidate: bool, value: float) -> None:
        """A unit's value. Raises ValueError for what is not finite, and for logs unless it is more than 0."""
        if self.measure.kind == "log_mean":
            if not 0 < value < inf:
                raise ValueError(f"{self.measure.name} is {value}, and must be finite and more than 0")
            value = log(value)
        elif not isfinite(value):
            raise ValueError(f"{self.measure.name} is {value}, and must be finite")
        (self.candidate if candidate else self.control).add(value)

    def standing(self, alpha: float, level: float | None) -> Standing:
        """How it stands, where it has `level` of the chance of a wrong roll-back."""
        here = self.step.plus(self.control, self.candidate)
        sums = self.past.plus(self.control, self.candidate)
        n = _plus(self.past_n, self.control, self.candidate)
        found = self._shown(sums, n, alpha)
        if level is None:
            return found
        worse = self._log_evidence(sums, level) if sums.weight and min(n) >= LEAST else 0.0
        enough = here.weight and min(_plus(self.step_n, self.control, self.candidate)) >= LEAST
        return found.harmed(worse, level).proved(self._log_evidence(here, alpha, proof=True) if enough else 0.0, alpha)

    def _shown(self, sums: Strata, n: tuple[int, int], alpha: float) -> Standing:
        measure = self.measure
        found = Standing(name=measure.name, role=measure.role, kind=measure.kind, control_n=n[0], candidate_n=n[1])
        if not sums.weight:
            return found
        control, candidate = sums.control / sums.weight, sums.candidate / sums.weight
        difference, error = sums.difference()
        low = high = None
        if min(n) >= LEAST:
            half = half_width(error, sums.weight / TUNED, alpha)
            low, high = difference - half, difference + half
        if measure.kind == "log_mean":
            control, candidate = exp(control), exp(candidate)
            difference, low, high = (None if each is None else exp(each) - 1 for each in (difference, low, high))
        return msgspec.structs.replace(
            found, control_mean=control, candidate_mean=candidate, difference=difference, low=low, high=high
        )

    def _log_evidence(self, sums: Strata, alpha: float, *, proof: bool = False) -> float:
        """That the candidate is worse by more than the margin, or (`proof`) that it is not."""
        factor = self.measure.factor
        logs = self.measure.kind == "log_mean"
        if sums.control < 0 and not logs:
            factor = 2 - factor
        over, error = sums.difference(1.0, log(factor)) if logs else sums.difference(factor)
        worse = over if self.measure.better == "down" else -over
        towards = -worse if proof else worse
        if error > 0:
            return log_evidence(towards / error, sums.weight / TUNED, alpha)
        # No value differs from another in its arm: what was the same so often is taken for what it always is. Equal to
        # the limit, as where neither arm costs anything, is not worse.
        return copysign(inf, towards) if towards else (inf if proof else -inf)


def _plus(n: tuple[int, int], control: Moments, candidate: Moments) -> tuple[int, int]:
    return n[0] + control.n, n[1] + candidate.n
