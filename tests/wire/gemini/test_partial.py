"""Arguments that come in pieces."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import UpstreamGarbage
from ajar.wire.gemini.chunk import PartialArg
from ajar.wire.gemini.partial import ArgumentsText

KEYS = st.text(max_size=5)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inside: st.lists(inside, min_size=1, max_size=3) | st.dictionaries(KEYS, inside, min_size=1, max_size=3),
    max_leaves=12,
)


def piece(path: str, value: Any, *, more: bool = False) -> PartialArg:
    names = {str: "stringValue", bool: "boolValue", int: "numberValue", float: "numberValue", type(None): "nullValue"}
    return msgspec.json.decode(
        json.dumps({"jsonPath": path, names[type(value)]: value, "willContinue": more}), type=PartialArg
    )


def pieces(value: Any, path: str = "$") -> list[PartialArg]:
    """A value as a model streams it, strings cut in two."""
    if isinstance(value, dict):
        quoted = {key: key.replace("\\", "\\\\").replace("'", "\\'") for key in value}
        return [each for key, inside in value.items() for each in pieces(inside, f"{path}['{quoted[key]}']")]
    if isinstance(value, list):
        return [each for at, inside in enumerate(value) for each in pieces(inside, f"{path}[{at}]")]
    if isinstance(value, str) and len(value) > 1:
        middle = len(value) // 2
        return [piece(path, value[:middle], more=True), piece(path, value[middle:])]
    return [piece(path, value)]


@given(value=st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_object_comes_whole_out_of_its_pieces(value: dict[str, Any]) -> None:
    arguments = ArgumentsText()
    text = "".join([arguments.add([each]) for each in pieces(value)]) + arguments.end()
    assert json.loads(text) == value
    assert arguments.begun == bool(value)


def test_text_grows_as_it_comes() -> None:
    arguments = ArgumentsText()
    assert arguments.add([piece("$.city", "New ", more=True)]) == '{"city":"New '
    assert arguments.add([piece("$.city", 'Del"hi')]) == 'Del\\"hi"'
    assert arguments.add([piece("$.at[0].x", 1), piece("$.at[0].y", 2.5)]) == ',"at":[{"x":1,"y":2.5'
    assert arguments.add([piece('$.at[1]["x"]', True)]) == '},{"x":true'
    assert arguments.add([piece("$.note", None)]) == '}],"note":null'
    assert arguments.end() == "}"


def test_a_string_ends_also_where_the_next_value_begins() -> None:
    arguments = ArgumentsText()
    assert arguments.add([piece("$.a", "x", more=True), piece("$.b", "y", more=True)]) == '{"a":"x","b":"y'
    assert arguments.add([PartialArg("$.b")]) == '"'
    assert arguments.add([PartialArg("$.b")]) == ""
    assert arguments.end() == "}"


def test_no_piece_is_no_argument() -> None:
    assert ArgumentsText().end() == "{}"


@pytest.mark.parametrize(
    "paths",
    [
        [""],
        ["city"],
        ["$"],
        ["$[0]"],
        ["$."],
        ["$.a["],
        ["$.a[1]"],
        ["$.a", "$.a"],
        ["$.a.b", "$.c", "$.a.d"],
        ["$.a[0]", "$.a.b"],
        ["$.a[0]", "$.a[0]"],
    ],
)
def test_pieces_that_do_not_fit_are_garbage(paths: list[str]) -> None:
    arguments = ArgumentsText()
    with pytest.raises(UpstreamGarbage):
        arguments.add([piece(path, 1) for path in paths])
