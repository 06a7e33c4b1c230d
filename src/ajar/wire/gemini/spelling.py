"""ProtoJSON takes a field as `camelCase` and as `snake_case`; here it is always the first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ajar.wire.json_fields import Fields

_snake = re.compile(r"_([a-z0-9])")


def camelled(message: dict[str, Any]) -> dict[str, Any]:
    """A message's fields in camel case. What is inside of them stays as it is."""
    for name in message:
        if "_" in name:
            return {_snake.sub(_upper, name): value for name, value in message.items()}
    return message


def camel_fields(fields: Fields) -> Fields:
    """The same for fields that are about to be taken out."""
    return type(fields)(camelled(fields.rest()), fields.path)


def inner(fields: Fields, name: str) -> Fields | None:
    """A message within a message, taken out."""
    found = fields.inner(name)
    return None if found is None else camel_fields(found)


def _upper(match: re.Match[str]) -> str:
    return match[1].upper()
