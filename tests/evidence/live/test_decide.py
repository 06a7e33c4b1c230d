"""What is done with a candidate."""

from __future__ import annotations

import msgspec
import pytest

from ajar.evidence.live.decide import decide
from ajar.evidence.live.look import Look, Ratio, Standing

SOLVED = Standing(
    name="solved",
    role="primary",
    kind="bounded",
    control_n=4000,
    candidate_n=210,
    control_mean=0.951,
    candidate_mean=0.949,
    rollback_e=0.42,
    rollback_at=40,
    promote_e=3.1,
    promote_at=20,
)
COST = Standing(
    name="cost",
    role="guard",
    kind="mean",
    control_n=4000,
    candidate_n=210,
    control_mean=0.0123,
    candidate_mean=0.0101,
    rollback_e=0.1,
    rollback_at=40,
    promote_e=500.0,
    promote_at=20,
    proven=True,
)
SHOWN = Standing(name="tokens", role="guard", kind="mean", control_n=0, candidate_n=0)
REPLACE = msgspec.structs.replace
PROVEN = REPLACE(SOLVED, promote_e=21.0, proven=True)
HARMFUL = REPLACE(SOLVED, rollback_e=38.0, harmful=True)


def look(*standings: Standing, mismatch: bool = False) -> Look:
    return Look(
        epoch=2,
        percent=5,
        control_units=4000,
        candidate_units=210,
        candidate_units_ever=260,
        sample_ratio=Ratio(control=4000, candidate=210, p_value=0.0004 if mismatch else 0.9, mismatch=mismatch),
        standings=standings,
    )


@pytest.mark.parametrize(
    ("standings", "last", "dose_done", "kind"),
    [
        ([SOLVED, COST], False, False, "hold"),
        ([SOLVED, COST], False, True, "advance"),
        # Only the last step promotes, and a dose alone never does.
        ([PROVEN, COST], False, True, "advance"),
        ([SOLVED, COST], True, True, "hold"),
        ([PROVEN, COST, SHOWN], True, False, "promote"),
        ([PROVEN], True, False, "promote"),
        # Every guard with a margin is needed.
        ([PROVEN, REPLACE(COST, proven=False)], True, True, "hold"),
        ([HARMFUL, COST], False, False, "roll_back"),
        ([PROVEN, REPLACE(COST, harmful=True)], True, True, "roll_back"),
        # Both at once: back.
        ([REPLACE(PROVEN, harmful=True)], True, True, "roll_back"),
        # Without a margin on the primary nothing can be proven, but harm can.
        ([REPLACE(SOLVED, promote_e=None, promote_at=None), COST], True, True, "hold"),
        ([COST], True, True, "hold"),
        ([SHOWN], False, True, "advance"),
        ([], True, True, "hold"),
    ],
)
def test_what_is_done(standings: list[Standing], last: bool, dose_done: bool, kind: str) -> None:
    assert decide(look(*standings), last=last, dose_done=dose_done).kind == kind


@pytest.mark.parametrize("standings", [[HARMFUL, COST], [PROVEN, COST]])
def test_a_broken_assignment_stops_whatever_is_found(standings: list[Standing]) -> None:
    found = decide(look(*standings, mismatch=True), last=True, dose_done=True)
    assert found.kind == "stop"
    assert found.why == (
        "210 of 4,210 units went to the candidate, where 5% were meant (p = 0.0004): assignment or records are broken, "
        "and nothing can be compared"
    )


def test_reasons_carry_the_numbers() -> None:
    assert decide(look(HARMFUL), last=False, dose_done=False).why == (
        "solved: 94.9 of 100 points for the candidate, 95.1 for the control (210 and 4,000 units); the evidence that "
        "it is worse reached 40 (now 38)"
    )
    slow = REPLACE(COST, name="slow", kind="quantile", quantile=0.95, harmful=True, rollback_e=99.0)
    assert decide(look(SOLVED, slow), last=False, dose_done=False).why == (
        "slow: a quantile 0.95 of 0.0101 for the candidate, 0.0123 for the control (210 and 4,000 units); the evidence "
        "that it is worse reached 40 (now 99)"
    )
    assert decide(look(PROVEN, COST), last=True, dose_done=True).why == (
        "proven not to be worse by the margin: solved: 94.9 of 100 points for the candidate, 95.1 for the control (210 "
        "and 4,000 units), evidence 21 of 20; cost: a mean of 0.0101 for the candidate, 0.0123 for the control (210 "
        "and 4,000 units), evidence 500 of 20"
    )
    assert decide(look(SOLVED, SHOWN), last=False, dose_done=True).why == (
        "210 units of the candidate at 5% show no harm (evidence of harm: solved 0.42 of 40)"
    )
    assert "nothing is looked at" in decide(look(SHOWN), last=False, dose_done=False).why
    none = REPLACE(SOLVED, control_mean=None, candidate_mean=None)
    assert "solved has too few units for a mean" in decide(look(none), last=True, dose_done=False).why
