"""The top-level scan: places of values, and no way around what planning saw."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import InvalidJson
from ajar.wire.toplevel import Span, TopLevel, spans

PLANNED = frozenset({"model", "stream"})


def scan(body: bytes, planned: frozenset[str]) -> dict[str, Span]:
    """The place of every value, key by key."""
    top = TopLevel(body, planned)
    found = {key: top.span(key) for key in top._raws}
    assert all(top.get(key) == body[start:end] for key, (start, end) in found.items())
    assert spans(body) == found
    return found


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
spaces = st.text(alphabet=" \t\r\n", max_size=3)


def test_gives_the_place_of_each_value() -> None:
    body = b' { "model" : "a", "n":[1, 2], "o":{"model":"x"} } '
    spans = scan(body, PLANNED)
    assert {key: body[start:end] for key, (start, end) in spans.items()} == {
        "model": b'"a"',
        "n": b"[1, 2]",
        "o": b'{"model":"x"}',
    }


def test_a_nested_namesake_does_not_mislead() -> None:
    body = b'{"tools":[{"model":"x"}],"model":"a","n":"\\"model\\":1"}'
    assert body[slice(*scan(body, PLANNED)["model"])] == b'"a"'


def test_an_empty_object_has_no_values() -> None:
    assert scan(b"{ }", PLANNED) == {}


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"a","model":"b"}',
        b'{"model":"a","model":"a"}',
        b'{"model":12,"model":1}',
        b'{"model":1,"model":12}',
        b'{"model":"a","mod\\u0065l":"b"}',
        b'{"x":{"a":1,"k":2},"k":3,"x":123456}',
        b'{"x":[1],"x":[1],"y":2}',
        b'{"x":"a","y":1,"x":"a"}',
    ],
)
def test_a_key_that_stands_twice_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidJson, match="twice"):
        scan(body, PLANNED)
    with pytest.raises(InvalidJson, match="twice"):
        spans(body)


@pytest.mark.parametrize("key", ["Model", "MODEL", "ſtream", "Stream"])
def test_a_planned_key_in_odd_case_is_refused(key: str) -> None:
    with pytest.raises(InvalidJson, match="only in case"):
        scan(json.dumps({key: "a", "model": "b"}, ensure_ascii=False).encode(), PLANNED)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"[]",
        b"null",
        b'"x"',
        b"{",
        b'{"a":1,}',
        b"{'a':1}",
        b'{"a":1} x',
        b"\xff\xfe{",
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        scan(body, PLANNED)
    with pytest.raises(InvalidJson):
        spans(body)


@given(st.dictionaries(st.text(), json_values, max_size=6), spaces, st.booleans())
def test_every_object_is_measured_exactly(value: dict[str, object], space: str, ascii_only: bool) -> None:
    planned: frozenset[str] = frozenset()
    text = json.dumps(value, ensure_ascii=ascii_only, separators=(f"{space},{space}", f"{space}:{space}"))
    try:
        body = f"{space}{text}{space}".encode()
    except UnicodeEncodeError:
        return  # a lone surrogate has no UTF-8
    try:
        spans = scan(body, planned)
    except InvalidJson:
        assert "\\ud" in text.lower()  # an escaped lone surrogate is no text
        return
    assert {key: json.loads(body[start:end]) for key, (start, end) in spans.items()} == value


pairs = st.lists(st.tuples(st.sampled_from(["a", "b", "model"]), json_values), min_size=1, max_size=5)


@given(pairs)
def test_twice_is_refused_whatever_the_values_are(items: list[tuple[str, object]]) -> None:
    text = "{" + ",".join(f"{json.dumps(key)}:{json.dumps(value)}" for key, value in items) + "}"
    keys = [key for key, _ in items]
    if len(set(keys)) == len(keys):
        return
    with pytest.raises(InvalidJson):
        scan(text.encode(), frozenset())


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    with contextlib.suppress(InvalidJson):
        scan(body, PLANNED)
