"""The turns of a request: `contents`, and `systemInstruction`."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.domain.dialog.parts import Foreign, Media, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import Message
from ajar.wire.gemini.marks import ID, JOINED, RESPONSE, ROLE
from ajar.wire.gemini.media import read_media
from ajar.wire.gemini.parts_read import foreign_part, made_id, read_part
from ajar.wire.gemini.spelling import camel_fields, inner

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Part, Rest
    from ajar.wire.json_fields import Fields

_encode = msgspec.json.Encoder().encode


class ContentsReader:
    """Reads contents one after the other. Gemini's calls need no ids: a result without one belongs to the first call of
    its function that has no result yet.
    """

    __slots__ = ("_calls", "_waiting")

    def __init__(self) -> None:
        self._calls = 0
        self._waiting: defaultdict[str, deque[str]] = defaultdict(deque)

    def read(self, fields: Fields) -> list[Message]:
        """The turns that one content is: results and what else stands beside them are two. Raises InvalidField."""
        fields = camel_fields(fields)
        role = fields.text("role")
        if role not in (None, "user", "model", "function"):
            fields.refuse("role", "must be `user` or `model`")
        parts = fields.each("parts", self._part) or []
        rest = fields.rest()
        if role is None:
            rest[ROLE] = None
        if role == "model":
            return [Message("assistant", parts, rest=rest)]
        if role == "function":
            rest["role"] = role
        results: list[Part] = [part for part in parts if type(part) is ToolResult]
        others = [part for part in parts if type(part) is not ToolResult]
        if not results:
            return [Message("user", others, rest=rest)]
        turns = [Message("tool", results, rest=rest)]
        if others:
            turns.append(Message("user", others, rest={JOINED: None}))
        return turns

    def _part(self, fields: Fields) -> Part:
        fields = camel_fields(fields)
        if type(fields.peek("functionCall")) is dict:
            return self._call(fields)
        if type(fields.peek("functionResponse")) is dict:
            return self._result(fields)
        return read_part(fields)

    def _call(self, fields: Fields) -> ToolCall:
        call = inner(fields, "functionCall")
        assert call is not None
        name, args = call.text("name") or "", call.obj("args")
        text = "" if args is None else encoded(args)
        opaque, identity = fields.text("thoughtSignature"), call.text("id")
        rest = fields.rest()
        if call.rest():
            rest["functionCall"] = call.rest()
        if not identity:
            identity = made_id(self._calls, name, text)
            rest[ID] = None
        self._calls += 1
        self._waiting[name].append(identity)
        return ToolCall(identity, name, text, opaque=opaque, rest=rest)

    def _result(self, fields: Fields) -> ToolResult:
        result = inner(fields, "functionResponse")
        assert result is not None
        name, identity, response = result.text("name") or "", result.text("id"), result.obj("response")
        media = result.each("parts", _result_part)
        rest = fields.rest()
        waiting = self._waiting[name]
        if not identity:
            rest[ID] = None
            identity = waiting[0] if waiting else made_id(self._calls, name, "")
        if identity in waiting:
            waiting.remove(identity)
        if result.rest():
            rest["functionResponse"] = result.rest()
        content, is_error = _response(response, rest)
        return ToolResult(identity, [*content, *(media or ())], is_error, name, rest=rest)


def _response(response: Rest | None, rest: Rest) -> tuple[list[Text | Media | Foreign], bool | None]:
    """The text of a result, and whether it is an error's."""
    if response is None:
        return [], None
    if len(response) == 1:
        ((key, value),) = response.items()
        if key in ("result", "error") and type(value) is str:
            return [Text(value)], True if key == "error" else None
    rest[RESPONSE] = None
    return [Text(encoded(response))], None


def _result_part(fields: Fields) -> Media | Foreign:
    fields = camel_fields(fields)
    return read_media(fields) or foreign_part(fields)


def read_system(fields: Fields) -> Message:
    """The turn that a `systemInstruction` is. Raises InvalidField."""
    fields = camel_fields(fields)
    parts = fields.each("parts", lambda each: read_part(camel_fields(each))) or []
    return Message("system", parts, rest=fields.rest())


def encoded(value: Any) -> str:
    """The JSON text of a value that was decoded."""
    return _encode(cast("object", value)).decode()
