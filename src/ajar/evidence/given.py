"""Numbers as a caller gives them: made into arrays, or refused by name."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = Sequence[float] | Floats
Labels = Sequence[int] | NDArray[np.int_]
GREATEST = 1e100
"""Beyond it, squares and cubes have no place among the floats."""
Bounds = tuple[float, float]
"""The least and the greatest value that a metric can take."""


def numbers(name: str, given: Numbers, bounds: Bounds | None = None) -> Floats:
    """`given` as an array. Raises ValueError where one is not finite, beyond 1e100, or lies outside of `bounds`."""
    values = np.asarray(given, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"{name} must be one row of numbers, and has the shape {values.shape}")
    wrong = ~(np.abs(values) <= GREATEST)
    if bounds is not None:
        low, high = bounds
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"bounds must be two finite numbers, the smaller first, and are {bounds}")
        wrong |= (values < low) | (values > high)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        asked = f"finite and at most {GREATEST:g} in size" if bounds is None else f"from {bounds[0]:g} to {bounds[1]:g}"
        raise ValueError(f"{name}[{at}] is {values[at]}, and must be {asked}")
    return values


def labels(given: Labels, count: int) -> NDArray[np.intp]:
    """Cluster labels as numbers from 0 without gaps. Raises ValueError unless there is one for each case."""
    _, found = np.unique(np.asarray(given), return_inverse=True)
    if found.shape != (count,):
        raise ValueError(f"clusters must name one cluster for each of the {count} cases, and has {found.size}")
    return found


def tail(confidence: float) -> float:
    """The probability left on each side of a two-sided interval. Raises ValueError unless `confidence` is in (0, 1)."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}, and must lie between 0 and 1")
    return (1 - confidence) / 2
