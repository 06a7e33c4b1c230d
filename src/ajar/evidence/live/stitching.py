"""How far counts and empirical distributions stray at any time, for all quantiles at once.

S. R. Howard, A. Ramdas (2022), Sequential estimation of quantiles, Bernoulli 28:1704-1728; the constants are those of
the authors' package confseq.
"""

from __future__ import annotations

import math

from ajar.evidence.live.search import lowest, root

_ETA = 2.0
_S = 1.4
_DELTA = 0.5
_ZETA = 3.105547277977581  # Riemann's, of 1.4


def double_stitching_bound(quantile: float, t: float, alpha: float, t_opt: float) -> float:
    """How many more than `quantile` times t of t numbers lie at or below the true quantile; more have chance alpha.

    For all t and all quantiles together, on both sides: fewer by more than the bound for 1 - quantile are as rare.
    The bound is tightest about `t_opt`. Theorem 3 of the paper. Raises ValueError for a quantile out of (0, 1).
    """
    if not 0 < quantile < 1:
        raise ValueError(f"the quantile is {quantile}, and must lie between 0 and 1")
    count = max(t, t_opt)
    odds = math.log(quantile / (1 - quantile))
    near = quantile
    if quantile < 0.5:
        near = min(0.5, 1 / (1 + math.exp(-odds - 2 * _DELTA * math.sqrt(t_opt * _ETA / count))))
    variance = near * (1 - near)
    grid = math.sqrt(count / t_opt) * abs(odds) / (2 * _DELTA) + 1
    chance = 2 * _ZETA * (2 * _ZETA + 1) / (alpha * math.log(_ETA) ** _S)
    room = _S * math.log(math.log(_ETA * count / t_opt)) + _S * math.log(grid) + math.log(chance)
    first = (_ETA**0.25 + _ETA**-0.25) / math.sqrt(2)
    second = (math.sqrt(_ETA) + 1) / 2 * (1 - 2 * quantile) / 3 * room
    between = _DELTA * math.sqrt(_ETA * count * variance / t_opt)
    return between + math.sqrt(first**2 * variance * count * room + second**2) + second


def empirical_process_lil_bound(t: float, alpha: float, t_min: float, a: float = 0.85) -> float:
    """How far the empirical distribution of t numbers is from the true one anywhere: farther with a chance of alpha.

    For all t from `t_min` on together; before that it is infinite. Theorem 2 of the paper.
    """
    if t < t_min:
        return math.inf

    def log_chance(c: float) -> float:
        """The smallest chance of straying farther that the theorem gives, over its free parameter eta."""

        def at(eta: float) -> float:
            power = 2 / eta * (a - math.sqrt(2 * (eta - 1) / c)) ** 2
            return math.log(4) - power * c + math.log1p(1 / ((power - 1) * math.log(eta))) if power > 1 else 1e9 * eta

        most = root(lambda eta: math.sqrt(eta / 2) + math.sqrt(2 * (eta - 1) / c) - a, 1.0, 2 * a * a)
        return at(lowest(at, 1.0, most))

    c = root(lambda c: log_chance(c) - math.log(alpha), 1.0, 1000.0)
    return a * math.sqrt((math.log(1 + math.log(t / t_min)) + c) / t)
