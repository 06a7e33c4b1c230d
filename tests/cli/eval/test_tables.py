"""What of a run stands on the terminal."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ajar.cli.eval.tables import show
from ajar.evals.folder import Folder
from ajar.evals.result import Gate, Result
from doubles.finished_run import arm, decision, result, timing


def shown(made: Result, capsys: pytest.CaptureFixture[str]) -> str:
    show(Folder(Path("r")), made, timing())
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("target", "deployments", "told"),
    [
        ("new", {"new": 563, "old": 37}, "candidate: answered by new (563), old (37)\n"),
        ("deployment:new", {"old": 600}, "candidate: answered by old (600)\n"),
        ("route", {"new": 600}, "candidate: answered by new (600)\n"),
        ("new", {"new": 600}, None),
        ("deployment:new", {"new": 600}, None),
        ("gpt", {}, None),
    ],
)
def test_who_answered_where_it_is_not_just_what_was_asked(
    capsys: pytest.CaptureFixture[str], target: str, deployments: dict[str, int], told: str | None
) -> None:
    quiet = msgspec.structs.replace(arm("local", {}), deployments={})
    loud = msgspec.structs.replace(arm(target, {}), deployments=deployments)
    out = shown(msgspec.structs.replace(result(), arms={"candidate": loud, "baseline": quiet}), capsys)
    assert (told or "answered by") in out if told else "answered by" not in out


def test_a_margin_reads_the_same_wherever_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    decisions = [decision(why="so"), decision(metric="latency_ms", margin=50.0, why="so")]
    out = shown(result(gate=Gate(verdict="PASS", decisions=decisions)), capsys)
    assert "triage · passed, margin of 3 points: so" in out
    assert "triage · latency_ms, margin of 50 ms: so" in out


def test_one_case_is_one_case(capsys: pytest.CaptureFixture[str]) -> None:
    made = msgspec.structs.replace(result(), about=msgspec.structs.replace(result().about, cases=1))
    assert "1 case; intervals" in shown(made, capsys)
