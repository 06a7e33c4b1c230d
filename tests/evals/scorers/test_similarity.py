"""The scorer `similarity`."""

from __future__ import annotations

import pytest

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.scorers.similarity import Similarity


@pytest.mark.parametrize(
    ("scorer", "text", "target", "expected"),
    [
        (Similarity(), "abcd", "abcd", 1),
        (Similarity(), "abce", "abcd", 0.75),
        (Similarity(), "ab", "abcd", 0.5),
        (Similarity(), "xyz", "abc", 0),
        (Similarity(), "abcd", ["xxxx", "abce"], 0.75),
        (Similarity(), " abcd\n", "abcd", 1),
        (Similarity(strip=False), "abc ", "abc", 0.75),
        (Similarity(ignore_case=True), "ABCD", "abcd", 1),
        (Similarity(value="abcd"), "abcd", "x", 1),
        (Similarity(), "", "", 1),
    ],
)
def test_values(scorer: Similarity, text: str, target: object, expected: float) -> None:
    assert scorer.score(Answer(text=text), Case(input="q", target=target)).value == expected


def test_it_passes_from_four_fifths() -> None:
    assert Similarity().threshold == 0.8
    assert "`target`" in (Similarity().fault(Case(input="q")) or "")
