from __future__ import annotations

import asyncio
from math import inf, nan
from typing import Any, ClassVar

import pytest

from ajar.errors import UpstreamError
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.run.scoring import score
from ajar.evals.score import Score
from ajar.evals.scorer import Infer, Judge, Scorer


class Says(Scorer, frozen=True, kw_only=True):
    """Says what it was given."""

    name: ClassVar[str] = "says"
    what: Any

    def score(self, answer: Answer, case: Case) -> Score:
        """Also raises it."""
        if isinstance(self.what, BaseException):
            raise self.what
        return self.what


class Asks(Judge, frozen=True, kw_only=True):
    """Asks a model."""

    name: ClassVar[str] = "asks"

    async def judge(self, answer: Answer, case: Case, infer: Infer) -> Score:
        """Good where the model says so."""
        said = await infer({"model": "j", "messages": []})
        return Score(float(said.text == "good"))


async def _infer(body: dict[str, Any]) -> Answer:
    return Answer(text="good")


async def _fails(body: dict[str, Any]) -> Answer:
    raise UpstreamError("the judge is out")


def scored(infer: Infer = _infer, **scorers: Scorer) -> dict[str, Score]:
    return asyncio.run(score(scorers, Answer(), Case(input="x"), infer))


def test_each_check_has_its_score() -> None:
    fields = Score(0.5, "half", {"a": 1.0})
    assert scored(one=Says(what=fields), two=Asks()) == {"one": fields, "two": Score(1.0)}


@pytest.mark.parametrize("crash", [ValueError("bad\nday"), RecursionError("deep"), KeyError("x"), AssertionError()])
def test_a_scorer_that_fails_costs_its_own_check_only(crash: Exception) -> None:
    found = scored(one=Says(what=crash), two=Says(what=Score(1.0)))
    assert found["one"].value is None
    assert found["one"].why.startswith(f"the scorer failed: {type(crash).__name__}")
    assert "\n" not in found["one"].why
    assert found["two"] == Score(1.0)


def test_a_judge_without_an_answer_says_why() -> None:
    assert scored(_fails, one=Asks()) == {"one": Score(None, "the judge is out")}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (None, "gave NoneType in place of a score"),
        (1.0, "gave float in place of a score"),
        (Score(nan), "gave nan, which is not from 0 to 1"),
        (Score(inf), "gave inf"),
        (Score(1.5), "gave 1.5"),
        (Score(-0.5), "gave -0.5"),
        (Score(1.0, "", {"a": nan}), "gave nan"),
        (Score("much"), "could not convert"),  # type: ignore[arg-type]
    ],
)
def test_what_no_score_can_be_is_none(said: Any, why: str) -> None:
    found = scored(one=Says(what=said))["one"]
    assert found.value is None
    assert why in found.why


def test_what_is_nearly_a_score_is_made_one() -> None:
    found = scored(one=Says(what=Score(True, 7, {1: True})))["one"]  # type: ignore[arg-type, dict-item]
    assert found == Score(1.0, "7", {"1": 1.0})
    assert type(found.value) is float
