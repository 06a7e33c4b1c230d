"""How many cases would settle a comparison that is inconclusive."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ajar.evidence.compare import LEAST_CASES, LEAST_CLUSTERS, LEAST_ENDLESS, LEAST_SINGLE
from ajar.evidence.distribution import normal_quantile, t_quantile
from ajar.evidence.given import tail
from ajar.evidence.interval import Reach, room
from ajar.evidence.power import POWER
from ajar.evidence.standard_error import FEW, SKEWED, lopsided
from ajar.evidence.tango import variance

if TYPE_CHECKING:
    from ajar.evidence.comparison import Comparison


def cases_to_settle(found: Comparison, margin: float) -> int | None:
    """The cases with which the effect and spread of `found` would pass or fail `margin` with a chance of 80% or more.

    More is better. None where none would: the effect is the margin or so near that it takes 10^12 cases, or all
    differences are the same and the metric's scale has no ends. With clusters, as many more of them as of cases.
    """
    distance = found.difference + margin
    alike = too_alike(found)
    if found.n == 0 or distance == 0 or (alike and not found.apart):
        return None
    if distance < 0:
        found = mirrored(found)
    passing = distance > 0
    if found.method == "tango":
        root, least = _shares(found, margin if passing else -margin) / abs(distance), LEAST_SINGLE
    else:
        root = _mean(found, abs(distance), passing=passing)
        least = LEAST_CASES if found.width is not None else LEAST_ENDLESS
    if root > 1e6:
        return None
    cases = root**2
    if passing:
        cases = max(cases, least)
        if found.clusters is not None:
            cases = max(cases, found.n * LEAST_CLUSTERS / found.clusters)
    if alike and found.apart:
        cases = max(cases, found.n * FEW / found.apart)
    if lopsided(found.skew, found.clusters) and found.width is None:
        cases = max(cases, found.n * (found.skew / SKEWED) ** 2)
    return max(math.ceil(cases), found.n + 1)


def too_alike(found: Comparison) -> bool:
    """Whether so few differences are not the same, on a scale without ends, that nothing is known of their spread."""
    return found.method != "tango" and found.width is None and (found.apart or 0) < FEW


def mirrored(found: Comparison) -> Comparison:
    """The same comparison with the arms in each other's place."""
    return msgspec.structs.replace(
        found,
        difference=-found.difference,
        low=-found.high,
        high=-found.low,
        wins=found.losses,
        losses=found.wins,
        skew=-found.skew,
        reach=None if found.reach is None else Reach(found.reach.high, found.reach.low),
    )


def _shares(found: Comparison, margin: float) -> float:
    """z_a/2 s0 + z_b s1: s0 is the spread that Tango's test supposes at the margin, s1 the one seen."""
    won, lost = found.wins / found.n, found.losses / found.n
    supposed = variance(np.array([won]), np.array([lost]), np.array([max(-1.0, min(1.0, -margin))]))
    seen = max(0.0, won + lost - found.difference**2)
    return normal_quantile(1 - tail(found.confidence)) * math.sqrt(supposed[0]) + normal_quantile(POWER) * math.sqrt(
        seen
    )


def _mean(found: Comparison, distance: float, *, passing: bool) -> float:
    """The root of the n at which (z_a/2 + z_b) se and what is unseen add up to the distance."""
    beyond = tail(found.confidence)
    se, power = found.se or 0.0, normal_quantile(POWER)
    unseen = (found.reach or Reach()).low * -math.log(beyond)
    if found.skew < -SKEWED and not unseen:
        unseen = room(se, t_quantile(1 - beyond, found.df or 1.0), found.skew)
    root = _root(found.n, (normal_quantile(1 - beyond) + power) * se, unseen, distance)
    if passing and found.method == "t" and found.width is not None:
        # A PASS also asks that what no case showed, if it loses all, stays within the margin.
        root = max(
            root, _root(found.n, power * se, (found.difference + found.width) * -math.log(beyond) / found.n, distance)
        )
    return root


def _root(n: int, spread: float, unseen: float, distance: float) -> float:
    """Of the cases at which both, as they are at `n`, add up to the distance."""
    # The first falls with x = sqrt(n / cases), the other with x^2: solved without dividing by it, which may be 0.
    return math.sqrt(n) * (spread + math.sqrt(spread**2 + 4 * unseen * distance)) / (2 * distance)
