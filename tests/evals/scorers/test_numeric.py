"""The scorer `numeric`."""

from __future__ import annotations

import pytest

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.scorers.numeric import Numeric


@pytest.mark.parametrize(
    ("scorer", "text", "target", "expected"),
    [
        (Numeric(), "First 3, then 42.", 42, 1),
        (Numeric(where="first"), "First 3, then 42.", 42, 0),
        (Numeric(), "$1,234.50", 1234.5, 1),
        (Numeric(), "1e3", 1000, 1),
        (Numeric(), "42", "42", 1),
        (Numeric(), "1,000", "1,000.0", 1),
        (Numeric(), "0.30000000000000004", 0.3, 0),
        (Numeric(tolerance=0.01), "3.15", 3.14, 1),
        (Numeric(tolerance=0.01), "3.151", 3.14, 0),
        (Numeric(relative=0.1), "110", 100, 1),
        (Numeric(relative=0.1), "-110", -100, 1),
        (Numeric(relative=0.1), "111", 100, 0),
        (Numeric(relative=0.1, tolerance=20), "111", 100, 1),
        (Numeric(), "-42", 42, 0),
        (Numeric(), "on 2024-01-05", 5, 0),
        (Numeric(decimal=","), "1.234,5", "1.234,5", 1),
        (Numeric(decimal=","), "1.234,5", 1234.5, 1),
        (Numeric(value=7), "7", None, 1),
        (Numeric(value=0), "0", 7, 1),
        (Numeric(tolerance=1), "1e999", 5, 0),
    ],
)
def test_values(scorer: Numeric, text: str, target: object, expected: float) -> None:
    assert scorer.score(Answer(text=text), Case(input="q", target=target)).value == expected


def test_why_tells_what_the_number_is() -> None:
    assert Numeric().score(Answer(text="7 of 9"), Case(input="q", target=7)).why == "is 9, not 7"
    assert Numeric().score(Answer(text="none"), Case(input="q", target=7)).why == "the text holds no number"


@pytest.mark.parametrize("target", [None, "many", True, [1], float("nan")])
def test_a_target_that_is_no_number_is_a_fault(target: object) -> None:
    case = Case(input="q", target=target)

    assert "`value`" in (Numeric().fault(case) or "")
    assert Numeric().score(Answer(text="1"), case).value is None
