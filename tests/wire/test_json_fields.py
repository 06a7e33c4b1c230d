"""Fields come out with their types checked, and what is not known stays."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import InvalidField, InvalidJson
from ajar.wire.json_fields import Fields, decode_object, said, whole

VALUES: dict[str, Any] = {
    "text": "a",
    "number": 0.5,
    "integer": 0,
    "flag": False,
    "obj": {},
    "array": [],
    "strings": ["a", ""],
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_field_is_taken_out(kind: str) -> None:
    fields = Fields({kind: VALUES[kind], "other": 1})
    assert getattr(fields, kind)(kind) == VALUES[kind]
    assert fields.rest() == {"other": 1}


@pytest.mark.parametrize("kind", VALUES)
def test_absent_and_null_are_none(kind: str) -> None:
    fields = Fields({kind: None})
    assert getattr(fields, kind)(kind) is None
    assert getattr(fields, kind)("absent") is None
    assert fields.rest() == {kind: None}
    assert list(said(fields.rest())) == []


@pytest.mark.parametrize("kind", VALUES)
def test_another_type_is_refused_with_its_path(kind: str) -> None:
    for other, value in VALUES.items():
        if other == kind or {kind, other} in ({"number", "integer"}, {"array", "strings"}):
            continue
        with pytest.raises(InvalidField) as caught:
            getattr(Fields({"x": value}, "messages[2]"), kind)("x")
        assert caught.value.param == "messages[2].x"
        assert "`messages[2].x`" in caught.value.message


def test_numbers() -> None:
    assert repr(Fields({"n": 1}).number("n")) == "1"
    assert repr(Fields({"n": 1.0}).integer("n")) == "1"
    for value in (1.5, float("inf"), True):
        with pytest.raises(InvalidField, match="whole number"):
            Fields({"n": value}).integer("n")
    for value in (1e300, 10**30, 2**63, -(2**63) - 1, 10**400):
        with pytest.raises(InvalidField, match="64 bits"):
            Fields({"n": value}).integer("n")
        assert Fields({"n": value}).number("n") == value
    with pytest.raises(InvalidField):
        Fields({"n": True}).number("n")
    with pytest.raises(InvalidField):
        Fields({"n": ["a", 1]}).strings("n")


def test_what_is_empty_says_nothing() -> None:
    rest = {"annotations": [], "metadata": {}, "audio": None, "zero": 0, "no": False, "text": "", "inner": [[]]}
    assert list(said(rest)) == ["zero", "no", "text", "inner"]
    meant = {"web_search_options": {}, "transforms": [], "plugins": []}
    assert list(said(meant)) == ["web_search_options", "transforms"]
    assert list(said(dict.fromkeys(meant))) == []


def test_a_needed_string() -> None:
    assert Fields({"model": ""}).needed("model") == ""
    for value, why in (({}, "missing"), ({"model": None}, "missing"), ({"model": 1}, "string")):
        with pytest.raises(InvalidField, match=why) as caught:
            Fields(value).needed("model")
        assert caught.value.param == "model"


def test_inside_an_object_and_a_list() -> None:
    fields = Fields({"a": {"b": [{"c": "x"}, {"c": "y"}]}})
    inner = fields.inner("a")
    assert inner is not None
    assert inner.each("b", lambda each: (each.path, each.text("c"))) == [("a.b[0]", "x"), ("a.b[1]", "y")]
    assert fields.inner("a") is None
    assert fields.each("b", Fields.rest) is None
    with pytest.raises(InvalidField) as caught:
        Fields({"b": [{}, 1]}, "a").each("b", Fields.rest)
    assert caught.value.param == "a.b[1]"


def test_values_of_any_type() -> None:
    fields = Fields({"a": 0, "b": None})
    assert fields.peek("a") == 0
    assert fields.take("a") == 0
    assert fields.take("a") is None
    assert fields.drop("b") is True
    assert fields.drop("b") is False
    assert fields.rest() == {}


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"{", b'{"a":"\xff"}', b'{"a":"\\ud800"}', b"[" * 100_000])
def test_a_body_that_is_no_object(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        decode_object(body)


@given(st.integers() | st.integers(-(2**80), 2**80) | st.floats() | st.booleans() | st.none() | st.text())
def test_any_whole_number(value: Any) -> None:
    found = whole(value)
    assert found is None or (type(found) is int and found == value and -(2**63) <= found < 2**63)
    if type(value) is int and -(2**63) <= value < 2**63:
        assert found == value


@given(st.binary(max_size=100))
def test_any_body(body: bytes) -> None:
    with contextlib.suppress(InvalidJson):
        assert isinstance(decode_object(body), dict)
