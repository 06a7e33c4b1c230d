"""The mean of one model's values and how surely it is known."""

from __future__ import annotations

from ajar.evidence.estimate import Estimate
from ajar.evidence.given import Bounds, Labels, Numbers, numbers
from ajar.evidence.interval import t_interval
from ajar.evidence.standard_error import standard_error


def mean_of(
    values: Numbers, confidence: float, clusters: Labels | None = None, *, bounds: Bounds | None = None
) -> Estimate:
    """The mean of `values`, one for each case, with Student's interval: t(n-1), or over clusters.

    `bounds` are the ends of the metric's scale, where it has them: the interval stays within, and gets longer where the
    cases differ too little to show their spread. Without bounds such an interval may have no width. `se` is None where
    one case, or one cluster, shows no spread at all. Raises ValueError without values, for a value that is not finite
    or out of bounds, and where clusters and cases are not equal in number.
    """
    error = standard_error(numbers("values", values, bounds), clusters)
    low, high = t_interval(error, bounds).limits(confidence)
    if bounds is not None:
        low, high = max(low, float(bounds[0])), min(high, float(bounds[1]))
    return Estimate(
        mean=error.mean,
        low=low,
        high=high,
        confidence=confidence,
        n=error.n,
        method="t" if clusters is None else "clustered-t",
        se=error.se,
        clusters=error.clusters,
    )
