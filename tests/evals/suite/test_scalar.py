from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.evals.suite.scalar import NotJson, resolve, usual


@pytest.mark.parametrize(
    "text",
    [
        *["no", "yes", "on", "Off", "y", "NO", "2026-11-20", "12:30:45", "1_000", "0b1", "017o", "=", "<<", "nUll"],
        *["1.2.3", "-", ".", "+", "1e", "0x", "e5", "١٢"],
    ],
)
def test_what_yaml_1_2_calls_text_stays_text(text: str) -> None:
    assert resolve(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, None) for text in ("", "~", "null", "Null", "NULL")),
        *((text, True) for text in ("true", "True", "TRUE")),
        *((text, False) for text in ("false", "False", "FALSE")),
        *[
            ("0", 0),
            ("-17", -17),
            ("+5", 5),
            ("007", 7),
            ("0o17", 15),
            ("0x1F", 31),
            ("123456789012345678901", 123456789012345678901),
        ],
        *[("1.10", 1.1), (".5", 0.5), ("1.", 1.0), ("1e3", 1000.0), ("-2.5E-1", -0.25)],
    ],
)
def test_the_core_schema(text: str, value: object) -> None:
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", [".nan", ".inf", "-.INF", "1e400", "9" * 5000, "9" * 5000 + ".0"])
def test_numbers_that_json_does_not_have_are_refused(text: str) -> None:
    with pytest.raises(NotJson, match="quotes if text is meant"):
        resolve(text)


@given(st.none() | st.booleans() | st.integers(-(10**40), 10**40) | st.floats(allow_nan=False, allow_infinity=False))
def test_what_json_writes_is_the_usual_spelling_of_what_is_read(value: float | None) -> None:
    written = json.dumps(value)
    found = resolve(written)
    assert found == value
    assert type(found) is type(value)
    assert usual(found) == written


@given(st.text(max_size=12))
def test_nothing_but_the_known_error_is_raised(text: str) -> None:
    with contextlib.suppress(NotJson):
        resolve(text)
