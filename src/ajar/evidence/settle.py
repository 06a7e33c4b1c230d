"""How many cases would settle a comparison that is inconclusive."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ajar.evidence.compare import LEAST_CASES, LEAST_CLUSTERS, LEAST_SINGLE
from ajar.evidence.distribution import normal_quantile
from ajar.evidence.given import tail
from ajar.evidence.interval import Reach, room
from ajar.evidence.power import POWER
from ajar.evidence.standard_error import FEW, SKEWED, lopsided
from ajar.evidence.tango import variance

if TYPE_CHECKING:
    from ajar.evidence.comparison import Comparison


def cases_to_settle(found: Comparison, margin: float) -> int | None:
    """The cases with which the effect and spread of `found` would pass or fail `margin` with a chance of 80%.

    None where none would: the effect is the margin or so near that it takes 10^12 cases, or no case differs and the
    metric's scale is unknown. With clusters, as many more of them as of cases.
    """
    distance = found.difference + margin
    differing = found.n - found.ties
    few = distance > 0 and found.method != "tango" and not found.bounded and differing < FEW
    if found.n == 0 or distance == 0 or (few and differing == 0):
        return None
    if found.method == "tango":
        root, least = _shares(found, margin) / abs(distance), LEAST_SINGLE
    else:
        root, least = _mean(found, distance), LEAST_CASES
    if root > 1e6:
        return None
    cases = root**2
    if distance > 0:
        cases = max(cases, least)
        if found.clusters is not None:
            cases = max(cases, found.n * LEAST_CLUSTERS / found.clusters)
        if few:
            cases = max(cases, found.n * FEW / differing)
        if lopsided(found.skew, found.clusters) and not found.bounded:
            cases = max(cases, found.n * (found.skew / SKEWED) ** 2)
    return max(math.ceil(cases), found.n + 1)


def _shares(found: Comparison, margin: float) -> float:
    """z_a/2 s0 + z_b s1: s0 is the spread that Tango's test supposes at the margin, s1 the one seen."""
    won, lost = found.wins / found.n, found.losses / found.n
    supposed = variance(np.array([won]), np.array([lost]), np.array([-min(margin, 1.0)]))
    seen = max(0.0, won + lost - found.difference**2)
    return normal_quantile(1 - tail(found.confidence)) * math.sqrt(supposed[0]) + _beta() * math.sqrt(seen)


def _mean(found: Comparison, distance: float) -> float:
    """The root of the n at which (z_a/2 + z_b) se and what is unseen add up to the distance."""
    beyond = tail(found.confidence)
    spread = (normal_quantile(1 - beyond) + _beta()) * (found.se or 0.0)
    reach = found.reach or Reach()
    unseen = (reach.low if distance > 0 else reach.high) * -math.log(beyond)
    if distance > 0 and found.skew < -SKEWED and not unseen:
        unseen = room(found.se or 0.0, found.df or 1.0, found.skew, found.confidence)
    # The first falls with x = sqrt(found.n / n), the other with x^2: solved without dividing by it, which may be 0.
    root = math.sqrt(spread**2 + 4 * unseen * abs(distance))
    return math.sqrt(found.n) * (spread + root) / (2 * abs(distance))


def _beta() -> float:
    return normal_quantile(POWER)
