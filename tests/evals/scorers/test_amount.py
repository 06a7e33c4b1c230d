"""The numbers that a text holds."""

from __future__ import annotations

import pytest

from ajar.evals.scorers.amount import number_of, numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The answer is 42.", [42]),
        ("1,234.5", [1234.5]),
        ("12,345,678.9", [12345678.9]),
        ("1\u202f234 and 1'234", [1234, 1234]),
        ("-$1,234.50 or $-5", [-1234.5, -5]),
        ("USD1,234 or €5.50 or 5€", [1234, 5.5, 5]),
        ("12 % or 12%", [12, 12]),
        ("1e3, -1e-3, 2.5E+2", [1000, -0.001, 250]),
        ("**42** _42_ '42' \\boxed{42} $42$", [42, 42, 42, 42, 42]),
        ("Answer:42 x=5", [42, 5]),
        ("2+2=4", [4]),
        ("(-5) −5 –5 +7 .5", [-5, -5, -5, 7, 0.5]),
        ("5kg 42°C 3m² 1st 5km/h", [5, 42, 3, 1, 5]),
        ("[1, 2, 3]", [1, 2, 3]),
        ("on 2024-01-05 at 10:30, v1.2.3", []),
        ("5-10, 5–10, 3/4, 1,2,3, 10^6, 0x1F, 7f3a, A-17, H2O", []),
        ("1.234,56 and 1,23", []),
        ("no number; forty-two; ٣", []),
        ("...5...", [5]),
    ],
)
def test_numbers(text: str, expected: list[float]) -> None:
    assert [float(number) for number in numbers(text)] == expected
    assert [float(number) for number in numbers(text, last=True)] == expected[::-1]


def test_german_numbers() -> None:
    text = "1.234,56 € und 3,14 am 5.1.2024, zusammen 1.000"

    assert [float(number) for number in numbers(text, ",")] == [1234.56, 3.14, 1000]


def test_a_text_that_is_a_number() -> None:
    assert number_of(" 1,234.5 ") == number_of("1234.5")
    assert number_of("about 5") is None
    assert number_of("") is None
    assert number_of("-") is None
