"""The scorer `rubric`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ajar.errors import ConfigError, UpstreamTimeout
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorers.registry import build

PASS, FAIL = '{"reason": "kind", "verdict": "pass"}', '{"reason": "rude", "verdict": "fail"}'


def judged(said: list[str | Exception], **options: object) -> tuple[Score, list[dict[str, Any]]]:
    """What the scorer makes of a judge that says this, and what it asked."""
    scorer = build({"scorer": "rubric", "rubric": "Be kind.", "route": "judge", "repeats": len(said), **options})
    bodies: list[dict[str, Any]] = []

    async def infer(body: dict[str, Any]) -> Answer:
        bodies.append(body)
        words = said[len(bodies) - 1]
        if isinstance(words, Exception):
            raise words
        return Answer(text=words)

    return asyncio.run(scorer.judge(Answer(text="Hello."), Case(input="Hi?"), infer)), bodies


def test_the_value_is_the_mean_of_the_judgements() -> None:
    assert judged([PASS, PASS, PASS])[0] == Score(1.0, "kind")
    assert judged([FAIL, PASS, PASS])[0] == Score(2 / 3, "judgements differ (0, 1, 1): rude")
    assert judged(['{"grade": 4, "reason": "well"}'] * 3, scale=5)[0] == Score(0.75, "well")


def test_a_mean_of_equal_judgements_is_that_value() -> None:
    assert judged(['{"grade": 4}'] * 3, scale=6)[0].value == 0.6


def test_it_judges_three_times_and_passes_from_a_half() -> None:
    scorer = build({"scorer": "rubric", "rubric": "x", "route": "y"})

    assert (scorer.repeats, scorer.threshold) == (3, 0.5)


@pytest.mark.parametrize(
    ("said", "options", "value"),
    [
        ([PASS, PASS, "no"], {}, 1),
        ([PASS, "no", "no"], {}, None),
        ([PASS, FAIL, "no", "no"], {}, None),
        ([PASS, "no", "no"], {"min_parsed": 1}, 1),
        ([PASS, PASS, "no"], {"min_parsed": 3}, None),
        ([PASS, PASS, "no"], {"unparseable": "fail"}, 2 / 3),
        (["no", "no", "no"], {"unparseable": "fail"}, 0),
        ([PASS, PASS, UpstreamTimeout("late")], {}, 1),
        ([PASS, PASS, UpstreamTimeout("late")], {"unparseable": "fail"}, 1),
        ([UpstreamTimeout("late")] * 3, {"unparseable": "fail"}, None),
    ],
)
def test_a_judgement_without_a_verdict(said: list, options: dict, value: float | None) -> None:
    assert judged(said, **options)[0].value == value


def test_why_there_is_no_value() -> None:
    assert judged([PASS, "no", UpstreamTimeout("late")])[0].why == (
        '1 of 3 judgements have a verdict, 2 are needed: a judgement holds no verdict: "no"; '
        f"the call of the judge failed ({UpstreamTimeout.code})"
    )
    assert judged([PASS, PASS, "no"])[0].why == "kind [1 of 3 judgements without a verdict]"


def test_an_error_that_ajar_did_not_mean_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        judged([ZeroDivisionError()])


def test_the_body() -> None:
    _, (body, again) = judged([PASS, PASS])

    assert body == again
    assert (body["model"], body["temperature"]) == ("judge", 0)
    assert body["response_format"]["type"] == "json_schema"
    assert "Hello." in body["messages"][1]["content"]


def test_what_some_endpoints_refuse_can_be_left_out() -> None:
    _, (body,) = judged([PASS], temperature=None, structured=False)

    assert set(body) == {"model", "messages"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"route": "r"}, "`rubric` is missing"),
        ({"rubric": "x"}, "`route` is missing"),
        ({"rubric": "x", "route": ""}, "`route` must not be empty"),
        ({"rubric": "x", "route": "r", "repeats": 2, "min_parsed": 3}, "is above `repeats`"),
        ({"rubric": "x", "route": "r", "scale": 1}, "at least 2"),
    ],
)
def test_options_that_cannot_be_meant(options: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        build({"scorer": "rubric", **options})
