"""What the evidence of one step may decide, and when somebody looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollout.bench import MINUTE, Bench, config

if TYPE_CHECKING:
    from pathlib import Path


def bench(state: Path, new: float, **route: object) -> Bench:
    made = Bench(state, config(**route), quality={"old": 0.99, "new": new})
    made.begin(skip_gate="no suite yet", skip_preflight="nothing is recorded yet")
    made.run(20, 0, until=lambda document: document.state == "canary")
    return made


@pytest.mark.parametrize("maturity_s", [3, 4, 5, 6])  # the step ends at any time between two looks
def test_the_proof_of_a_step_promotes_nobody_in_the_next(tmp_path: Path, maturity_s: int) -> None:
    swap = {"steps": (40, 50), "min_units": 600, "step_minutes": 0}
    made = bench(tmp_path, 0.99, maturity_s=maturity_s, swap=swap)
    document = made.run(400, 40)
    assert document.state == "promoted"
    assert made.looks()[-1][2]["look"]["epoch"] == 2
    assert document.steps[1].epochs[0].candidate_units > 100


def test_a_clock_that_was_set_back_keeps_nobody_from_looking(tmp_path: Path) -> None:
    made = bench(tmp_path, 0.2, maturity_s=1, swap={"steps": (50,)})
    made.run(3, 4)
    document = made.document()
    assert document.looks
    assert not document.ended
    made.now -= 10 * MINUTE
    document = made.run(300, 20)
    assert document.state == "rolled_back"
