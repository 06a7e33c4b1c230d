"""The scorer `finish-reason`."""

from __future__ import annotations

import pytest

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorers.registry import build


@pytest.mark.parametrize(
    ("spec", "given", "expected"),
    [
        ("finish-reason", "stop", Score(1.0)),
        ("finish-reason", "length", Score(0.0, 'ended with "length"')),
        ({"scorer": "finish-reason", "is": "length"}, "length", Score(1.0)),
        ({"scorer": "finish-reason", "is": ["stop", "tool_calls"]}, "tool_calls", Score(1.0)),
        ("finish-reason", None, Score(None, "the endpoint gave no finish reason")),
    ],
)
def test_values(spec: object, given: str | None, expected: Score) -> None:
    assert build(spec).score(Answer(finish_reason=given), Case(input="q")) == expected
