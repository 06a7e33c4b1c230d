"""A conversation in Anthropic's form as turns of a dialog."""

from __future__ import annotations

from typing import Any, NoReturn, cast

from ajar.domain.dialog.parts import Part, Reasoning, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import Message
from ajar.errors import InvalidField
from ajar.wire.anthropic import marks
from ajar.wire.anthropic.blocks_read import read_blocks, read_content
from ajar.wire.json_fields import Fields, object_of


def read_system(fields: Fields) -> Message | None:
    """The request's top-level `system` as a turn. Raises InvalidField."""
    value = fields.peek("system")
    if value is None:
        return None
    if type(value) is str:
        fields.drop("system")
        return Message("system", [Text(value)], rest={marks.SYSTEM: None, marks.CONTENT: None})
    if type(value) is not list:
        fields.refuse("system", "must be a string or a list")
    fields.drop("system")
    parts = read_blocks(cast("list[Any]", value), "system")
    _refuse_misplaced(parts, "system", (ToolCall, ToolResult, Reasoning))
    return Message("system", parts, rest={marks.SYSTEM: None})


def read_messages(values: list[Any]) -> list[Message]:
    """The turns. A user's message with tool results becomes two turns, the results first. Raises InvalidField."""
    messages: list[Message] = []
    names: dict[str, str] = {}
    for at, value in enumerate(values):
        fields = Fields(object_of(value, "messages", at), f"messages[{at}]")
        role = fields.needed("role")
        if role == "user":
            _add_user(messages, fields, names)
        elif role == "assistant":
            parts = read_content(fields, needed=True)
            _refuse_misplaced(parts, fields.where("content"), (ToolResult,))
            for part in parts:
                if type(part) is ToolCall:
                    names[part.id] = part.name
            messages.append(Message("assistant", parts, rest=fields.rest()))
        elif role == "system":
            parts = read_content(fields, needed=True)
            _refuse_misplaced(parts, fields.where("content"), (ToolCall, ToolResult, Reasoning))
            messages.append(Message("system", parts, rest=fields.rest()))
        else:
            fields.refuse("role", "must be `user`, `assistant` or `system`")
    return messages


def _add_user(messages: list[Message], fields: Fields, names: dict[str, str]) -> None:
    parts = read_content(fields, needed=True)
    _refuse_misplaced(parts, fields.where("content"), (ToolCall, Reasoning))
    results: list[Part] = []
    others: list[Part] = []
    for part in parts:
        if type(part) is ToolResult:
            part.name = names.get(part.call_id)
            results.append(part)
        else:
            others.append(part)
    if not results:
        messages.append(Message("user", parts, rest=fields.rest()))
        return
    messages.append(Message("tool", results, rest=fields.rest()))
    if others:
        messages.append(Message("user", others, rest={marks.JOINED: None}))


def _refuse_misplaced(parts: list[Part], path: str, kinds: tuple[type[Part], ...]) -> None:
    for at, part in enumerate(parts):
        if type(part) in kinds:
            _refuse(f"{path}[{at}]")


def _refuse(path: str) -> NoReturn:
    raise InvalidField(f"`{path}` cannot stand in a turn of this role", param=path)
