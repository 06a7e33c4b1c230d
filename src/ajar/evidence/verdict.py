"""Whether the candidate may take the baseline's place, as far as one comparison tells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import msgspec

from ajar.evidence import sentence
from ajar.evidence.distribution import normal_below
from ajar.evidence.interval import Reach, TInterval, room
from ajar.evidence.settle import cases_to_settle
from ajar.evidence.standard_error import SKEWED, lopsided
from ajar.evidence.tango import score

if TYPE_CHECKING:
    from ajar.evidence.comparison import Comparison
    from ajar.evidence.sentence import Unit


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict with its reason.

    `needed` is the number of cases at which this effect and spread would settle it with a chance of 80%, where it is
    not settled. `p_fail` is the one-sided p of "the candidate is worse by the margin at most", from the test that the
    interval inverts: below (1 - confidence) / 2 exactly where the verdict is FAIL.
    """

    verdict: Literal["PASS", "FAIL", "INCONCLUSIVE"]
    why: str
    needed: int | None
    p_fail: float


def decide(
    comparison: Comparison, margin: float, better: Literal["up", "down"] = "up", *, unit: Unit = "share"
) -> Ruling:
    """PASS where the interval lies on the good side of a loss of `margin`, FAIL where it lies on the bad side.

    Otherwise INCONCLUSIVE, and also where it would pass but t's interval cannot be trusted: see `Comparison.limited`
    and `Comparison.skew`. `margin` is in the metric's own unit; `unit` is for the words. Raises ValueError for a margin
    that is negative or not finite.
    """
    if not (math.isfinite(margin) and margin >= 0):
        raise ValueError(f"margin is {margin}, and must be a number of at least 0")
    found = comparison if better == "up" else _mirrored(comparison)
    p_fail = _p_fail(found, margin)
    if found.n and found.high < -margin:
        return Ruling(verdict="FAIL", why=sentence.failed(found.high, margin, unit), needed=None, p_fail=p_fail)
    worst = _worst(found)
    if found.limited is None and worst is not None and worst > -margin:
        return Ruling(verdict="PASS", why=sentence.passed(found.low, margin, unit), needed=None, p_fail=p_fail)
    if found.limited is not None:
        why = sentence.refused(found.limited)
    elif found.low <= -margin:
        why = sentence.inconclusive(found.low, found.high, margin, unit)
    else:
        why = sentence.lopsided(worst, margin, unit)
    needed = cases_to_settle(found, margin)
    if needed is not None:
        why += f"; {sentence.cases(needed)}"
    elif found.limited is None:
        why += "; the difference seen is the margin itself, which no number of cases would settle"
    return Ruling(verdict="INCONCLUSIVE", why=why, needed=needed, p_fail=p_fail)


def _worst(found: Comparison) -> float | None:
    """The lower limit that a PASS rests on; None where a long tail leaves it unknown."""
    if found.method == "tango" or found.skew >= -SKEWED or (found.reach and found.reach.low > 0):
        return found.low
    if lopsided(found.skew, found.clusters):
        return None
    return found.low - room(found.se or 0.0, found.df or 1.0, found.skew, found.confidence)


def _p_fail(found: Comparison, margin: float) -> float:
    if found.n == 0:
        return 1.0
    if found.method == "tango":
        return normal_below(float(score(found.wins, found.losses, found.n, max(-1.0, -margin))))
    family = TInterval(mean=found.difference, se=found.se or 0.0, df=found.df or 0.0, reach=found.reach or Reach())
    return family.p_at_least(-margin)


def _mirrored(found: Comparison) -> Comparison:
    """The same comparison of a metric of which less is better, as if more were."""
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
