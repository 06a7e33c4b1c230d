"""The two distributions that intervals are made from: their quantiles, and the probability below a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

# scipy.stats offers the same and takes a second to import.
from scipy import special

_Function = Callable[..., float]
_NDTR = cast("_Function", special.ndtr)
_NDTRI = cast("_Function", special.ndtri)
_STDTR = cast("_Function", special.stdtr)
_STDTRIT = cast("_Function", special.stdtrit)
_GAMMAINCINV = cast("_Function", special.gammaincinv)


def normal_below(value: float) -> float:
    """The probability that a standard normal number is at most `value`."""
    return float(_NDTR(value))


def normal_quantile(probability: float) -> float:
    """The value that a standard normal number does not exceed with `probability`."""
    return float(_NDTRI(probability))


def t_below(value: float, df: float) -> float:
    """The probability that Student's t with `df` degrees of freedom, whole or not, is at most `value`."""
    return float(_STDTR(df, value))


def t_quantile(probability: float, df: float) -> float:
    """The value that Student's t with `df` degrees of freedom, whole or not, does not exceed with `probability`."""
    return float(_STDTRIT(df, probability))


def poisson_mean(count: int, probability: float) -> float:
    """How many must be expected so that at least `count` come with `probability`."""
    return float(_GAMMAINCINV(count, probability))
