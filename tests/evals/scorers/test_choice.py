"""The scorer `choice`."""

from __future__ import annotations

import pytest

from ajar.errors import ConfigError
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.scorers.choice import Choice
from ajar.evals.scorers.registry import build

SCORER = Choice(choices=["Paris", "Berlin", "Rome"])


@pytest.mark.parametrize("target", ["B", "b", "Berlin", " berlin"])
def test_the_target_is_a_letter_or_a_text(target: str) -> None:
    case = Case(input="q", target=target)

    assert SCORER.fault(case) is None
    assert SCORER.score(Answer(text="(B)"), case).value == 1
    assert SCORER.score(Answer(text="Rome"), case).value == 0


def test_the_choices_may_stand_in_the_target() -> None:
    case = Case(input="q", target={"answer": "B", "choices": ["Oslo", "Bern"]})

    assert Choice().fault(case) is None
    assert Choice().score(Answer(text="The answer is Bern."), case).value == 1


def test_without_choices_letters_count() -> None:
    assert Choice().score(Answer(text="Answer: C"), Case(input="q", target="C")).value == 1


def test_what_is_ambiguous_is_wrong_and_says_so() -> None:
    case = Case(input="q", target="B")

    assert SCORER.score(Answer(text="B or C"), case).why == "picks none of the choices"
    assert SCORER.score(Answer(text="The answer is B or C"), case).value == 0
    assert SCORER.score(Answer(text="The answer is B or C"), case).why == "is ambiguous: picks B and C"
    assert SCORER.score(Answer(text="C"), case).why == "picks C"


def test_a_choice_that_looks_like_a_letter_is_meant_by_its_text() -> None:
    scorer = Choice(choices=["B", "A"])

    assert scorer.score(Answer(text="A"), Case(input="q", target="A")).value == 1
    assert scorer.score(Answer(text="A"), Case(input="q", target="B")).value == 0


@pytest.mark.parametrize(
    ("scorer", "target", "said"),
    [
        (SCORER, None, "give the case a `target`"),
        (SCORER, "D", 'are "Paris", "Berlin", "Rome"'),
        (SCORER, 2, "give the case a `target`"),
        (Choice(), "Berlin", "give the check its `choices`"),
        (Choice(), {"answer": "A", "choices": ["x", "X "]}, "stands there twice"),
    ],
)
def test_faults(scorer: Choice, target: object, said: str) -> None:
    assert said in (scorer.fault(Case(input="q", target=target)) or "")


def test_choices_differ() -> None:
    with pytest.raises(ConfigError, match="twice"):
        build({"scorer": "choice", "choices": ["a", "A"]})
