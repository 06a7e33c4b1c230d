"""Gemini's older schemas, a part of OpenAPI's (`parameters`, `responseSchema`), as JSON Schema."""

from __future__ import annotations

from typing import Any, cast

from ajar.wire.gemini.spelling import camelled

_WHOLE = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
_MAPS = frozenset({"properties", "$defs"})
_LISTS = frozenset({"anyOf", "prefixItems"})
_NAMES = {"defs": "$defs", "ref": "$ref"}
_MOST_DEPTH = 200


def json_schema_of(schema: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """The same schema with types in lower case, counts that are numbers, and null as a type instead of `nullable`."""
    if depth > _MOST_DEPTH:
        return {}
    found: dict[str, Any] = {}
    for given, value in camelled(schema).items():
        name = _NAMES.get(given, given)
        if name == "type" and type(value) is str:
            found[name] = value.lower()
        elif name in _WHOLE and type(value) is str and value.isdecimal() and len(value) < 20:  # ProtoJSON's int64
            found[name] = int(value)
        elif name in _MAPS and type(value) is dict:
            members = cast("dict[str, Any]", value)
            found[name] = {key: _inside(each, depth) for key, each in members.items()}
        elif name in _LISTS and type(value) is list:
            found[name] = [_inside(each, depth) for each in cast("list[Any]", value)]
        elif name == "items" or name == "additionalProperties":
            found[name] = _inside(value, depth)
        elif name != "nullable" and name != "propertyOrdering":
            found[name] = value
    return _or_null(found) if schema.get("nullable") is True else found


def _inside(value: Any, depth: int) -> Any:
    return json_schema_of(cast("dict[str, Any]", value), depth + 1) if type(value) is dict else value


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "type" in schema:
        values: Any = schema.get("enum")
        if type(values) is list:
            schema["enum"] = [*cast("list[Any]", values), None]
        return schema | {"type": [schema["type"], "null"]}
    if "anyOf" in schema:
        return schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    return schema
