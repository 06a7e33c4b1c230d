"""What befalls so few cases, or clusters of them, that the sample may well hold none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ajar.evidence.given import tail

if TYPE_CHECKING:
    from ajar.evidence.comparison import Comparison
    from ajar.evidence.stray import Stray

TIMES = 30
"""How much farther than they seem to, few strays may move the mean: found by simulation (docs/statistics.md)."""


def often(units: float, confidence: float) -> float:
    """How often, at most, what none of so many independent cases or clusters showed may happen: see `Reach`."""
    return min(1.0, -math.log(tail(confidence)) / units)


def strayed(stray: Stray) -> float:
    """How far cases like these may move the mean, where they are too few to tell; 0 where there are enough or none."""
    return TIMES * stray.moved if stray.few else 0.0


def worst(found: Comparison) -> float | None:
    """Where the difference would be if it happens so often, and loses all that it can; None where that is not asked.

    It is not asked of passes and fails, whose interval holds it already. With clusters it befalls whole ones: they
    count, not their cases, and unequal ones as fewer equal ones. Without ends of the scale, what a few strays show
    stands for all that can be lost.
    """
    if found.method == "tango":
        return None
    if found.width is not None:
        return (
            found.difference - (found.difference + found.width) * often(found.units, found.confidence)
            if found.units
            else None
        )
    if found.strays is None or not found.strays.low.few:
        return None
    return found.difference - strayed(found.strays.low)
