"""How many cases would settle a comparison that is inconclusive."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ajar.evidence import unseen
from ajar.evidence.compare import LEAST_CASES, LEAST_CLUSTERS, LEAST_ENDLESS, LEAST_SINGLE
from ajar.evidence.distribution import normal_quantile, poisson_mean, t_quantile
from ajar.evidence.given import tail
from ajar.evidence.interval import Reach, room
from ajar.evidence.power import POWER
from ajar.evidence.standard_error import FEW, LOPSIDED, SKEWED, lopsided
from ajar.evidence.stray import Stray, Strays
from ajar.evidence.tango import variance

if TYPE_CHECKING:
    from ajar.evidence.comparison import Comparison

_SURE = 1.15
"""How far below its limit the skew of clusters should be: with no room to it, half of the runs would have more."""


def cases_to_settle(found: Comparison, margin: float) -> int | None:
    """The cases with which the effect and spread of `found` would pass or fail `margin` with a chance of 80% or more.

    More is better. None where none would: the effect is the margin or so near that it takes 10^12 cases, or all
    differences are the same and the metric's scale has no ends. With clusters, as many more of them as of cases.
    """
    cases = cases_at(found, margin)
    return None if cases is None else max(math.ceil(cases), found.n + 1)


def cases_at(found: Comparison, margin: float, power: float = POWER) -> float | None:
    """The same with another chance, and even where `found` has more cases than that."""
    distance = found.difference + margin
    if found.n == 0 or distance == 0 or (too_alike(found) and not found.apart and spreadless(found)):
        return None
    if distance < 0:
        found = mirrored(found)
    passing = distance > 0
    if found.method == "tango":
        root = _shares(found, margin if passing else -margin, power) / abs(distance)
    else:
        root = _mean(found, abs(distance), power, passing=passing)
    if root > 1e6:
        return None
    cases = max(root**2, shown(found, power))
    if not passing:
        return cases
    stray = found.strays.low if found.strays is not None else Stray()
    # Until there are enough of them, they may take up all the distance.
    return max(cases, least(found), met(stray, found.n, power) if 0 < distance <= unseen.strayed(stray) else 0)


def least(found: Comparison) -> float:
    """The cases without which nothing like `found` can pass."""
    if found.method == "tango":
        return LEAST_SINGLE
    cases, clusters = (LEAST_CASES, LEAST_CLUSTERS) if found.width is not None else (LEAST_ENDLESS, LEAST_ENDLESS)
    return cases if found.clusters is None else max(cases, clusters * found.n / found.clusters)


def clusters_of(found: Comparison, cases: int) -> int | None:
    """In how many clusters so many cases would come; None where there are none."""
    return None if found.clusters is None else math.ceil(cases * found.clusters / found.n)


def too_alike(found: Comparison) -> bool:
    """Whether so few differences are not the same, on a scale without ends, that nothing is known of their spread.

    It is known of 600 and more that are all the same.
    """
    if found.method == "tango" or found.width is not None or (found.apart or 0) >= FEW:
        return False
    # Where none differs at all, so many say as much of what was not seen as they do where all differ.
    return bool(found.se) or (found.clusters or found.n) < LEAST_ENDLESS


def spreadless(found: Comparison) -> bool:
    """Whether nothing stands in for the spread that its cases do not have: no scale, and no values that are apart."""
    return not found.se and (found.reach is None or (found.se is None and found.width is None))


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
        strays=None if found.strays is None else Strays(found.strays.high, found.strays.low),
    )


def shown(found: Comparison, power: float = POWER) -> float:
    """The cases that show enough of a spread on a scale without ends, if they are like those of `found`."""
    if found.method == "tango" or found.width is not None:
        return 0.0
    cases = 0.0
    if too_alike(found):
        cases = found.n * poisson_mean(FEW, power) / found.apart if found.apart else least(found)
    if found.skew >= 0:
        return cases
    if found.clusters is not None:
        return max(cases, found.n * (found.skew / SKEWED * _SURE) ** 2) if found.skew < -SKEWED else cases
    limit = SKEWED if lopsided(found.skew, found.clusters) else LOPSIDED
    return max(cases, found.n * (found.skew / limit) ** 2)


def met(stray: Stray, n: int, power: float = POWER) -> float:
    """The cases among which there are enough strays, of which `n` cases have a few."""
    return n * poisson_mean(FEW, power) / stray.count


def _shares(found: Comparison, margin: float, power: float) -> float:
    """z_a/2 s0 + z_b s1: s0 is the spread that Tango's test supposes at the margin, s1 the one seen."""
    won, lost = found.wins / found.n, found.losses / found.n
    supposed = variance(np.array([won]), np.array([lost]), np.array([max(-1.0, min(1.0, -margin))]))
    seen = max(0.0, won + lost - found.difference**2)
    return normal_quantile(1 - tail(found.confidence)) * math.sqrt(supposed[0]) + normal_quantile(power) * math.sqrt(
        seen
    )


def _mean(found: Comparison, distance: float, power: float, *, passing: bool) -> float:
    """The root of the n at which (z_a/2 + z_b) se and what is unseen add up to the distance."""
    beyond = tail(found.confidence)
    se, chance = found.se or 0.0, normal_quantile(power)
    longer = (found.reach or Reach()).low * -math.log(beyond)
    if found.skew < -SKEWED and not longer:
        longer = room(se, t_quantile(1 - beyond, found.df or 1.0), found.skew)
    root = _root(found.n, (normal_quantile(1 - beyond) + chance) * se, longer, distance)
    if passing and found.width is not None and found.units:
        # A PASS also asks that what the sample did not show, if it loses all, stays within the margin.
        hidden = (found.difference + found.width) * -math.log(beyond) / found.units
        root = max(root, _root(found.n, chance * se, hidden, distance))
    return root


def _root(n: int, spread: float, unseen: float, distance: float) -> float:
    """Of the cases at which both, as they are at `n`, add up to the distance."""
    # The first falls with x = sqrt(n / cases), the other with x^2: solved without dividing by it, which may be 0.
    return math.sqrt(n) * (spread + math.sqrt(spread**2 + 4 * unseen * distance)) / (2 * distance)
