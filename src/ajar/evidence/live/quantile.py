"""Evidence that a quantile is larger in one arm than in the other: exact for any number of units, at any time.

S. R. Howard, A. Ramdas (2022), Sequential estimation of quantiles, Bernoulli 28:1704-1728, section 5. Whether a unit is
below the true quantile x is a coin with a known chance p, and the beta-binomial mixture bets on that chance being
another. Nobody knows x; but what holds for the x that makes it least surprising holds for the true one too.
"""

from __future__ import annotations

import math
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ajar.evidence.live.search import lowest

Floats = NDArray[np.float64]
TUNED = 500
"""The units in an arm at which the bets are tuned."""


class Coins:
    """Bets on how many of n units are at or below the quantile `p`, tuned to be best at `t_opt` of them."""

    def __init__(self, p: float, t_opt: int, alpha_opt: float = 0.05, *, sided: bool) -> None:
        logs = math.log(1 / (2 * alpha_opt if sided else alpha_opt))
        rho = t_opt * p * (1 - p) / (2 * logs + math.log(1 + 2 * logs))
        r = max(rho - p * (1 - p), 1e-3 * p * (1 - p))
        self.p, self.sided = p, sided
        self.below, self.above = r / (1 - p), r / p
        self.norm = _log_beta(self.below, self.above)
        if sided:
            none = np.zeros(())
            more, fewer = self._sides(none, none)
            self.norm_more, self.norm_fewer = self.norm + float(more), self.norm + float(fewer)

    def either(self, share: Floats | float, n: int) -> Floats:
        """Log evidence that the chance is not p, where `share` of n are at or below. `share` n need not be whole."""
        return self._likelihood(np.asarray(share) * n, n) - self.norm

    def more(self, count: Floats, n: int) -> Floats:
        """Log evidence that the chance is more than p, where `count` of n are at or below."""
        return self._likelihood(count, n) + self._sides(count, n - count)[0] - self.norm_more

    def fewer(self, count: Floats, n: int) -> Floats:
        """Log evidence that the chance is less than p."""
        return self._likelihood(count, n) + self._sides(count, n - count)[1] - self.norm_fewer

    def _likelihood(self, count: Floats, n: int) -> Floats:
        """Log of the mixture over chances of q^count (1-q)^(n-count) / (p^count (1-p)^(n-count)), not yet normed."""
        likely = count * math.log(self.p) + (n - count) * math.log(1 - self.p)
        return _log_beta(self.below + count, self.above + n - count) - likely

    def _sides(self, below: Floats, above: Floats) -> tuple[Floats, Floats]:
        """Log of the part of the mixture with chances above p, and of that with chances below p."""
        a, b = self.below + below, self.above + above
        return _log_beta_share(b, a, 1 - self.p), _log_beta_share(a, b, self.p)


def log_larger(larger: Floats, other: Floats, coins: Coins) -> float:
    """The log of the evidence that the first arm's quantile is larger. Both arrays are sorted.

    At every x it is the evidence that fewer than p of the first arm are at or below x, times that for more than p of
    the other being below it. If the first arm's true quantile is not larger, some x lies between the two, and there
    both are e-processes. So the smallest over all x is an e-process, and may be multiplied over epochs.
    """
    n, m = len(larger), len(other)
    if not n or not m:
        return 0.0

    def at(i: Floats) -> tuple[Floats, Floats]:
        """Both parts at the i-th smallest unit of the first arm; 0 is below all. Between them neither gets smaller."""
        place = i.astype(np.intp)
        x = larger[np.maximum(place, 1) - 1]
        upto = np.where(place == 0, 0, np.searchsorted(larger, x, "right"))
        before = np.where(place == 0, 0, np.searchsorted(other, x, "left"))
        return coins.fewer(upto.astype(np.float64), n), coins.more(before.astype(np.float64), m)

    # The first part falls with i and the second rises: the two ends bound all between them from below.
    coarse = np.unique(np.append(np.arange(0, n, math.isqrt(n)), n)).astype(np.float64)
    falling, rising = at(coarse)
    least = float((falling + rising).min())
    bounds = falling[1:] + rising[:-1]
    open_ = np.flatnonzero(bounds < least)
    if len(open_):
        inside: list[Floats] = [np.arange(coarse[k], coarse[k + 1], dtype=np.float64) for k in open_]
        falling, rising = at(np.concatenate(inside))
        least = min(least, float((falling + rising).min()))
    return least


def quantile_p_value(a: Floats, b: Floats, p: float, t_opt: int, alpha_opt: float = 0.05) -> float:
    """The two-sided p of "both arms have the same quantile p", valid at any time; 1 at most.

    As `confseq.quantiles.quantile_ab_p_value` has it.
    """
    coins = Coins(p, t_opt, alpha_opt, sided=False)
    arms = [_Valley(np.sort(a), coins), _Valley(np.sort(b), coins)]
    first, second = sorted(arms, key=lambda arm: arm.end)
    inside = second.values[(second.values >= first.end) & (second.values <= second.start)]
    places = np.concatenate([[first.end, second.start], inside])
    return min(1.0, math.exp(-float((first.log_evidence(places) + second.log_evidence(places)).min())))


class _Valley:
    """One arm's evidence that x is not its quantile: least from `start` to `end`, and higher the farther away."""

    def __init__(self, values: Floats, coins: Coins) -> None:
        self.values, self.coins, n = values, coins, len(values)
        self.lowest = lowest(lambda share: float(coins.either(share, n)), 0.0, 1.0)
        self.start = float(values[max(1, math.ceil(self.lowest * n)) - 1])
        self.end = float(values[min(n, math.floor(self.lowest * n) + 1) - 1])

    def log_evidence(self, x: Floats) -> Floats:
        n = len(self.values)
        upto, before = (np.searchsorted(self.values, x, side) / n for side in ("right", "left"))
        share = np.where(x < self.start, upto, np.where(x > self.end, before, self.lowest))
        return self.coins.either(share, n)


def _log_beta(a: Floats | float, b: Floats | float) -> Floats:
    return cast("Floats", special.betaln(a, b))


def _log_beta_share(a: Floats, b: Floats, x: float) -> Floats:
    """Log of the regularised incomplete beta function; of its series' first term alone where it is no float any more.

    That term is less than the whole, by little so far out: evidence is never made more than it is.
    """
    share = cast("Floats", special.betainc(a, b, x))
    first = a * math.log(x) + b * math.log1p(-x) - np.log(a) - _log_beta(a, b)
    return np.where(share > 1e-290, np.log(np.maximum(share, 1e-300)), first)
