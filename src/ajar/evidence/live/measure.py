"""One thing that is measured of each unit, and by how much the candidate may be worse in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["bounded", "mean", "log_mean", "quantile"]
Role = Literal["primary", "guard"]


class Measure(msgspec.Struct, frozen=True):
    """What a trial compares the two arms in.

    Values of the kind `bounded` lie in [0, 1] and more of them is better. The others are raw numbers and `better`
    says which way; those of `log_mean` are more than 0. `margin` is by how much the candidate may be worse: of a
    `bounded` measure the difference of the means, of the others a share of how far the control's mean or quantile
    is from 0 (a quantile below 0 may not rise beyond it, whatever the margin). A `mean` or `log_mean` without a
    margin is shown and decides nothing; a `quantile` without one may not be worse at all. Raises ValueError for a
    margin or a quantile that cannot be.
    """

    name: str
    kind: Kind
    role: Role
    better: Literal["up", "down"] = "up"
    margin: float | None = None
    quantile: float | None = None

    def __post_init__(self) -> None:
        # A mean cannot fall by more than all of it; it can rise by any factor, and a log can fall by any.
        most = math.inf if self.kind == "log_mean" or (self.kind != "bounded" and self.better == "down") else 1.0
        if self.margin is not None and not 0 < self.margin < most:
            raise ValueError(f"the margin of {self.name} is {self.margin}, and must lie between 0 and {most:g}")
        if (self.kind == "quantile") != (self.quantile is not None) or not 0 < (self.quantile or 0.5) < 1:
            raise ValueError(f"the quantile of {self.name} is {self.quantile}, and of a {self.kind} it cannot be")

    @property
    def decides(self) -> bool:
        """Whether it can have a candidate rolled back."""
        return self.kind in ("bounded", "quantile") or self.margin is not None

    @property
    def factor(self) -> float:
        """A mean or quantile of the candidate is worse than by the margin beyond so many times the control's.

        Where the control's is below 0, beyond `2 - factor` times it: a limit is on the worse side of the control.
        """
        margin = self.margin or 0.0
        if self.better == "down":
            return 1 + margin
        return 1 / (1 + margin) if self.kind == "log_mean" else 1 - margin


def levels(measures: Sequence[Measure], alpha: float) -> list[float | None]:
    """Each measure's part of the chance of a wrong roll-back; None for those that decide nothing.

    The primary has all of it where no guard can decide, else half, and the guards share the rest equally. Raises
    ValueError for two primaries and for an `alpha` out of (0, 1).
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}, and must lie between 0 and 1")
    primaries = sum(each.role == "primary" for each in measures)
    if primaries > 1:
        raise ValueError("only one measure can be the primary")
    leading = sum(each.role == "primary" and each.decides for each in measures)
    guards = sum(each.role == "guard" and each.decides for each in measures)
    first = alpha if guards == 0 else alpha / 2
    other = (alpha / 2 if leading else alpha) / guards if guards else 0.0
    return [(first if each.role == "primary" else other) if each.decides else None for each in measures]
