"""Tango's score interval for the difference of two paired shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ajar.evidence.distribution import normal_quantile
from ajar.evidence.given import Floats, tail

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def tango(wins: ArrayLike, losses: ArrayLike, n: ArrayLike, confidence: float) -> tuple[Floats, Floats]:
    """The interval of (wins - losses) / n, where of `n` cases only the candidate passed `wins`, the other `losses`.

    The ends are the differences at which `score` is the normal quantile, found by bisection as near as floats lie.
    Works for arrays of any shapes that fit. It never breaks down: without wins and losses it is -z^2/(n + z^2) to
    z^2/(n + z^2). T. Tango (1998), Statistics in Medicine 17:891-908. Raises ValueError for counts that are negative
    or more than `n`.
    """
    z = normal_quantile(1 - tail(confidence))
    won, lost, of = _counts(wins, losses, n)
    return -_upper(lost, won, of, z), _upper(won, lost, of, z)


def score(wins: ArrayLike, losses: ArrayLike, n: ArrayLike, difference: float) -> Floats:
    """Standard normal where the true difference is `difference`; positive where the observed one is larger.

    (wins - losses - n d) / sqrt(n (2 q + d (1 - d))), where q is the likeliest chance of a loss under that difference
    (Tango 1998, equations 8 to 10). It falls with the difference. Raises ValueError for a difference out of [-1, 1].
    """
    if not -1 <= difference <= 1:
        raise ValueError(f"the difference is {difference}, and must lie between -1 and 1")
    won, lost, of = _counts(wins, losses, n)
    surplus = won - lost - of * difference
    spread = np.sqrt(of * variance(won / of, lost / of, np.full(won.shape, difference)))
    # Where the difference leaves no room for chance: no surplus is no evidence, any other is all of it.
    certain = np.where(surplus == 0, 0.0, np.copysign(np.inf, surplus))
    return np.divide(surplus, spread, out=certain, where=spread > 0)


def variance(won: Floats, lost: Floats, difference: Floats) -> Floats:
    """Of one case's difference, for the likeliest chances of win and loss that differ by `difference`.

    `won` and `lost` are the observed shares. The chance of a loss is the larger root of 2 q^2 + B q + C = 0 with
    B = (2 - won + lost) d - won - lost and C = -lost d (1 - d). For a negative difference the arms change places, so
    that C is never positive and no digits cancel.
    """
    d = np.abs(difference)
    up, down = np.where(difference < 0, lost, won), np.where(difference < 0, won, lost)
    b = (2 - up + down) * d - up - down
    c = -down * d * (1 - d)
    root = np.sqrt(b * b - 8 * c)
    # -2c / (b + root) is the same root as (root - b) / 4, without the subtraction of equals where b is positive.
    stable = np.divide(-2 * c, b + root, out=np.zeros_like(root), where=(b > 0) & (b + root > 0))
    q = np.where(b > 0, stable, (root - b) / 4)
    return 2 * q + d * (1 - d)


def _upper(won: Floats, lost: Floats, of: Floats, z: float) -> Floats:
    """The largest difference d with won - lost - n d >= -z sqrt(n variance(d)); that side falls as d grows."""
    low, high = (won - lost) / of, np.ones_like(of)
    while True:
        middle = low + (high - low) / 2
        inside = (middle - (won - lost) / of) <= z * np.sqrt(variance(won / of, lost / of, middle) / of)
        done = (middle <= low) | (middle >= high)
        if done.all():
            return low
        low, high = np.where(inside & ~done, middle, low), np.where(~inside & ~done, middle, high)


def _counts(wins: ArrayLike, losses: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats, Floats]:
    won, lost, of = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (wins, losses, n)))
    if not ((won >= 0) & (lost >= 0) & (of >= 1) & (won + lost <= of)).all():
        raise ValueError("wins and losses must not be negative, nor more than n together, and n at least 1")
    return won, lost, of
