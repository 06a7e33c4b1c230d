"""The head of a report."""

from __future__ import annotations

import pytest

from ajar.domain.usage import Usage
from ajar.evals.reports.summary import summary
from ajar.evals.result import ArmResult, Better, Metric, Result, Timing
from ajar.evidence.compare import compare
from ajar.evidence.mean import mean_of
from evals.hand import about


@pytest.mark.parametrize(("better", "told"), [("up", "30 · 10"), ("down", "10 · 30")])
def test_the_cases_that_got_better_are_those_with_more_or_less_of_it(better: Better, told: str) -> None:
    ours, theirs = [2.0] * 30 + [1.0] * 10, [1.0] * 30 + [2.0] * 10
    arm = ArmResult(target="x", base_url="y", samples=40, deployments={}, models={}, errors={}, usage=Usage())
    metric = Metric(
        name="output_tokens",
        unit="tokens",
        better=better,
        binary=False,
        candidate=mean_of(ours, 0.95),
        baseline=mean_of(theirs, 0.95),
        comparison=compare(ours, theirs, 0.95, single=False),
    )
    arms = {"candidate": arm, "baseline": arm}
    result = Result(about=about(40), arms=arms, metrics=[metric], tags=[], spreads=[])
    figures = {figure.label: figure.number for figure in summary(result, Timing(metrics=[], spreads=[])).figures}
    assert figures["cases better · worse"] == told


@pytest.mark.parametrize(
    ("ours", "theirs", "word", "told"),
    [
        (
            [1.0, 0.0] * 50,
            [0.0, 1.0] * 49 + [1.0, 1.0],
            "Not settled",
            "The candidate may be better or worse: -1.0 points",
        ),
        ([1.0] * 2, [0.0] * 2, "Not settled", "There are 2 cases, and it takes "),
        ([1.0] * 9, [1.0] * 9, "No difference", "Both models have the same value in every case: 0.0 points"),
    ],
)
def test_without_a_gate_it_is_told_once_what_is_open(
    ours: list[float], theirs: list[float], word: str, told: str
) -> None:
    compared = compare(ours, theirs, 0.95, single=True, bounds=(0, 1))
    arm = ArmResult(target="x", base_url="y", samples=9, deployments={}, models={}, errors={}, usage=Usage())
    metric = Metric(name="passed", unit="share", better="up", binary=True, comparison=compared)
    arms = {"candidate": arm, "baseline": arm}
    result = Result(about=about(len(ours)), arms=arms, metrics=[metric], tags=[], spreads=[])
    said = summary(result, Timing(metrics=[], spreads=[]))
    assert said.word == word
    assert said.why.startswith(told)
