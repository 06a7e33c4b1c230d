"""The messages of a Chat Completions request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.parts import Foreign, Part, Refusal, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import Message, Role
from ajar.wire.json_fields import Fields, object_of
from ajar.wire.openai_chat.parts_read import read_part
from ajar.wire.openai_chat.reasoning import placed, take_thoughts
from ajar.wire.openai_chat.signature import take_signature
from ajar.wire.openai_chat.spelling import SpeltMessage

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Media

FUNCTION_MESSAGE = "messages.function"
"""The kind of a `Foreign` part that is a whole message of the role `function`, which `tool` replaced in 2023."""


def read_messages(values: list[Any], path: str) -> list[Message]:
    """The turns: successive tool messages make one. Raises InvalidField."""
    messages: list[Message] = []
    results: list[ToolResult] = []
    listed = 0
    for at, value in enumerate(values):
        fields = Fields(object_of(value, path, at), f"{path}[{at}]")
        role = fields.needed("role")
        if role == "tool":
            result, as_list = _result(fields)
            listed |= as_list << len(results)
            results.append(result)
            continue
        if results:
            messages.append(_tool_turn(results, listed))
            results, listed = [], 0
        messages.append(_message(role, fields))
    if results:
        messages.append(_tool_turn(results, listed))
    return messages


def _tool_turn(results: list[ToolResult], listed: int) -> Message:
    parts: list[Part] = [*results]
    return SpeltMessage("tool", parts, listed=listed) if listed else Message("tool", parts)


def _message(role: str, fields: Fields) -> Message:
    if role == "user" or role == "system" or role == "developer":
        return _instructing(role, fields)
    if role == "assistant":
        return _assistant(fields)
    if role != "function":
        fields.refuse("role", "must be one of system, developer, user, assistant and tool")
    return Message("user", [Foreign("openai-chat", FUNCTION_MESSAGE, {"role": role, **fields.rest()})])


def _instructing(role: Role, fields: Fields) -> Message:
    parts, listed = _content(fields)
    name = fields.text("name")
    if listed:
        return SpeltMessage(role, parts, name, fields.rest(), listed=listed)
    return Message(role, parts, name, fields.rest())


def _content(fields: Fields) -> tuple[list[Part], int]:
    """The parts, and 1 where they were a list."""
    content = fields.take("content")
    if type(content) is str:
        return [Text(content)], 0
    if content is None:
        return [], 0
    if type(content) is not list:
        fields.refuse("content", "must be a string or a list of parts")
    path = fields.where("content")
    parts: list[Part] = []
    for at, value in enumerate(cast("list[Any]", content)):
        parts.append(read_part(object_of(value, path, at), path, at))
    return parts, 1


def _assistant(fields: Fields) -> Message:
    message = fields.rest()
    parts, listed = _content(fields)
    name = fields.text("name")
    if not listed and (refusal := fields.text("refusal")) is not None:
        parts.append(Refusal(refusal))
    if message:
        _on_text(message, parts)
    indexed = False
    if message.get("tool_calls"):
        calls = fields.each("tool_calls", read_call) or []
        if calls[0].rest:
            indexed = _take_numbers(calls)
        parts += calls
    plain, details = 0, None
    if message:
        thoughts = take_thoughts(message)
        plain, details = thoughts.plain, thoughts.details
        parts = placed(thoughts, parts)
    if listed or plain or details is not None or indexed:
        return SpeltMessage(
            "assistant", parts, name, message, listed=listed, plain=plain, details=details, indexed=indexed
        )
    return Message("assistant", parts, name, message)


def _take_numbers(calls: list[ToolCall]) -> bool:
    """Take each call's own number off it, if all have theirs; whether they had."""
    if any(type(call.rest.get("index")) is not int or call.rest["index"] != at for at, call in enumerate(calls)):
        return False
    for call in calls:
        del call.rest["index"]
    return True


def _on_text(message: dict[str, Any], parts: list[Part]) -> None:
    """What stands on the message but belongs to its text, if it has one."""
    text = next((part for part in parts if type(part) is Text), None)
    if text is None:
        return
    text.opaque = take_signature(message)
    annotations = message.get("annotations")
    if type(annotations) is list:
        text.annotations = cast("list[Any]", annotations)
        del message["annotations"]


def read_call(fields: Fields) -> ToolCall:
    """One of a message's `tool_calls`. Raises InvalidField."""
    kind = fields.text("type")
    custom = kind == "custom"
    if not custom and kind is not None and kind != "function":
        fields.refuse("type", "must be `function` or `custom`")
    inner = fields.inner(kind or "function")
    if inner is None:
        fields.refuse(kind or "function", "is missing")
    name = inner.needed("name")
    arguments = inner.text("input" if custom else "arguments") or ""
    identity = fields.text("id")
    if identity is None:
        fields.refuse("id", "is missing")
    rest = fields.rest()
    opaque = take_signature(rest) if rest else None
    if inner.rest():
        rest[kind or "function"] = inner.rest()
    return ToolCall(identity, name, arguments, custom=custom, opaque=opaque, rest=rest)


def _result(fields: Fields) -> tuple[ToolResult, int]:
    call = fields.text("tool_call_id")
    if call is None:
        fields.refuse("tool_call_id", "is missing")
    parts, listed = _content(fields)
    content = cast("list[Text | Media | Foreign]", parts)  # `read_part` makes no others for a role but assistant
    return ToolResult(call, content, name=fields.text("name"), rest=fields.rest()), listed
