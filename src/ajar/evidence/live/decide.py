"""What to do next with a candidate, by what a trial shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from ajar.evidence.live.look import Look, Standing


class Decision(msgspec.Struct, frozen=True):
    """What to do, and why in a sentence. `stop` means that nothing can be told: the trial itself is broken."""

    kind: Literal["hold", "advance", "promote", "roll_back", "stop"]
    why: str


def decide(look: Look, *, last: bool, dose_done: bool) -> Decision:
    """The one thing to do, from the evidence alone but for the step: whether it is the `last`, and has had its dose.

    Harm comes before proof: a candidate that is surely worse on one measure is rolled back, whatever else is proven,
    and so is one that is worse by less than the margin, where both can be shown. Promotion is for the last step, where
    the primary measure and each guard with a margin are proven at the full level: all of them are needed, so that no
    level has to be shared.
    """
    if look.sample_ratio.mismatch:
        return Decision("stop", _mismatch(look))
    harmful = [each for each in look.standings if each.harmful]
    if harmful:
        return Decision("roll_back", "; ".join(_harm(each) for each in harmful))
    if not last:
        if dose_done:
            units = f"{look.candidate_units:,} units of the candidate"
            return Decision("advance", f"{units} at {look.percent:g}% show no harm ({_evidence(look)})")
        return Decision("hold", f"this step has not had all of its units and time yet ({_evidence(look)})")
    asked = [each for each in look.standings if each.promote_at is not None]
    if not any(each.role == "primary" for each in asked):
        return Decision("hold", "nothing can be proven: there is no primary measure with a margin")
    unproven = [each for each in asked if not each.proven]
    if unproven:
        return Decision("hold", f"not proven yet: {'; '.join(_proof(each) for each in unproven)}")
    return Decision("promote", f"proven not to be worse by the margin: {'; '.join(_proof(each) for each in asked)}")


def _mismatch(look: Look) -> str:
    found = look.sample_ratio
    units = f"{found.candidate:,} of {found.candidate + found.control:,} units went to the candidate"
    meant = f"where {look.percent:g}% were meant (p = {found.p_value:.2g})"
    return f"{units}, {meant}: assignment or records are broken, and nothing can be compared"


def _harm(standing: Standing) -> str:
    e, at = _amount(standing.rollback_e), _amount(standing.rollback_at)
    return f"{_means(standing)}; the evidence that it is worse reached {at} (now {e})"


def _proof(standing: Standing) -> str:
    return f"{_means(standing)}, evidence {_amount(standing.promote_e)} of {_amount(standing.promote_at)}"


def _evidence(look: Look) -> str:
    found = [
        f"{each.name} {_amount(each.rollback_e)} of {_amount(each.rollback_at)}"
        for each in look.standings
        if each.rollback_at
    ]
    return "evidence of harm: " + ", ".join(found) if found else "nothing is looked at that could show harm"


def _amount(e: float | None) -> str:
    """Evidence for people: no powers of ten."""
    if e is None:
        return "none"
    if e < 0.001:
        return "< 0.001"
    if e >= 1000:
        return "> 1,000,000" if e > 1e6 else f"{e:,.0f}"
    return f"{e:.4g}"


def _means(standing: Standing) -> str:
    """The two arms beside each other, in the words of the measure's kind."""
    name, control, candidate = standing.name, standing.control_mean, standing.candidate_mean
    if control is None or candidate is None:
        return f"{name} has too few units for a mean"
    units = f"({standing.candidate_n:,} and {standing.control_n:,} units)"
    if standing.kind == "bounded":
        points = f"{100 * candidate:.1f} of 100 points for the candidate, {100 * control:.1f} for the control"
        return f"{name}: {points} {units}"
    of = f"quantile {standing.quantile:g}" if standing.quantile is not None else "mean"
    return f"{name}: a {of} of {candidate:.4g} for the candidate, {control:.4g} for the control {units}"
