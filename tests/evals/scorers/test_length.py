"""The scorer `length`."""

from __future__ import annotations

import pytest

from ajar.domain.usage import Usage
from ajar.errors import ConfigError
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorers.length import Length
from ajar.evals.scorers.registry import build

ANSWER = Answer(text="drei kurze Wörter", usage=Usage(output_tokens=7))


@pytest.mark.parametrize(
    ("scorer", "expected"),
    [
        (Length(max=17), Score(1.0)),
        (Length(max=16), Score(0.0, "has 17 characters, more than 16")),
        (Length(min=17), Score(1.0)),
        (Length(min=18), Score(0.0, "has 17 characters, fewer than 18")),
        (Length(min=3, max=3, unit="words"), Score(1.0)),
        (Length(max=2, unit="words"), Score(0.0, "has 3 words, more than 2")),
        (Length(max=7, unit="tokens"), Score(1.0)),
        (Length(max=0), Score(0.0, "has 17 characters, more than 0")),
    ],
)
def test_values(scorer: Length, expected: Score) -> None:
    assert scorer.score(ANSWER, Case(input="q")) == expected


def test_tokens_that_were_not_reported_have_no_value() -> None:
    score = Length(max=7, unit="tokens").score(Answer(text="a"), Case(input="q"))

    assert score == Score(None, "the endpoint did not report output tokens")


@pytest.mark.parametrize(
    ("options", "said"), [({}, "add `min` or `max`"), ({"min": 3, "max": 2}, "is above"), ({"min": -1}, "at least 0")]
)
def test_bounds_that_cannot_be_meant(options: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        build({"scorer": "length", **options})
