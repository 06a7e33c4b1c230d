"""Gemini's older schemas."""

from __future__ import annotations

from typing import Any

import pytest

from ajar.wire.gemini.schema import json_schema_of


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"type": "STRING"}, {"type": "string"}),
        ({"type": "STRING", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "STRING", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"any_of": [{"type": "INTEGER"}], "nullable": True}, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ({"nullable": True}, {}),
        ({"type": "ARRAY", "min_items": "1", "items": {"type": "NUMBER"}}, None),
        ({"type": "OBJECT", "properties": {"type": {"type": "STRING"}}, "propertyOrdering": ["type"]}, None),
        ({"ref": "#/$defs/a", "defs": {"a": {"type": "BOOLEAN"}}}, None),
        ({"type": 3, "properties": [], "anyOf": {}, "items": 1, "minItems": "x"}, None),
    ],
)
def test_the_same_in_json_schema(given: dict[str, Any], found: dict[str, Any] | None) -> None:
    wanted: dict[str, dict[str, Any]] = {
        "ARRAY": {"type": "array", "minItems": 1, "items": {"type": "number"}},
        "OBJECT": {"type": "object", "properties": {"type": {"type": "string"}}},
        "None": {"$ref": "#/$defs/a", "$defs": {"a": {"type": "boolean"}}},
        "3": {"type": 3, "properties": [], "anyOf": {}, "items": 1, "minItems": "x"},
    }
    assert json_schema_of(given) == (wanted[str(given.get("type"))] if found is None else found)


def test_depth_is_bounded() -> None:
    schema: dict[str, Any] = {"type": "STRING"}
    for _ in range(900):
        schema = {"type": "ARRAY", "items": schema}
    found = json_schema_of(schema)
    assert found["items"]["items"]["type"] == "array"
