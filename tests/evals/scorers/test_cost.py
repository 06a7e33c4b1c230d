"""The scorer `cost`."""

from __future__ import annotations

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorers.cost import Cost


def test_values() -> None:
    scorer = Cost(max_usd=0.002)

    assert scorer.score(Answer(cost_usd=0.002), Case(input="q")) == Score(1.0)
    assert scorer.score(Answer(cost_usd=0), Case(input="q")) == Score(1.0)
    assert scorer.score(Answer(cost_usd=0.0021), Case(input="q")) == Score(0.0, "cost 0.0021 USD, more than 0.002")


def test_an_unknown_cost_has_no_value() -> None:
    score = Cost(max_usd=1).score(Answer(), Case(input="q"))

    assert score.value is None
    assert "unknown" in score.why
