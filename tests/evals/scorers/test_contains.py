"""The scorer `contains`."""

from __future__ import annotations

import pytest

from ajar.errors import ConfigError
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.scorers.contains import Contains
from ajar.evals.scorers.registry import build


@pytest.mark.parametrize(
    ("scorer", "text", "target", "expected"),
    [
        (Contains(value="is"), "this", None, 1),
        (Contains(), "In Paris.", "Paris", 1),
        (Contains(), "In Rome.", ["Paris", "Rome"], 1),
        (Contains(any=["a", "b"]), "b", None, 1),
        (Contains(any=["a", "b"]), "c", None, 0),
        (Contains(all=["a", "b"]), "b a", None, 1),
        (Contains(all=["a", "b"]), "b", None, 0),
        (Contains(value="A"), "a", None, 0),
        (Contains(value="A", ignore_case=True), "a", None, 1),
        (Contains(any=["a", "b"], negate=True), "b", None, 0),
        (Contains(any=["a", "b"], negate=True), "c", None, 1),
        (Contains(all=["a", "b"], negate=True), "b", None, 1),
        (Contains(all=["a", "b"], negate=True), "ab", None, 0),
    ],
)
def test_values(scorer: Contains, text: str, target: object, expected: float) -> None:
    assert scorer.score(Answer(text=text), Case(input="q", target=target)).value == expected


def test_why_tells_what_is_lacking() -> None:
    assert Contains(all=["a", "b"]).score(Answer(text="b"), Case(input="q")).why == 'lacks "a"'
    assert Contains(any=["a", "b"], negate=True).score(Answer(text="b"), Case(input="q")).why == 'holds "b"'


@pytest.mark.parametrize("options", [{"value": "a", "any": ["b"]}, {"value": ""}, {"any": ["a", ""]}])
def test_options_that_cannot_be_meant(options: dict) -> None:
    with pytest.raises(ConfigError):
        build({"scorer": "contains", **options})


def test_an_empty_target_is_a_fault() -> None:
    assert "empty text" in (Contains().fault(Case(input="q", target="")) or "")
    assert "`target`" in (Contains().fault(Case(input="q")) or "")
    assert Contains().score(Answer(text="x"), Case(input="q")).value is None
