"""Content blocks, of requests and of answers, as parts of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.domain.dialog.parts import Foreign, Media, Part, Reasoning, Text, ToolCall, ToolResult
from ajar.wire.anthropic import marks
from ajar.wire.json_fields import Fields, object_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

_encode = msgspec.json.Encoder().encode
_DIRECT = {"type": "direct"}


def read_block(fields: Fields) -> Part:
    """One block. One of a type that is not known here, or written in a way that is not, stays whole as Foreign."""
    kind = fields.peek("type")
    if type(kind) is not str:
        fields.refuse("type", "is missing" if kind is None else "must be a string")
    read = _READERS.get(kind)
    if read is None:
        return _foreign(fields, kind)
    return read(fields)


def read_blocks(values: list[Any], path: str) -> list[Part]:
    """The blocks of a list that stands at `path`. Raises InvalidField."""
    return [read_block(Fields(object_of(value, path, at), f"{path}[{at}]")) for at, value in enumerate(values)]


def read_content(fields: Fields, *, needed: bool) -> list[Part]:
    """The `content` of a message or a tool result: blocks, or one text for a plain string, which is then marked."""
    value = fields.peek("content")
    if type(value) is str:
        fields.rest()[marks.CONTENT] = None
        return [Text(value)]
    if value is None and not needed:
        return []
    if type(value) is not list:
        fields.refuse("content", "is missing" if value is None else "must be a string or a list")
    fields.drop("content")
    return read_blocks(cast("list[Any]", value), fields.where("content"))


def _foreign(fields: Fields, kind: str) -> Foreign:
    return Foreign("anthropic", kind, fields.rest())


def _text(fields: Fields) -> Text:
    fields.drop("type")
    text = fields.needed("text")
    cache, citations = fields.obj("cache_control"), fields.array("citations")
    return Text(text, None, cache, citations, fields.rest())


def _thinking(fields: Fields) -> Reasoning:
    fields.drop("type")
    thought, signature = fields.needed("thinking"), fields.text("signature")
    if signature == "":
        signature = None
        fields.rest()[marks.SIGNATURE] = None
    return Reasoning(thought, signature, rest=fields.rest())


def _redacted(fields: Fields) -> Reasoning:
    fields.drop("type")
    return Reasoning("", fields.needed("data"), redacted=True, rest=fields.rest())


def _tool_use(fields: Fields) -> ToolCall:
    fields.drop("type")
    given = fields.obj("input")
    if given is None:
        fields.refuse("input", "is missing")
    return tool_call(fields, _encode(given).decode())


def tool_call(fields: Fields, arguments: str) -> ToolCall:
    """A `tool_use` block whose `type` and `input` are taken out."""
    name, call_id = fields.needed("name"), fields.needed("id")
    cache = fields.obj("cache_control")
    rest = fields.rest()
    if rest.get("caller") == _DIRECT:
        rest[marks.CALLER] = None
    return ToolCall(call_id, name, arguments, cache=cache, rest=rest)


def _tool_result(fields: Fields) -> ToolResult:
    fields.drop("type")
    call_id = fields.needed("tool_use_id")
    given = fields.peek("content")
    content = read_content(fields, needed=False)
    if given == []:
        fields.rest()[marks.CONTENT] = None
    for at, part in enumerate(content):
        if type(part) is not Text and type(part) is not Media and type(part) is not Foreign:
            fields.refuse(f"content[{at}]", "cannot stand in a tool result")
    is_error, cache = fields.flag("is_error"), fields.obj("cache_control")
    return ToolResult(
        call_id, cast("list[Text | Media | Foreign]", content), is_error, None, cache=cache, rest=fields.rest()
    )


def _image(fields: Fields) -> Media | Foreign:
    return _media(fields, "image", {"base64": "data", "url": "url", "file": "file_id"})


def _document(fields: Fields) -> Media | Foreign:
    return _media(fields, "document", {"base64": "data", "url": "url", "file": "file_id", "text": "data"})


def _media(fields: Fields, kind: Literal["image", "document"], sources: dict[str, str]) -> Media | Foreign:
    """A picture or a document. A source that is not one of `sources` (blocks of content) makes the block Foreign."""
    given = fields.peek("source")
    if type(given) is not dict:
        fields.refuse("source", "is missing" if given is None else "must be an object")
    how = cast("dict[str, Any]", given).get("type")
    holder = sources.get(how) if type(how) is str else None
    if holder is None:
        return _foreign(fields, kind)
    fields.drop("type")
    fields.drop("source")
    source = Fields(cast("dict[str, Any]", given), fields.where("source"))
    source.drop("type")
    value = source.needed(holder)
    media = Media(kind, cache=fields.obj("cache_control"))
    if holder == "url":
        media.url = value
    elif holder == "file_id":
        media.file_id = value
    else:
        media.mime = source.needed("media_type")
        if how == "text":
            media.text = value
        else:
            media.data = value
    if kind == "document":
        media.name = fields.text("title")
    media.rest = fields.rest()
    if source.rest():
        media.rest["source"] = source.rest()
    return media


_READERS: dict[str, Callable[[Fields], Part]] = {
    "text": _text,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
    "image": _image,
    "document": _document,
}
