"""A whole answer for a caller who speaks Anthropic's format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.parts import Foreign, Media, Part, Reasoning, Refusal, Text, ToolCall
from ajar.wire.anthropic import marks
from ajar.wire.anthropic.blocks_write import DIRECT
from ajar.wire.anthropic.stop import stop_reason_of
from ajar.wire.anthropic.usage import usage_fields
from ajar.wire.json_fields import said

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import Answer
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.request import ChatRequest
    from ajar.domain.usage import Usage
    from ajar.wire.made import Made

Block = dict[str, Any]

_TIERS = {"default": "standard", "priority": "priority"}

_encode = msgspec.json.Encoder().encode
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def write_answer(answer: Answer, request: ChatRequest, made: Made, losses: Losses) -> bytes:
    """The body of the answer."""
    del request  # nothing of it decides how the answer is said
    same = answer.format == "anthropic"
    finish = answer.finish
    if answer.logprobs is not None:
        losses.add("logprobs")
    message: Block = {"stop_details": None, "container": None}
    if same:
        message.update(answer.rest)
        message.update(finish.rest)
    else:
        losses.add_rest("", said(answer.rest))
        losses.add_rest("finish", said(finish.rest))
    message.update(
        id=message_id(answer.id if same else None, made),
        type="message",
        role="assistant",
        model=answer.model or made.model,
        content=_blocks(answer.parts, losses, same=same),
        stop_reason=stop_reason_of(
            finish,
            calls=any(type(part) is ToolCall for part in answer.parts),
            refused=any(type(part) is Refusal for part in answer.parts),
            own=same,
        ),
        stop_sequence=finish.stop_sequence,
        usage=usage_block(answer.usage, answer.usage_raw if same else None, losses, answer.service_tier),
    )
    return _encode(message)


def message_id(given: str | None, made: Made) -> str:
    """Anthropic's own id of the message, else one made of the inference's."""
    return given or "msg_" + made.id.replace("-", "")


def usage_block(usage: Usage | None, own: str | None, losses: Losses, tier: str | None = None) -> Any:
    """The `usage` of an answer: `own`, where Anthropic wrote it."""
    if own is not None:
        return msgspec.Raw(own.encode())
    block = usage_fields(usage, losses)
    if tier is not None:
        block["service_tier"] = _TIERS.get(tier)
        if block["service_tier"] is None:
            losses.add("service_tier")
    return block


def signed(opaque: str) -> Block:
    """A thinking block that only carries a signature to be brought back."""
    return {"type": "thinking", "thinking": "", "signature": opaque}


def _reasoning(part: Reasoning) -> Block | None:
    """A block of thoughts. One without a signature gets an empty one, which clients insist on."""
    if part.redacted:
        return {"type": "redacted_thinking", "data": part.opaque} if part.opaque else None
    return {"type": "thinking", "thinking": part.text, "signature": part.opaque or ""}


def _blocks(parts: list[Part], losses: Losses, *, same: bool) -> list[Block]:
    blocks: list[Block] = []
    for part in parts:
        if (type(part) is Text or type(part) is ToolCall) and part.opaque is not None:
            blocks.append(signed(part.opaque))
        block = _block(part, losses, same=same)
        if block is not None:
            if same and not isinstance(part, Foreign):
                block = {**part.rest, **block}
            blocks.append(block)
    return blocks


def _block(part: Part, losses: Losses, *, same: bool) -> Block | None:
    if isinstance(part, Foreign):
        if part.format == "anthropic":
            return part.value
        losses.add(part.kind)
        return None
    if not same:
        losses.add_rest("content", said(part.rest))
    if type(part) is Text:
        return _text(part, losses, same=same)
    if type(part) is ToolCall:
        return _tool_use(part, losses, same=same)
    if type(part) is Reasoning:
        return _reasoning(part)
    if type(part) is Refusal:
        return {"type": "text", "text": part.text, "citations": None}
    losses.add(part.kind if type(part) is Media else "tool_result")
    return None


def _text(part: Text, losses: Losses, *, same: bool) -> Block | None:
    if not same:
        if part.annotations:
            losses.add("annotations")
        if not part.text:
            return None  # callers who send it back would be refused
    block: Block = {"type": "text", "text": part.text}
    if same and part.annotations is not None:
        block["citations"] = part.annotations
    else:
        block["citations"] = None
    return block


def _tool_use(part: ToolCall, losses: Losses, *, same: bool) -> Block:
    block: Block = {
        "type": "tool_use",
        "id": part.id,
        "name": part.name,
        "input": msgspec.Raw(arguments_text(part, losses).encode()),
    }
    if not same or part.rest.get(marks.CALLER) is None:
        block["caller"] = DIRECT
    return block


def arguments_text(part: ToolCall, losses: Losses) -> str:
    """The text of a JSON object. What is none is wrapped into one, so that no tool is called by mistake."""
    text = part.arguments
    if part.custom:
        losses.add("tool_calls.custom")
        return _encode({"input": text}).decode()
    if not text or text.isspace() or text == "null":
        return "{}"
    try:
        _decode_object(text)
    except (msgspec.DecodeError, RecursionError):
        losses.add("tool_calls.arguments")
        return _encode({"INVALID_JSON": text}).decode()
    return text
