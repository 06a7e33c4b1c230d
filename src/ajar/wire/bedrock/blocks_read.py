"""Converse's content blocks as parts of a message, in requests and answers alike.

A block is an object with one field, which names its kind. What is not exactly in a known shape becomes `Foreign`, so
that it is written back as it was.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Text, ToolCall, ToolResult
from ajar.wire.bedrock.kinds import FORMATS
from ajar.wire.bedrock.shapes import as_list, as_object, as_text, only
from ajar.wire.json_fields import Fields, object_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.domain.dialog.parts import Part
    from ajar.wire.bedrock.kinds import MediaKind

_encode = msgspec.json.Encoder().encode


def read_blocks(values: list[Any], path: str) -> list[Part]:
    """The parts of a message; a cache point stands on the part before it.

    Raises InvalidField where a known field has a wrong type.
    """
    parts: list[Part] = []
    for at, value in enumerate(values):
        block = object_of(value, path, at)
        if not mark_cached(block, parts[-1] if parts else None):
            parts.append(_part(block, Fields(block, f"{path}[{at}]")))
    return parts


def mark_cached(block: dict[str, Any], part: Any) -> bool:
    """Put the cache point that `block` is on `part`; False where it is none, or cannot stand there."""
    point = as_object(only(block, "cachePoint"))
    if point is None or point.keys() - {"ttl"} != {"type"} or point["type"] != "default":
        return False
    if getattr(part, "cache", point) is not None:  # a part that has no `cache`, or has one already
        return False
    part.cache = {"type": "ephemeral", **({"ttl": point["ttl"]} if "ttl" in point else {})}
    return True


def foreign(block: dict[str, Any]) -> Foreign:
    """A block kept whole, called by its fields."""
    return Foreign("bedrock", "+".join(block) or "content", block)


def _part(block: dict[str, Any], fields: Fields) -> Part:
    if len(block) != 1:
        return foreign(block)
    (kind,) = block
    if kind == "text":
        return Text(fields.needed(kind))
    read, value = _READERS.get(kind), as_object(block[kind])
    if read is None or value is None:
        return foreign(block)
    return read(value, Fields({**value}, fields.where(kind))) or foreign(block)


def _tool_use(value: dict[str, Any], fields: Fields) -> Part | None:
    """A call of a tool that the provider runs itself (`type` is `server_tool_use`) is nothing for a caller."""
    if fields.peek("type") not in (None, "tool_use"):
        return None
    arguments = _encode(value["input"]).decode() if fields.drop("input") else ""
    return ToolCall(fields.needed("toolUseId"), fields.needed("name"), arguments, rest=fields.rest())


def _tool_result(value: dict[str, Any], fields: Fields) -> Part | None:
    del value
    status = fields.peek("status")
    if fields.peek("type") not in (None, "tool_result") or status not in (None, "success", "error"):
        return None
    call_id = fields.needed("toolUseId")
    content = fields.array("content")
    if content is None:
        fields.refuse("content", "must be a list")
    fields.take("status")
    path = fields.where("content")
    parts = [_result_part(object_of(each, path, at), f"{path}[{at}]") for at, each in enumerate(content)]
    return ToolResult(call_id, parts, None if status is None else status == "error", rest=fields.rest())


def _result_part(block: dict[str, Any], path: str) -> Text | Media | Foreign:
    if len(block) == 1 and "json" in block:
        # Other formats know text only; `rest` tells a writer of this one what it was.
        return Text(_encode(block["json"]).decode(), rest=block)
    part = _part(block, Fields(block, path))
    return part if isinstance(part, Text | Media | Foreign) and "citationsContent" not in block else foreign(block)


def _reasoning(value: dict[str, Any], fields: Fields) -> Part | None:
    del fields
    hidden = as_text(only(value, "redactedContent"))
    if hidden is not None:
        return Reasoning(opaque=hidden, redacted=True)
    shown = as_object(only(value, "reasoningText")) or {}
    text, signature = as_text(shown.get("text")), as_text(shown.get("signature"))
    if text is None or (signature is None and "signature" in shown):
        return None
    rest = {name: each for name, each in shown.items() if name not in ("text", "signature")}
    return Reasoning(text, signature, rest=rest)


def _citations(value: dict[str, Any], fields: Fields) -> Part | None:
    del fields
    content, citations = as_list(value.get("content")) or [], as_list(value.get("citations"))
    text = as_text(only(content[0], "text")) if len(content) == 1 else None
    if text is None or citations is None or len(value) != 2:
        return None
    return Text(text, annotations=citations)


def _media(kind: MediaKind, value: dict[str, Any], fields: Fields) -> Part | None:
    source = as_object(value.get("source")) or {}
    mime = FORMATS[kind].get(as_text(value.get("format")) or "")
    if len(source) != 1 or (mime is None and ("format" in value or "text" not in source)):
        return None
    part = Media(kind, mime, as_text(source.get("bytes")), text=as_text(source.get("text")), rest=fields.rest())
    place = as_object(source.get("s3Location"))
    if place is not None and place.keys() - {"bucketOwner"} == {"uri"}:
        part.url = as_text(place["uri"])
        if "bucketOwner" in place:
            part.rest["bucketOwner"] = place["bucketOwner"]
    if part.data is None and part.text is None and part.url is None:
        return None
    fields.drop("format")
    fields.drop("source")
    if kind == "document":
        part.name = fields.text("name")
    return part


_READERS: dict[str, Callable[[dict[str, Any], Fields], Part | None]] = {
    "toolUse": _tool_use,
    "toolResult": _tool_result,
    "reasoningContent": _reasoning,
    "citationsContent": _citations,
    "image": partial(_media, "image"),
    "document": partial(_media, "document"),
    "audio": partial(_media, "audio"),
    "video": partial(_media, "video"),
}
