"""Gate files: what they say, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ajar.errors import ConfigError
from ajar.evals.gate.demand import Demand
from ajar.evals.gate.file import load


def write(folder: Path, text: str) -> Path:
    path = folder / "gate.yaml"
    path.write_text(text)
    return path


def test_a_gate(tmp_path: Path) -> None:
    text = (
        "gate: g\non: new\nsuites:\n  - suite: a/near.yaml\n    margins: {passed: 3%, x.y: 0.01}\n  - suite: far.yaml\n"
    )
    plan = load(write(tmp_path, text))
    assert (plan.name, plan.on, plan.against) == ("g", "new", None)
    (near, demands), (far, default) = plan.parts
    assert (near, far) == (tmp_path / "a/near.yaml", tmp_path / "far.yaml")
    assert demands == (
        Demand(suite="a/near.yaml", metric="passed", margin=0.03),
        Demand(suite="a/near.yaml", metric="x.y", margin=0.01),
    )
    assert default == (Demand(suite="far.yaml", metric="passed", margin=0.0),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gate: g\nsuits: []\n", "gate.yaml:2: `suits`: unknown key; did you mean `suites`?"),
        ("gate: g\nsuites: []\n", "gate.yaml:2: `suites`: names no suite"),
        (
            "gate: g\nsuites:\n  - suite: a\n    margins: {passed: lots}\n",
            "gate.yaml:4: `suites[0].margins.passed`: a margin is",
        ),
        (
            "gate: g\nsuites:\n  - suite: a\n    margins: {passed: 3}\n",
            "gate.yaml:4: `suites[0].margins.passed`: a margin of 300 points on `passed` lets anything pass: write 3%",
        ),
        (
            "gate: g\nsuites:\n  - suite: a\n    margins: {latency_ms: 50%}\n",
            "gate.yaml:4: `suites[0].margins.latency_ms`: % is for shares",
        ),
        ("gate: g\nsuites:\n  - suite: a\n    margins: {}\n", "gate.yaml:3: demands nothing"),
        ("- x\n", "gate.yaml:1: a gate is a mapping"),
        ("gate: g\nsuites:\n  - {}\n", "`suite` is missing"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(write(tmp_path, text))
    assert told in "\n".join(raised.value.problems)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gate\.yaml"):
        load(tmp_path / "gate.yaml")


def test_the_shipped_gate_is_sound() -> None:
    plan = load(Path(__file__).resolve().parents[3] / "suites" / "triage" / "gate.yaml")
    assert [path.name for path, _ in plan.parts] == ["near.yaml", "far.yaml"]
    assert {demand.margin for _, demands in plan.parts for demand in demands} == {0.03}
