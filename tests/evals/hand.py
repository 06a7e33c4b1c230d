"""Suites and samples made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.domain.usage import Usage
from ajar.evals.answer import Answer
from ajar.evals.result import About
from ajar.evals.run.target import Aim
from ajar.evals.sample import Failure, Sample
from ajar.evals.score import Score
from ajar.evals.suite.load import load

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.evals.sample import Arm
    from ajar.evals.suite.suite import Suite

AIMS: dict[Arm, Aim] = {
    "candidate": Aim(name="new", base_url="http://x/v1", model="new"),
    "baseline": Aim(name="old", base_url="http://x/v1", model="old"),
}


def suite(folder: Path, cases: int = 4, *, checks: str = "right: exact", case: str = "") -> Suite:
    """So many cases, each with `case` among its members."""
    lines = [f"suite: s\nchecks: {{{checks}}}\ncases:"]
    lines += [f"  - {{input: question {number}, target: yes, {case.format(number=number)}}}" for number in range(cases)]
    folder.mkdir(exist_ok=True)
    path = folder / "suite.yaml"
    path.write_text("\n".join(lines))
    return load(path)


def about(cases: int, repeats: int = 1, confidence: float = 0.95) -> About:
    """Of that suite."""
    return About(
        suite="s",
        suite_digest="d",
        cases=cases,
        repeats=repeats,
        seed=0,
        confidence=confidence,
        version="1",
    )


def sample(case: int, arm: Arm, value: float | None = 1.0, repeat: int = 0, **answer: Any) -> Sample:
    """One with this value of its one check."""
    answer.setdefault("usage", Usage(input_tokens=10 + case, output_tokens=5))
    answer.setdefault("latency_ms", 100.0 + case)
    return Sample(
        case=case,
        id=f"case-{case + 1}",
        arm=arm,
        repeat=repeat,
        answer=Answer(text="yes", **answer),
        scores={"right": Score(value)},
    )


def failure(case: int, arm: Arm, code: str = "upstream_500", repeat: int = 0) -> Sample:
    """One without an answer."""
    return Sample(case=case, id=f"case-{case + 1}", arm=arm, repeat=repeat, error=Failure(code))
