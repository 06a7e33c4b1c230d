"""The parts of a content."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from ajar.domain.dialog.parts import Foreign, Reasoning, Text
from ajar.wire.gemini.media import read_media

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Part
    from ajar.wire.json_fields import Fields

_BESIDE = frozenset({"thought", "thoughtSignature", "partMetadata", "mediaResolution", "videoMetadata"})


def read_part(fields: Fields) -> Part:
    """A part that is neither a call nor a result; its fields are used up. Raises InvalidField."""
    text = fields.text("text")
    if text is not None:
        opaque = fields.text("thoughtSignature")
        if fields.peek("thought") is True:
            fields.drop("thought")
            return Reasoning(text, opaque, summary=True, rest=fields.rest())
        return Text(text, opaque, rest=fields.rest())
    return read_media(fields) or foreign_part(fields)


def foreign_part(fields: Fields) -> Foreign:
    """A part of a kind that only Gemini has."""
    value = fields.rest()
    kind = next((name for name in value if name not in _BESIDE), "part")
    return Foreign("gemini", kind, value)


def made_id(number: int, *told: str | bytes) -> str:
    """An id for a call without one: the same for the same call, another for any other."""
    digest = blake2b(digest_size=4)
    for each in told:
        digest.update(each.encode("utf-8", "replace") if isinstance(each, str) else each)
        digest.update(b"\0")
    return f"call_{number}_{digest.hexdigest()}"
