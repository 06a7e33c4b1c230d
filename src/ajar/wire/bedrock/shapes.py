"""Decoded JSON of which nothing is known yet."""

from __future__ import annotations

from typing import Any, cast


def as_object(value: Any) -> dict[str, Any] | None:
    """The value where it is an object, else None."""
    return cast("dict[str, Any]", value) if type(value) is dict else None


def as_list(value: Any) -> list[Any] | None:
    """The value where it is a list, else None."""
    return cast("list[Any]", value) if type(value) is list else None


def as_text(value: Any) -> str | None:
    """The value where it is a string, else None."""
    return value if type(value) is str else None


def only(value: Any, name: str) -> Any:
    """The value of the one field of an object; None where it is no object, or has other fields."""
    found = as_object(value)
    return found.get(name) if found is not None and len(found) == 1 else None
