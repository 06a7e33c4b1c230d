"""A mean and how surely it is known."""

from __future__ import annotations

from typing import Literal

import msgspec

Method = Literal["wilson", "t", "clustered-t", "tango"]


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """The mean of `n` cases with its two-sided interval.

    All are in the metric's own unit. `se` is the standard error, None where the interval does not come from one. With
    `clusters`, that many groups of cases were taken for independent, rather than the cases.
    """

    mean: float
    low: float
    high: float
    confidence: float
    n: int
    method: Method
    se: float | None = None
    clusters: int | None = None
