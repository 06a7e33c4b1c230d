"""How many cases a comparison needs, and the smallest difference that a number of cases can show."""

from __future__ import annotations

import math

from ajar.evidence.distribution import normal_quantile, t_quantile
from ajar.evidence.given import tail

POWER = 0.8
"""The chance to find a difference that is there, where none is asked for."""


def paired_variance(between: float, ours: float, theirs: float, repeats: tuple[int, int] = (1, 1)) -> float:
    """Of one case's difference: `between` cases, and within them for each arm, divided by its number of repeats.

    w^2 + sA^2/KA + sB^2/KB of E. Miller (2024), Adding Error Bars to Evals, arXiv 2411.00640, section 5. Raises
    ValueError for a negative variance, or no repeat.
    """
    if min(between, ours, theirs) < 0:
        raise ValueError(f"variances are {between}, {ours} and {theirs}, and must not be negative")
    if min(repeats) < 1:
        raise ValueError(f"repeats are {repeats}, and must be at least 1")
    return between + ours / repeats[0] + theirs / repeats[1]


def cases_needed(difference: float, variance: float, confidence: float, power: float = POWER) -> int:
    """The cases with which a true `difference` is found with `power`: (z_a/2 + z_b)^2 variance / difference^2.

    For a margin, give the distance between the margin and the expected difference. `variance` is that of one case's
    difference: `paired_variance`, or the square of the standard deviation seen in an earlier run. Miller (2024).
    Raises ValueError for a difference of 0.
    """
    _check(difference, variance)
    return math.ceil((_z(confidence, power) / difference) ** 2 * variance)


def smallest_difference(n: float, variance: float, confidence: float, power: float = POWER) -> float:
    """The smallest true difference that `n` cases find with `power`: what `cases_needed` asks, read backwards."""
    if n <= 0:
        raise ValueError(f"n is {n}, and must be more than 0")
    return _z(confidence, power) * math.sqrt(variance / n)


def shares_needed(difference: float, differing: float, confidence: float, power: float = POWER) -> int:
    """The same for passes and fails, of which a share `differing` goes to one of the two models only.

    (z_a/2 sqrt(s) + z_b sqrt(s - d^2))^2 / d^2: R. J. Connor (1987), Biometrics 43:207-211. Raises ValueError for a
    difference of 0, or one that is larger than the share.
    """
    _check(difference, differing)
    if not abs(difference) <= differing <= 1:
        raise ValueError(f"the share that differs is {differing}, and must lie between the difference and 1")
    return math.ceil(_shares(difference, differing, confidence, power) ** 2)


def smallest_share_difference(n: int, differing: float, confidence: float, power: float = POWER) -> float:
    """The smallest true difference that `n` passes and fails find with `power`, at most 1.

    Where it is larger than the share that was seen to differ, as many cases are taken to differ as it needs.
    """
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        if _shares(middle, max(differing, middle), confidence, power) ** 2 > n:
            low = middle
        else:
            high = middle
    return high


def smallest_t_difference(se: float, df: float, confidence: float, power: float = POWER) -> float:
    """The smallest true difference that is found with `power` at a standard error: (t_a/2 + t_b) se."""
    if se == 0:
        return 0.0
    return (t_quantile(1 - tail(confidence), df) + t_quantile(power, df)) * se


def _z(confidence: float, power: float) -> float:
    if not 0 < power < 1:
        raise ValueError(f"power is {power}, and must lie between 0 and 1")
    return normal_quantile(1 - tail(confidence)) + normal_quantile(power)


def _shares(difference: float, differing: float, confidence: float, power: float) -> float:
    found = normal_quantile(1 - tail(confidence)) * math.sqrt(differing)
    found += normal_quantile(power) * math.sqrt(max(0.0, differing - difference**2))
    return found / abs(difference)


def _check(difference: float, variance: float) -> None:
    if difference == 0 or not math.isfinite(difference):
        raise ValueError(f"the difference is {difference}: no number of cases finds none")
    if variance < 0 or not math.isfinite(variance):
        raise ValueError(f"the variance is {variance}, and must be a number that is not negative")
