"""What a trial shows when somebody looks."""

from __future__ import annotations

from math import exp

import msgspec

from ajar.evidence.live.measure import Kind, Role

_MOST = 700.0  # exp(700) is still a float


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one measure stands. The counts and means are those of all epochs, of a quantile those of the present one.

    The means weigh each epoch equally for both arms (`Strata`), so that `difference` is candidate less control at equal
    times; of a `log_mean` they are geometric means, and the difference and its interval are shares of the control's. Of
    a `quantile` they are quantiles. `low` to `high` is for the eye: it holds at all times at once with a chance of 1 -
    alpha, of means for large counts. It is None before there are enough of them, and one end is where the numbers leave
    that open.

    `rollback_e` is the evidence that the candidate is worse (of numbers: by more than the margin), which is `harmful`
    once it reaches `rollback_at`; `promote_e` that it is not worse by the margin, from this step alone, which is
    `proven` at `promote_at`. They are None where the measure decides nothing, or has no margin.
    """

    name: str
    role: Role
    kind: Kind
    control_n: int
    candidate_n: int
    quantile: float | None = None
    control_mean: float | None = None
    candidate_mean: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    rollback_e: float | None = None
    rollback_at: float | None = None
    harmful: bool = False
    promote_e: float | None = None
    promote_at: float | None = None
    proven: bool = False

    def harmed(self, log_worse: float, level: float, *, most: float | None = None) -> Standing:
        """With the evidence that the candidate is worse; `most` is the log of the highest that it ever was."""
        reached = _e(log_worse if most is None else most) >= 1 / level
        return msgspec.structs.replace(self, rollback_e=_e(log_worse), rollback_at=1 / level, harmful=reached)

    def proved(self, log_proof: float, alpha: float) -> Standing:
        """With the evidence that it is not worse by the margin."""
        found = _e(log_proof)
        return msgspec.structs.replace(self, promote_e=found, promote_at=1 / alpha, proven=found >= 1 / alpha)


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """How many units were assigned to each arm in this epoch, and the p-value of the meant shares over all epochs."""

    control: int
    candidate: int
    p_value: float
    mismatch: bool


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """The whole trial at one moment. Units are those that entered; `candidate_units_ever` counts those of all epochs.

    `percent` is the candidate's share of the units in this epoch.
    """

    epoch: int
    percent: float
    control_units: int
    candidate_units: int
    candidate_units_ever: int
    sample_ratio: Ratio
    standings: tuple[Standing, ...]


def _e(log: float) -> float:
    return exp(max(-_MOST, min(_MOST, log)))
