"""Which of several choices a text picks."""

from __future__ import annotations

import pytest

from ajar.evals.scorers.picked import LETTERS, picked

CHOICES = ["Paris", "Berlin", "Rome", "New Paris"]


def letters(text: str, choices: list[str] | None = CHOICES) -> str:
    return "".join(LETTERS[index] for index in sorted(picked(text, choices)))


@pytest.mark.parametrize(
    "text",
    [
        *("B", "(b)", "B.", "**B**", "[B]", "B) Berlin", "B. Berlin", "**B)** Berlin", "Berlin", "berlin."),
        *("The answer is B", "The answer is: **B**", "Answer: (B)", "**Answer:** B", "Final answer: B) Berlin"),
        *("The answer is 'B'", "The answer is option B", "Antwort: b", "Die Antwort lautet B.", "I'd go with (B)"),
        *("The correct answer is Berlin because Paris is not", "The answer is not A. The answer is B.", r"\boxed{B}"),
        *(r"So \boxed{\text{B}}", "The answer is B, A is wrong", "B\n\nBecause Paris is in France", "Paris? No.\n\nB"),
        *("I think (B)", "Option B is right", "I'd say Berlin", "Answer\nB", "I choose B", "Ich wähle B."),
    ],
)
def test_one_choice_is_picked(text: str) -> None:
    assert letters(text) == "B"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("New Paris", "D"),
        ("It is New Paris, I think", "D"),
        ("New Paris or Paris", "AD"),
        ("Paris or Berlin", "AB"),
        ("The answer is B or C", "BC"),
        ("The answer is A or B", "AB"),
        ("Answer: A/B", "AB"),
        ("It is (B), not (C)", "BC"),
        ("Answer: B\nAnswer: C", "BC"),
        ("A) Berlin", "AB"),
        ("A) Paris\nB) Berlin\nC) Rome", "AC"),
        ("Answer: A", "A"),
        ("The answer is A because", "A"),
        ("Answer: A city", ""),
        ("A great answer", ""),
        ("E", ""),
        ("Bern", ""),
        ("", ""),
    ],
)
def test_none_and_several(text: str, expected: str) -> None:
    assert letters(text) == expected


def test_without_choices_only_letters_are_looked_for() -> None:
    assert letters("(E)", None) == "E"
    assert letters("The answer is Berlin", None) == ""
    assert letters("Answer: C) Rome", None) == "C"
