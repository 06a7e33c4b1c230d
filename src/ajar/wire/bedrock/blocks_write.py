"""Parts of a message as Converse's content blocks."""

from __future__ import annotations

import re
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.errors import InvalidField
from ajar.wire.bedrock.media_write import write_media
from ajar.wire.tool_reference import in_words

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Part, Rest
    from ajar.wire.bedrock.target import Target

_decode = msgspec.json.Decoder().decode
_call_id = re.compile(r"[a-zA-Z0-9_.:-]{1,64}").fullmatch

_NO_OUTPUT = {"text": "(no output)"}
"""A tool result without content is refused by some models, and by all where its status is `error`."""


def write_blocks(parts: list[Part], target: Target, *, media: bool = True) -> list[dict[str, Any]]:
    """The blocks of one turn, each cache point after what it stands on. `media`: the turn may hold more than text.

    Raises InvalidField where a tool call's arguments are no JSON object.
    """
    blocks: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, Text):
            block = _text(part, target)
        elif isinstance(part, ToolCall):
            block = _tool_use(part, target)
        elif isinstance(part, ToolResult):
            block = _tool_result(part, target)
        elif isinstance(part, Reasoning):
            block = _reasoning(part, target)
        elif isinstance(part, Media):
            if media or target.same:
                block = write_media(part, target)
            else:
                target.losses.add(f"content.{part.kind}")
                continue
        elif isinstance(part, Foreign):
            block = part.value if target.foreign(part) else None
        else:
            block = _refusal(part, target)
        if block is not None:
            blocks.append(block)
        if (cache := _cache_of(part)) is not None:
            add_cache_point(blocks, cache, target)
    return blocks


def add_cache_point(blocks: list[dict[str, Any]], cache: Rest, target: Target) -> None:
    """Mark what stands before as worth caching, where the model knows such marks."""
    if not (target.ways.cache or target.same):
        target.losses.add("cache_control")
    elif blocks and "cachePoint" not in blocks[-1]:
        blocks.append(cache_point(cache))


def cache_point(cache: Rest) -> dict[str, Any]:
    """The block for Anthropic's `cache_control`."""
    return {"cachePoint": {"type": "default", **({"ttl": cache["ttl"]} if "ttl" in cache else {})}}


def _cache_of(part: Part) -> Rest | None:
    if isinstance(part, Reasoning | Refusal | Foreign):
        return None
    if isinstance(part, ToolResult) and part.cache is None:
        # No cache point can stand inside a result.
        for each in part.content:
            if not isinstance(each, Foreign) and each.cache is not None:
                return each.cache
    return part.cache


def _text(part: Text, target: Target) -> dict[str, Any] | None:
    if part.opaque is not None:
        target.lose("opaque")
    if target.same:
        if part.annotations is not None:
            return {"citationsContent": {"content": [{"text": part.text}], "citations": part.annotations}}
        return part.rest or {"text": part.text}
    if part.annotations:
        target.lose("citations")
    target.rest("content", part.rest)
    # Blank text is refused (https://github.com/NousResearch/hermes-agent/pull/67978, 2026-07).
    return {"text": part.text} if part.text and not part.text.isspace() else None


def _refusal(part: Refusal, target: Target) -> dict[str, Any] | None:
    target.lose("refusal")
    return {"text": part.text} if part.text and not part.text.isspace() else None


def _tool_use(part: ToolCall, target: Target) -> dict[str, Any]:
    if part.opaque is not None:
        target.lose("opaque")
    if part.custom:
        target.lose("custom_tool_call")
        value: Any = {"input": part.arguments}
    else:
        value = _object(part.arguments, target)
    rest = target.rest("content", part.rest)
    return {"toolUse": {"toolUseId": _id(part.id, target), "name": part.name, "input": value, **rest}}


def _id(given: str, target: Target) -> str:
    """A call's id; another for one that Converse refuses, the same for call and result."""
    if target.same or _call_id(given):
        return given
    return f"call_{blake2s(given.encode(), digest_size=16).hexdigest()}"


def _object(text: str, target: Target) -> Any:
    """Arguments as they are to stand in the request: their own text, once it is known to be an object."""
    if not text or text.isspace():
        return {}
    try:
        value = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        value = None
    if type(value) is not dict and not target.same:
        raise InvalidField("a tool call's arguments must be a JSON object", param="tool_calls.arguments")
    return msgspec.Raw(text.encode())


def _tool_result(part: ToolResult, target: Target) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for each in in_words(part.content):
        if isinstance(each, Text):
            block = _text(each, target)
        elif isinstance(each, Media):
            block = _result_media(each, target)
        else:
            block = each.value if target.foreign(each) else None
        if block is not None:
            content.append(block)
    result: dict[str, Any] = {"toolUseId": _id(part.call_id, target), "content": content}
    if not content and not target.same:
        result["content"] = [_NO_OUTPUT]
    if part.is_error is not None:
        result["status"] = "error" if part.is_error else "success"
    return {"toolResult": {**result, **target.rest("content", part.rest)}}


def _result_media(part: Media, target: Target) -> dict[str, Any] | None:
    if part.kind == "audio" and not target.same:
        target.losses.add("content.audio")
        return None
    return write_media(part, target)


def _reasoning(part: Reasoning, target: Target) -> dict[str, Any] | None:
    """A thought as its model must get it back; None, with the loss named, where it would be refused."""
    opaque = part.opaque
    if opaque is not None and not target.keeps(opaque):
        opaque = None
        if part.redacted:
            return None
    ways = target.ways
    if part.redacted:
        if not (target.same or ways.signed):
            target.lose("opaque")
            return None
        return {"reasoningContent": {"redactedContent": opaque}}
    if not target.same:
        if opaque is not None and not ways.signed:
            target.lose("opaque")
            opaque = None
        if opaque is None and (not ways.unsigned or not part.text):
            if part.text or part.opaque is None:
                target.lose("thinking")
            return None
    elif opaque is None and part.opaque is not None and ways.signed:
        return None
    rest = target.rest("content", part.rest)
    text = {"text": part.text} if opaque is None else {"text": part.text, "signature": opaque}
    return {"reasoningContent": {"reasoningText": {**text, **rest}}}
