"""Where a function of one number is zero, and where it is lowest: for functions that are simple on the interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_GOLDEN = (math.sqrt(5) - 1) / 2


def root(of: Callable[[float], float], low: float, high: float) -> float:
    """Where `of`, which is of one sign at `low` and of the other at `high`, changes it: as near as floats lie."""
    rising = of(low) < 0
    while low < (middle := low + (high - low) / 2) < high:
        if (of(middle) < 0) == rising:
            low = middle
        else:
            high = middle
    return middle


def lowest(of: Callable[[float], float], low: float, high: float) -> float:
    """Where `of`, which falls and then rises, is lowest: within 1e-9 of the interval."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = of(left), of(right)
    for _ in range(44):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = of(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = of(right)
    return (low + high) / 2
