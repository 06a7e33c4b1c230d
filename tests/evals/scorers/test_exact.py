"""The scorer `exact`."""

from __future__ import annotations

import pytest

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.scorers.exact import Exact


def value(scorer: Exact, text: str, target: object = None) -> float | None:
    return scorer.score(Answer(text=text), Case(input="q", target=target)).value


@pytest.mark.parametrize(
    ("scorer", "text", "target", "expected"),
    [
        (Exact(), "Paris", "Paris", 1),
        (Exact(), " Paris\n", "Paris", 1),
        (Exact(strip=False), "Paris\n", "Paris", 0),
        (Exact(), "paris", "Paris", 0),
        (Exact(ignore_case=True), "STRASSE", "Straße", 1),
        (Exact(), "Paris", ["Rome", "Paris"], 1),
        (Exact(value="Rome"), "Rome", "Paris", 1),
        (Exact(), "Café", "Cafe\u0301", 1),
        (Exact(negate=True), "Paris", "Paris", 0),
        (Exact(negate=True), "Oslo", ["Rome", "Paris"], 1),
        (Exact(), "", "", 1),
    ],
)
def test_values(scorer: Exact, text: str, target: object, expected: float) -> None:
    assert value(scorer, text, target) == expected


def test_why_tells_what_was_wanted() -> None:
    assert Exact().score(Answer(text="x"), Case(input="q", target=["a", "b"])).why == 'wanted "a" or "b"'


@pytest.mark.parametrize(
    ("target", "mend"),
    [
        (None, "give the case a `target`, or the check a `value`"),
        (42, "write it in quotes, or compare numbers with the scorer `numeric`"),
        ({"a": 1}, "use `json-fields`"),
        ([], "must be text or a list of texts"),
        (["a", 1], "must be text or a list of texts"),
    ],
)
def test_a_target_that_is_no_text_is_a_fault(target: object, mend: str) -> None:
    case = Case(input="q", target=target)

    assert mend in (Exact().fault(case) or "")
    assert Exact().score(Answer(text="x"), case).value is None
    assert Exact(value="x").fault(case) is None
    assert "an empty list" in (Exact(value=[]).fault(case) or "")
