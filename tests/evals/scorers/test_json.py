"""The scorer `json`."""

from __future__ import annotations

import pytest

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.scorers.json import Json


@pytest.mark.parametrize(
    ("scorer", "text", "expected", "why"),
    [
        (Json(), '{"a": 1}', 1, ""),
        (Json(), "[]", 1, ""),
        (Json(object=True), "[]", 0, "JSON, but no object"),
        (Json(object=True), "{}", 1, ""),
        (Json(), "NaN", 0, "not JSON: `NaN` is no JSON number"),
        (Json(), "```json\n{}\n```", 0, "not JSON: expecting value at line 1, column 1"),
        (Json(fence=True), "```json\n{}\n```", 1, ""),
    ],
)
def test_values(scorer: Json, text: str, expected: float, why: str) -> None:
    score = scorer.score(Answer(text=text), Case(input="q"))

    assert (score.value, score.why) == (expected, why)
