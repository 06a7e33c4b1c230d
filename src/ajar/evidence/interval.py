"""Student's interval of a mean, made longer where the sample cannot show the spread."""

from __future__ import annotations

import math

import msgspec

from ajar.evidence.distribution import t_below, t_quantile
from ajar.evidence.given import Bounds, tail
from ajar.evidence.standard_error import FEW, SKEWED, StandardError, lopsided


class Reach(msgspec.Struct, frozen=True):
    """How much longer than t's an interval is on each side, for each unit of -log of the probability beyond it.

    An event that happens with probability q is absent from m independent units with probability (1 - q)^m, so that m
    units without it rule out, with probability 1 - p, no more than q = -log(p)/m. It moves the mean by q times the
    way to the end of the scale at most. So -log(p) * way / m is what the sample cannot show: for 0 and 1 alone and
    nothing seen this is the "rule of three" (J. A. Hanley, A. Lippman-Hand (1983), JAMA 249:1743-1745).
    """

    low: float = 0.0
    high: float = 0.0


class TInterval(msgspec.Struct, frozen=True, kw_only=True):
    """The family of intervals of a mean, one for each confidence, and the test that they invert."""

    mean: float
    se: float
    df: float
    reach: Reach = Reach()
    tail: float = 0.0
    """The skew on whose side the limits leave `room`; 0 for none."""

    def limits(self, confidence: float) -> Bounds:
        """The two-sided interval. Raises ValueError unless `confidence` is in (0, 1)."""
        beyond = tail(confidence)
        quantile = t_quantile(1 - beyond, self.df) if self.se > 0 else 0.0
        below, above = max(0.0, -self.tail), max(0.0, self.tail)
        return (
            self.mean - self._half(quantile, beyond, self.reach.low, below),
            self.mean + self._half(quantile, beyond, self.reach.high, above),
        )

    def p_at_least(self, value: float) -> float:
        """One-sided p of "the true mean is at least `value`": small where the mean lies far below.

        It is below (1 - confidence) / 2 exactly where the upper limit at that confidence is below `value`.
        """
        gap = self.mean - value
        above = max(0.0, self.tail)
        if gap >= 0 or self.reach.high == above == 0:
            if self.se > 0:
                return t_below(gap / self.se, self.df)
            return 0.5 if gap == 0 else float(gap > 0)
        low, high = -745.0, math.log(0.5)  # exp(-745) is the smallest float above 0
        for _ in range(80):
            middle = (low + high) / 2
            quantile = -t_quantile(math.exp(middle), self.df) if self.se > 0 else 0.0
            if self._half(quantile, math.exp(middle), self.reach.high, above) < -gap:
                high = middle
            else:
                low = middle
        return math.exp(high)

    def _half(self, quantile: float, beyond: float, unseen: float, skew: float) -> float:
        return quantile * self.se + room(self.se, quantile, skew) - unseen * math.log(beyond)


def reach(error: StandardError, bounds: Bounds | None) -> Reach:
    """How much longer an interval from `error` must be, for a metric that lies within `bounds`.

    It is longer on the side to which the units are lopsided, and on both where too few of them differ. Without bounds
    nothing can be said of what was not seen.
    """
    if bounds is None:
        return Reach()
    few = error.apart < FEW
    low = (error.mean - bounds[0]) / error.units if few or lopsided(error.skew, error.clusters) else 0.0
    high = (bounds[1] - error.mean) / error.units if few or lopsided(-error.skew, error.clusters) else 0.0
    return Reach(max(0.0, low), max(0.0, high))


def room(se: float, quantile: float, skew: float) -> float:
    """How much farther than `quantile` standard errors the mean may lie on the side of a long tail.

    To the next order the quantile of t is longer there by skew (1 + 2 t^2) / 6: N. J. Johnson (1978), JASA 73:536-544;
    P. Hall (1992), JRSS B 54:221-228. Samples tend to show less skew than there is, so it is taken twice.
    """
    return 2 * abs(skew) / 6 * (1 + 2 * quantile * quantile) * se if skew else 0.0


def t_interval(error: StandardError, bounds: Bounds | None) -> TInterval:
    """The intervals of the mean of `error`. Clusters are few: without bounds, theirs leave room for a long tail."""
    tailed = bounds is None and error.clusters is not None and abs(error.skew) > SKEWED
    return TInterval(
        mean=error.mean,
        se=error.se or 0.0,
        df=error.df,
        reach=reach(error, bounds),
        tail=error.skew if tailed else 0.0,
    )
