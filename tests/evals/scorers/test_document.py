"""The JSON that an answer's text is."""

from __future__ import annotations

import pytest

from ajar.evals.scorers.document import NotJson, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", {}),
        (' [1, "a", null]\n', [1, "a", None]),
        ("1e999", float("inf")),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ('"\\ud800"', "\ud800"),
        ("-0", 0),
    ],
)
def test_json(text: str, expected: object) -> None:
    assert parse(text) == expected


def test_a_number_of_thousands_of_digits_is_json() -> None:
    assert parse(f"[{'9' * 5000}]") == [float("inf")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("NaN", "`NaN` is no JSON number"),
        ('{"a": -Infinity}', "`-Infinity` is no JSON number"),
        ("", "the text is empty"),
        ('{"a": 1,}', "line 1, column"),
        ("{'a': 1}", "line 1, column 2"),
        ("{} {}", "extra data at line 1, column 4"),
        ("// no\n{}", "line 1, column 1"),
        ("01", "extra data"),
        ('"a\nb"', "invalid control character"),
        ("```json\n{}\n```", "line 1, column 1"),
        ("[" * 100_000, "nested too deeply"),
        ("\ufeff{}", "column 1"),
    ],
)
def test_what_is_no_json(text: str, said: str) -> None:
    with pytest.raises(NotJson) as raised:
        parse(text)

    assert said in str(raised.value)


@pytest.mark.parametrize("text", ["```json\n{}\n```", "```\n{}```", " ```JSON \n{}\n``` ", "{}"])
def test_a_fence(text: str) -> None:
    assert parse(text, fence=True) == {}


@pytest.mark.parametrize("text", ["Here: ```json\n{}\n```", "```yaml\n{}\n```", "```json\n{}", "```", "``````"])
def test_what_is_no_fence(text: str) -> None:
    with pytest.raises(NotJson):
        parse(text, fence=True)
