"""The evidence of one measure that is compared by a quantile of raw numbers."""

from __future__ import annotations

from bisect import insort
from math import ceil, floor, isfinite
from typing import cast

import msgspec
import numpy as np

from ajar.evidence.live.look import Standing
from ajar.evidence.live.measure import Measure
from ajar.evidence.live.quantile import TUNED, Coins, log_larger
from ajar.evidence.live.stitching import double_stitching_bound


class QuantileTrack(msgspec.Struct, tag="quantile"):
    """Exact evidence that the candidate's quantile is beyond `Measure.factor` times the control's, or short of it.

    That of closed epochs multiplies. The values of the present one are kept in order; what they say is worked out when
    somebody looks.
    """

    measure: Measure
    control: list[float] = msgspec.field(default_factory=list[float])
    candidate: list[float] = msgspec.field(default_factory=list[float])
    log_worse: float = 0.0
    """Of closed epochs."""
    log_proof: float = 0.0
    """Of the closed epochs of this step, which have the same share."""
    percent: float = 0.0

    def begin_epoch(self, percent: float) -> None:
        """Units from here on are compared among themselves."""
        self.log_worse += self._log_evidence()
        if percent != self.percent:
            self.log_proof, self.percent = 0.0, percent
        elif self.measure.margin is not None:
            self.log_proof += self._log_evidence(proof=True)
        self.control, self.candidate = [], []

    def add(self, candidate: bool, value: float) -> None:
        """A unit's value. Raises ValueError for what is not finite."""
        if not isfinite(value):
            raise ValueError(f"{self.measure.name} is {value}, and must be finite")
        insort(self.candidate if candidate else self.control, value)

    def standing(self, alpha: float, level: float | None) -> Standing:
        """How it stands, where it has `level` of the chance of a wrong roll-back."""
        found = self._shown(alpha)
        if level is not None:
            found = found.harmed(self.log_worse + self._log_evidence(), level)
        if self.measure.margin is None:
            return found
        return found.proved(self.log_proof + self._log_evidence(proof=True), alpha)

    @property
    def _p(self) -> float:
        return cast("float", self.measure.quantile)

    def _log_evidence(self, *, proof: bool = False) -> float:
        """That the candidate's quantile is beyond what is allowed, or (`proof`) that it is short of that."""
        control, candidate, factor = np.asarray(self.control), np.asarray(self.candidate), self.measure.factor
        # What is in order stays in order, so this is the limit of whichever quantile.
        limit = np.where(control < 0, control * max(0.0, 2 - factor), control * factor)
        larger, other = (candidate, limit) if (self.measure.better == "down") != proof else (limit, candidate)
        return log_larger(larger, other, Coins(self._p, TUNED, sided=True))

    def _shown(self, alpha: float) -> Standing:
        found = Standing(
            name=self.measure.name,
            role=self.measure.role,
            kind="quantile",
            quantile=self._p,
            control_n=len(self.control),
            candidate_n=len(self.candidate),
        )
        if not self.control or not self.candidate:
            return found
        control, candidate = (arm[ceil(self._p * len(arm)) - 1] for arm in (self.control, self.candidate))
        (low, high), (least, most) = _ends(self.control, self._p, alpha), _ends(self.candidate, self._p, alpha)
        return msgspec.structs.replace(
            found,
            control_mean=control,
            candidate_mean=candidate,
            difference=candidate - control,
            low=None if least is None or high is None else least - high,
            high=None if most is None or low is None else most - low,
        )


def _ends(values: list[float], p: float, alpha: float) -> tuple[float | None, float | None]:
    """Between which values one arm's quantile lies at all times, each arm with half of the chance of error."""
    n = len(values)
    low = floor(p * n - double_stitching_bound(1 - p, n, alpha / 2, TUNED))
    high = ceil(p * n + double_stitching_bound(p, n, alpha / 2, TUNED))
    return values[low - 1] if low >= 1 else None, values[high - 1] if high <= n else None
