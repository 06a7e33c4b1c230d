"""Whether the candidate may take the baseline's place, as far as one comparison tells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import msgspec

from ajar.evidence import sentence, unseen
from ajar.evidence.distribution import normal_below, t_quantile
from ajar.evidence.given import tail
from ajar.evidence.interval import Reach, TInterval, room
from ajar.evidence.settle import cases_to_settle, clusters_of, mirrored, too_alike
from ajar.evidence.standard_error import FEW, SKEWED, lopsided
from ajar.evidence.tango import score

if TYPE_CHECKING:
    from ajar.evidence.comparison import Comparison
    from ajar.evidence.sentence import Unit


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict with its reason.

    `needed` is the number of cases at which this effect and spread would settle it with a chance of at least about
    80%, where it is not settled. `p_fail` is the one-sided p of "the candidate is worse by the margin at most", from
    the test that the interval inverts: below (1 - confidence) / 2 exactly where the verdict is FAIL, and 1 where
    nothing could fail.
    """

    verdict: Literal["PASS", "FAIL", "INCONCLUSIVE"]
    why: str
    needed: int | None
    p_fail: float


def decide(
    comparison: Comparison, margin: float, better: Literal["up", "down"] = "up", *, unit: Unit = "share"
) -> Ruling:
    """PASS where the interval lies on the good side of a loss of `margin`, FAIL where it lies on the bad side.

    Otherwise INCONCLUSIVE, and also where t's interval cannot be trusted to tell: see `Comparison.limited`, `apart` and
    `skew`, and `unseen.worst`. `margin` is in the metric's own unit; `unit` is for the words. Raises ValueError for a
    margin that is negative or not finite.
    """
    if not (math.isfinite(margin) and margin >= 0):
        raise ValueError(f"margin is {margin}, and must be a number of at least 0")
    found = comparison if better == "up" else mirrored(comparison)
    worst, best = _worst(found), _best(found)
    p_fail = 1.0 if best is None else _p_fail(found, margin)
    if best is not None and best < -margin:
        return Ruling(verdict="FAIL", why=sentence.failed(best, margin, unit), needed=None, p_fail=p_fail)
    if found.limited is None and worst is not None and worst > -margin:
        return Ruling(verdict="PASS", why=sentence.passed(worst, margin, unit), needed=None, p_fail=p_fail)
    why = _open(found, worst, best, margin, unit)
    needed = cases_to_settle(found, margin)
    if needed is not None:
        why += f"; {sentence.cases(needed, clusters_of(found, needed))}"
    elif found.limited is None:
        why += "; the difference seen is the margin itself, which no number of cases would settle"
    return Ruling(verdict="INCONCLUSIVE", why=why, needed=needed, p_fail=p_fail)


def cases_to_fail(
    comparison: Comparison, margin: float, better: Literal["up", "down"] = "up", *, tests: float
) -> int | None:
    """The cases at which this effect and spread would FAIL as one of `tests`, with a chance of at least about 80%.

    For a FAIL that a correction took back: `tests` is what its p was multiplied by, at most the number of all tests.
    None where no number of cases would fail.
    """
    found = comparison if better == "up" else mirrored(comparison)
    if found.difference >= -margin:
        return None
    stricter = 1 - (1 - found.confidence) / tests
    return cases_to_settle(msgspec.structs.replace(found, confidence=stricter), margin)


def _open(found: Comparison, worst: float | None, best: float | None, margin: float, unit: Unit) -> str:
    """Why it is neither."""
    if found.high < -margin:
        if too_alike(found):
            return sentence.unknown(_alike(found))
        return sentence.lopsided(best, margin, unit, better=True)
    if found.limited is not None and found.difference >= -margin:
        return sentence.refused(found.limited)
    if found.low <= -margin:
        return sentence.inconclusive(found.low, found.high, margin, unit)
    if worst is not None and worst == unseen.worst(found):
        clustered = found.clusters is not None
        if found.strays is not None:
            return sentence.stray(worst, found.strays.low.count, margin, unit, clustered=clustered)
        return sentence.unseen(worst, found.clusters or found.n, margin, unit, clustered=clustered)
    return sentence.lopsided(worst, margin, unit)


def _alike(found: Comparison) -> str:
    """Why nothing is known of the spread."""
    count, noun = (found.n, "case") if found.clusters is None else (found.clusters, "cluster")
    return sentence.too_few(count, noun, FEW + 1) if count <= FEW else sentence.alike(found.apart or 0, noun)


def _worst(found: Comparison) -> float | None:
    """The lower limit that a PASS rests on; None where a long tail leaves it unknown."""
    low, hidden = _lower(found), unseen.worst(found)
    return low if low is None or hidden is None else min(low, hidden)


def _best(found: Comparison) -> float | None:
    """The upper limit that a FAIL rests on; None where nothing is known of it."""
    if found.n == 0 or too_alike(found):
        return None
    low = _lower(mirrored(found))
    return None if low is None else -low


def _lower(found: Comparison) -> float | None:
    """The interval's lower end, with more room below for a long tail; None where that leaves it unknown."""
    if found.method == "tango" or found.skew >= -SKEWED or (found.reach and found.reach.low > 0):
        return found.low
    if lopsided(found.skew, found.clusters):
        return None
    quantile = t_quantile(1 - tail(found.confidence), found.df or 1.0)
    return found.low - room(found.se or 0.0, quantile, found.skew)


def _p_fail(found: Comparison, margin: float) -> float:
    if found.method == "tango":
        return normal_below(float(score(found.wins, found.losses, found.n, max(-1.0, -margin))))
    reach = found.reach or Reach()
    family = TInterval(
        mean=found.difference,
        se=found.se or 0.0,
        df=found.df or 0.0,
        reach=reach,
        tail=found.skew if found.skew > SKEWED and not reach.high else 0.0,
    )
    return family.p_at_least(-margin)
