"""The messages of a request, for a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ajar.domain.dialog.parts import Foreign, Media, Part, Rest, Text, ToolResult
from ajar.wire.openai_chat.assistant_write import write_assistant
from ajar.wire.openai_chat.ids import short_id
from ajar.wire.openai_chat.messages_read import FUNCTION_MESSAGE
from ajar.wire.openai_chat.parts_write import content_of
from ajar.wire.openai_chat.spelling import SpeltMessage
from ajar.wire.result_order import results_after_calls
from ajar.wire.tool_reference import in_words

if TYPE_CHECKING:
    from ajar.domain.dialog.request import Message
    from ajar.wire.openai_chat.target import Target


def write_messages(messages: list[Message], target: Target) -> list[Rest]:
    """The messages. Media in tool results, which are text here, follow all results of their round as a user's."""
    written: list[Rest] = []
    media: list[Part] = []
    for message in messages if target.own else results_after_calls(messages):
        role = message.role
        if role == "tool":
            written += _results(message, target, media)
            continue
        if media:
            if role == "user":
                message = _with(media, message)
            else:
                written.append({"role": "user", "content": content_of(media, target, listed=True)})
            media = []
        if role == "assistant":
            written.append(write_assistant(message, target))
        else:
            written.append(_instructing(message, target))
    if media:
        written.append({"role": "user", "content": content_of(media, target, listed=True)})
    return written


def _with(media: list[Part], message: Message) -> Message:
    """One user turn of both: templates of many open models refuse two in a row."""
    return type(message)(role="user", parts=[*media, *message.parts], name=message.name, rest=message.rest)


def _instructing(message: Message, target: Target) -> Rest:
    parts = message.parts
    if len(parts) == 1 and type(parts[0]) is Foreign and parts[0].kind == FUNCTION_MESSAGE and target.own:
        return parts[0].value
    role = "system" if message.role == "developer" and target.has("no_developer") else message.role
    out: Rest = {"role": role}
    listed = type(message) is SpeltMessage and bool(message.listed)
    if parts or listed or not target.own:
        out["content"] = content_of(parts, target, listed=listed)
    if message.name is not None:
        out["name"] = message.name
    target.carry(out, message.rest, "messages")
    return out


def _results(message: Message, target: Target, media: list[Part]) -> list[Rest]:
    """One message for each result; `media` takes up what they hold besides text."""
    listed = message.listed if type(message) is SpeltMessage else 0
    written: list[Rest] = []
    for at, part in enumerate(message.parts):
        if type(part) is ToolResult:
            written.append(_result(part, target, media, listed=bool(listed >> at & 1)))
        else:
            media.append(part)
    target.carry(written[0] if written else {}, message.rest, "messages")
    return written


def _result(result: ToolResult, target: Target, media: list[Part], *, listed: bool) -> Rest:
    content: list[Part] = [*in_words(result.content)]
    if not target.own and any(type(part) is Media and part.text is None for part in content):
        media.append(Text(f"From the result of the tool call {_id(result.call_id, target)}:"))
        media += [part for part in content if type(part) is Media and part.text is None]
        content = [part for part in content if not (type(part) is Media and part.text is None)]
    out: Rest = {"role": "tool", "tool_call_id": _id(result.call_id, target)}
    if content or listed or not target.own:
        out["content"] = content_of(content, target, listed=listed)
    if result.name is not None and target.own:
        out["name"] = result.name
    if result.is_error:
        target.losses.add("tool_result.is_error" if target.came_in == "anthropic" else "messages.is_error")
    if result.cache is not None:
        _cache_result(out, result.cache, target)
    target.carry(out, result.rest, "tool_message")
    return out


def _cache_result(out: Rest, cache: Rest, target: Target) -> None:
    """A mark on the whole result goes on its last part."""
    content = out["content"]
    if not target.has("cache_control") or not content:
        target.losses.add("cache_control")
    elif type(content) is str:
        out["content"] = [{"type": "text", "text": content, "cache_control": cache}]
    else:
        cast("list[Rest]", content)[-1].setdefault("cache_control", cache)


def _id(name: str, target: Target) -> str:
    return short_id(name) if target.has("short_ids") else name
