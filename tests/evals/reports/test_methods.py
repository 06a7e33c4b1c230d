"""How the numbers were computed, told of what was used only."""

from __future__ import annotations

import msgspec

from ajar.evals.reports.methods import methods
from ajar.evals.result import Gate, Timing
from doubles.finished_run import decision, result, share, timing

NOTHING = Timing(metrics=[], spreads=[])


def told(*metrics: object, **more: object) -> dict[str, str]:
    made = msgspec.structs.replace(result(**more), metrics=list(metrics), tags=[])  # type: ignore[arg-type]
    return {note.what: note.how for note in methods(made, NOTHING)}


def test_only_the_methods_that_were_used() -> None:
    notes = told(share("passed", 0.9, 0.8))
    assert list(notes) == [
        "Single shares",
        "Differences of yes and no",
        "Smallest difference to be seen",
        "McNemar's test",
    ]
    clustered = told(share("passed", 0.9, 0.8, method="clustered-t", mcnemar_p=None))
    assert "Differences of means in clusters" in clustered
    assert "McNemar's test" not in clustered


def test_a_tiny_p_is_not_told_as_zero() -> None:
    assert "below 0.0001" in told(share("passed", 0.9, 0.8, mcnemar_p=1e-12))["McNemar's test"]


def test_why_a_comparison_cannot_pass() -> None:
    notes = told(share("passed", 0.9, 0.8, limited="only 7 clusters"))
    assert notes["Cannot pass: passed"] == "only 7 clusters"


def test_all_metrics_that_cannot_pass_for_one_reason_are_named() -> None:
    few = "there are 20 cases, and it takes 30"
    notes = told(share("passed", 0.9, 0.8, limited=few), share("right", 0.9, 0.8, limited=few))
    assert notes["Cannot pass: passed, right"] == few


def test_unequal_clusters_have_fewer_degrees_of_freedom() -> None:
    notes = told(share("passed", 0.9, 0.8, method="clustered-t", mcnemar_p=None))
    assert "or fewer where clusters are unequal" in notes["Differences of means in clusters"]


def test_holm_is_told_where_it_was_used() -> None:
    one = told(share("passed", 0.9, 0.8), gate=Gate(verdict="PASS", decisions=[decision()]))
    two = told(share("passed", 0.9, 0.8), gate=Gate(verdict="PASS", decisions=[decision(), decision()]))
    assert "Holm" not in one["Verdict"]
    assert "Holm" in two["Verdict"]


def test_the_timing_counts_too() -> None:
    notes = {note.what for note in methods(msgspec.structs.replace(result(), metrics=[], tags=[]), timing())}
    assert "Differences of means" in notes
