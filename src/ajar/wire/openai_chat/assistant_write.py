"""A turn of the model's, for a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.domain.dialog.parts import Foreign, Part, Reasoning, Refusal, Rest, Text, ToolCall
from ajar.wire.openai_chat.ids import short_id
from ajar.wire.openai_chat.parts_write import write_part
from ajar.wire.openai_chat.reasoning import PLAIN, details_of, text_of
from ajar.wire.openai_chat.signature import put_signature
from ajar.wire.openai_chat.spelling import SpeltMessage

if TYPE_CHECKING:
    from ajar.domain.dialog.request import Message
    from ajar.wire.openai_chat.target import Target


def write_assistant(message: Message, target: Target) -> Rest:
    """One message: thoughts, content and calls, in the order that this format has."""
    thoughts: list[Reasoning] = []
    content: list[Part] = []
    calls: list[ToolCall] = []
    for part in message.parts:
        if type(part) is ToolCall:
            calls.append(part)
        elif type(part) is Reasoning:
            thoughts.append(part)
        elif type(part) is Text or type(part) is Refusal or target.own:
            content.append(part)
        else:
            target.losses.add(part.kind if type(part) is Foreign else f"content.{type(part).__name__.lower()}")
    out: Rest = {"role": "assistant"}
    target.carry(out, message.rest, "messages")  # first: a signature may have to stand in the midst of it
    listed = type(message) is SpeltMessage and bool(message.listed)
    if listed and target.own:
        out["content"] = [item for part in content if (item := write_part(part, target)) is not None]
        _on_message(out, content, target)
    else:
        _content(out, content, target, calls=bool(calls))
    if message.name is not None:
        out["name"] = message.name
    if calls:
        written = out["tool_calls"] = [write_call(call, target) for call in calls]
        if target.own and type(message) is SpeltMessage and message.indexed:
            for at, call in enumerate(written):
                call["index"] = at
    if thoughts or target.has("reasoning_back"):
        _thoughts(out, thoughts, message, target)
    return out


def _content(out: Rest, parts: list[Part], target: Target, *, calls: bool) -> None:
    """Text as one string, unless there are marks on it; a refusal in its own field."""
    texts = [part for part in parts if type(part) is Text]
    if texts:
        items = [write_part(text, target) for text in texts]
        if all(item is not None and len(item) == 2 for item in items):
            out["content"] = "".join([text.text for text in texts])
        else:
            out["content"] = items
    elif not target.own:
        out["content"] = None if calls else ""
    refusals = [part for part in parts if type(part) is Refusal]
    if refusals:
        out["refusal"] = "".join([part.text for part in refusals])
        if not texts and not target.own:
            out["content"] = None
    _on_message(out, parts, target)


def _on_message(out: Rest, parts: list[Part], target: Target) -> None:
    """What belongs to text, but stands on the message."""
    for part in parts:
        if type(part) is not Text:
            continue
        if part.annotations is not None:
            if target.own:
                out["annotations"] = part.annotations
            elif part.annotations:
                target.losses.add("content.citations" if target.came_in == "anthropic" else "content.annotations")
        if part.opaque is not None:
            _sign(out, part.opaque, target)


def _sign(holder: Rest, opaque: str, target: Target) -> None:
    if target.back.keeps(opaque):
        put_signature(holder, opaque)
    else:
        target.losses.add("thought_signature")


def write_call(call: ToolCall, target: Target) -> Rest:
    """One of `tool_calls`. Its arguments go as they came."""
    name = short_id(call.id) if target.has("short_ids") else call.id
    if call.custom:
        inner: Rest = {"name": call.name, "input": call.arguments}
        out: Rest = {"id": name, "type": "custom", "custom": inner}
    else:
        inner = {"name": call.name, "arguments": call.arguments if call.arguments or target.own else "{}"}
        out = {"id": name, "type": "function", "function": inner}
    if call.rest and target.own:
        beside = call.rest.get(out["type"])
        out.update(call.rest)
        out[out["type"]] = {**inner, **beside} if beside else inner
    else:
        target.carry(out, call.rest, "tool_calls")
    if call.opaque is not None:
        _sign(out, call.opaque, target)
    if call.cache is not None:
        if target.own or target.has("cache_control"):
            out["cache_control"] = call.cache
        else:
            target.losses.add("cache_control")
    return out


def _thoughts(out: Rest, thoughts: list[Reasoning], message: Message, target: Target) -> None:
    """Thoughts go back where they were issued, and to an API that wants its own text again."""
    keeps = target.back.keeps
    text = text_of(thoughts)
    if target.own and type(message) is SpeltMessage:
        for bit, name in PLAIN:
            if message.plain & bit:
                out[name] = text
        if message.details is not None:
            _details(out, thoughts, target, message.details)
    else:
        if any(part.opaque is not None for part in thoughts):
            _details(out, [part for part in thoughts if part.opaque is not None], target, None)
        unsaid = any(part.text and (part.opaque is None or not keeps(part.opaque)) for part in thoughts)
        if unsaid and not target.has("reasoning_back"):
            target.lose("reasoning")
        for part in thoughts:
            target.carry({}, part.rest, "reasoning")
    if target.has("reasoning_back") and "tool_calls" in out:
        for _, name in PLAIN:
            out.pop(name, None)
        out[target.back.reasoning_field] = text


def _details(out: Rest, thoughts: list[Reasoning], target: Target, left: list[Rest] | None) -> None:
    details, stripped = details_of(thoughts, target.back.keeps, left)
    if details:
        out["reasoning_details"] = details
    if stripped:
        for part in thoughts:
            if part.opaque is not None and not target.back.keeps(part.opaque):
                target.lose("reasoning_details.data" if part.redacted else "reasoning_details.signature")
