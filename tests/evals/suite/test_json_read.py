from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.evals.suite.json_read import NotJson, lines, parse

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


def test_keys_that_stand_twice_are_told() -> None:
    assert parse('{"a": {"b": 1, "b": 2}, "c": [{"d": 1, "d": 1}]}')[1] == [
        "the key `b` stands twice; remove one",
        "the key `d` stands twice; remove one",
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('{"a": 1,\n "b" 2}', 2, "this is not JSON: expecting ':' delimiter (column 6)"),
        ("[1,]", 1, "this is not JSON"),
        ('{"a": NaN}', 1, "none that JSON has"),
        ('{"a": "\\ud800"}', 1, "half of a character"),
        ('{"a": 1e999}', 1, "none that JSON has"),
        ("[" * 100_000, 1, "nested too deeply"),
        ("1" * 10_000, 1, "none that JSON has"),
        ("", 1, "expecting value"),
    ],
)
def test_what_is_no_json(text: str, line: int, words: str) -> None:
    with pytest.raises(NotJson) as caught:
        parse(text)
    assert caught.value.line == line
    assert words in caught.value.text


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for key, item in items for each in ((*path, key), *paths(item, (*path, key)))]


@given(VALUES, st.sampled_from([None, 0, 1]))
def test_every_part_has_the_line_on_which_it_begins(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    found = lines(text)
    assert set(found) == set(paths(value)) | ({()} if not isinstance(value, dict | list) else set())
    if indent == 1:
        order = sorted(found, key=lambda path: found[path])
        assert [found[path] for path in order] == sorted(set(found.values())), "one part begins on each line"


def test_signs_within_texts_do_not_count() -> None:
    assert lines('{\n"a": "},\\"[\\n",\n"b": 1}') == {("a",): 2, ("b",): 3}
