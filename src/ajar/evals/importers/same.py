"""The check that an answer is a value of the foreign file's."""

from __future__ import annotations

from typing import Any


def same(value: Any, *, negate: bool = False) -> dict[str, Any] | None:
    """The answer is exactly this text, or the JSON of this value; None where a suite cannot say that."""
    if isinstance(value, str):
        return {"scorer": "exact", "value": value, "strip": False} | ({"negate": True} if negate else {})
    return None if negate else {"scorer": "json-schema", "schema": {"const": value}}
