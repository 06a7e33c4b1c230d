"""Cases that lie farther out than the other side's: they tell of a long tail, and a few of them tell little of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ajar.evidence.standard_error import FEW, grouped

if TYPE_CHECKING:
    from ajar.evidence.given import Floats, Labels


class Stray(msgspec.Struct, frozen=True):
    """How many cases (or clusters) stray to one side, and how far that moves the mean."""

    count: int = 0
    moved: float = 0.0

    @property
    def few(self) -> bool:
        """Whether there are some, and too few to tell how often such cases come and how far they stray."""
        return 0 < self.count < FEW


class Strays(msgspec.Struct, frozen=True):
    """Those on either side."""

    low: Stray = Stray()
    high: Stray = Stray()


def strays(values: Floats, clusters: Labels | None = None) -> Strays:
    """Of cases, or the means of clusters: those that are farther from the median than the other side reaches.

    The other side reaches as far as its second-farthest: its farthest may be a stray itself. What is as wide on both
    sides has one stray or two, and they move the mean by little.
    """
    sizes, totals = grouped(values, clusters)
    means = totals / sizes
    count, ordered = len(means), np.sort(means)
    if count < 2:
        return Strays()
    middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return Strays(
        low=_beyond(middle - means, ordered[-2] - middle, sizes),
        high=_beyond(means - middle, middle - ordered[1], sizes),
    )


def _beyond(apart: Floats, reach: float, sizes: Floats) -> Stray:
    excess = np.maximum(apart - max(0.0, reach), 0.0)
    return Stray(int(np.count_nonzero(excess)), float(excess @ sizes / sizes.sum()))
