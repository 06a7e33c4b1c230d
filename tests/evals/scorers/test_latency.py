"""The scorer `latency`."""

from __future__ import annotations

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorers.latency import Latency


def test_values() -> None:
    scorer = Latency(max_ms=1500)

    assert scorer.score(Answer(latency_ms=1500), Case(input="q")) == Score(1.0)
    assert scorer.score(Answer(latency_ms=1601.2), Case(input="q")) == Score(0.0, "took 1601 ms, more than 1500")
