"""Parts of a request's messages as content blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zlib import crc32

import msgspec

from ajar.domain.dialog.parts import Foreign, Media, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.errors import InvalidField
from ajar.wire.anthropic import marks
from ajar.wire.anthropic.media_write import media_block
from ajar.wire.anthropic.server_calls import caller_of, is_cut

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ajar.domain.dialog.parts import Rest
    from ajar.wire.anthropic.scope import Scope

Block = dict[str, Any]

_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
_good_id = re.compile(r"[a-zA-Z0-9_-]+").fullmatch
_bad_signs = re.compile(r"[^a-zA-Z0-9_-]")
DIRECT = {"type": "direct"}


def write_blocks(parts: Iterable[Part], scope: Scope) -> list[Block]:
    """The blocks for the parts; what cannot be said is left out and named. Raises InvalidField."""
    blocks: list[Block] = []
    for part in parts:
        opaque = part.opaque if type(part) is Text or type(part) is ToolCall else None
        if opaque is not None:
            if scope.back.keeps(opaque):
                blocks.append({"type": "thinking", "thinking": "", "signature": opaque})
            else:
                scope.lose("opaque")
        block = _write(part, scope)
        if block is not None:
            blocks.append(block)
    return blocks


def tool_id(call_id: str, scope: Scope) -> str:
    """A tool call's id. One with signs that Anthropic refuses is replaced, always by the same one."""
    if scope.same or _good_id(call_id):
        return call_id
    return f"{_bad_signs.sub('_', call_id)}_{crc32(call_id.encode()):08x}"


def _write(part: Part, scope: Scope) -> Block | None:
    if type(part) is Text:
        return _text(part, scope)
    if type(part) is ToolCall:
        return _tool_use(part, scope)
    if type(part) is ToolResult:
        return _tool_result(part, scope)
    if type(part) is Reasoning:
        return _reasoning(part, scope)
    if type(part) is Media:
        return media_block(part, scope)
    if type(part) is Refusal:
        scope.lose("refusal")
        scope.node(part.rest, "content")
        return {"type": "text", "text": part.text} if part.text.strip() else None
    assert type(part) is Foreign
    if part.format == "anthropic" and scope.may_go(part.value) and not is_cut(part.value, scope):
        return part.value
    scope.lose_named(part.kind)
    return None


def _text(part: Text, scope: Scope) -> Block | None:
    block = scope.node(part.rest, "content")
    if not scope.same and not part.text.strip():
        return None  # refused there, and says nothing
    block["type"] = "text"
    block["text"] = part.text
    if part.annotations is not None:
        if scope.same and scope.may_go(part.annotations):
            block["citations"] = part.annotations
        elif part.annotations:
            scope.lose("annotations")
    return _cached(block, part.cache)


def _reasoning(part: Reasoning, scope: Scope) -> Block | None:
    opaque = part.opaque
    if opaque is None or not scope.back.keeps(opaque):
        if opaque is not None:
            scope.lose("signature")
        elif part.text or scope.same:
            scope.lose("thoughts")
        return None
    block = scope.node(part.rest, "thoughts")
    if part.redacted:
        block.update(type="redacted_thinking", data=opaque)
    else:
        block.update(type="thinking", thinking=part.text, signature=opaque)
    return block


def _tool_use(part: ToolCall, scope: Scope) -> Block:
    block = scope.node(part.rest, "call")
    if marks.marked(block, marks.CALLER):
        block["caller"] = DIRECT
    elif caller_of(block) in scope.cut:
        del block["caller"]
        scope.lose("caller")
    given: Any
    if part.custom:
        scope.lose("custom_call")
        given = {"input": part.arguments}
    else:
        given = _arguments(part)
    block.update(type="tool_use", id=tool_id(part.id, scope), name=part.name, input=given)
    return _cached(block, part.cache)


def _arguments(part: ToolCall) -> Any:
    if not part.arguments.strip():
        return {}
    try:
        return _decode_object(part.arguments)
    except (msgspec.DecodeError, RecursionError):
        raise InvalidField(
            f"the arguments of the call to `{part.name[:80]}` are not a JSON object", param="tool_calls.arguments"
        ) from None


def _tool_result(part: ToolResult, scope: Scope) -> Block:
    block = scope.node(part.rest, "result")
    block["type"] = "tool_result"
    block["tool_use_id"] = tool_id(part.call_id, scope)
    content = _result_content(part, scope, block)
    if content is None:
        block.pop("content", None)
    else:
        block["content"] = content
    if part.is_error is not None:
        block["is_error"] = part.is_error
    return _cached(block, part.cache)


def _result_content(part: ToolResult, scope: Scope, block: Block) -> str | list[Block] | None:
    only = part.content[0] if len(part.content) == 1 else None
    if scope.same:
        if type(only) is Text and marks.CONTENT in block:
            return only.text
        return write_blocks(part.content, scope) if part.content or marks.CONTENT in block else None
    if type(only) is Text and only.cache is None and only.opaque is None and not only.rest:
        return only.text
    return write_blocks(part.content, scope) or None


def _cached(block: Block, cache: Rest | None) -> Block:
    if cache is not None:
        block["cache_control"] = cache
    return block
