"""The dialog's answer as one of Converse's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.wire.back import Back
from ajar.wire.bedrock.blocks_write import write_blocks
from ajar.wire.bedrock.model import Ways
from ajar.wire.bedrock.shapes import as_object
from ajar.wire.bedrock.stop import stop_reason_of
from ajar.wire.bedrock.target import Target
from ajar.wire.json_fields import said

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import Answer
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.request import ChatRequest
    from ajar.domain.usage import Usage
    from ajar.wire.made import Made

_encode = msgspec.json.Encoder().encode


def write_answer(answer: Answer, request: ChatRequest, made: Made, losses: Losses) -> bytes:
    """The body of Converse's answer. It has no place for an id or a model, and no usage where none is known."""
    del request, made
    # The caller gets every opaque value, and thoughts without one too: what may come back is for a request to say.
    target = Target(Back(model="", keeps=lambda _: True), answer.format, losses)
    target.ways = Ways(signed=True, unsigned=True)
    body: dict[str, Any] = {
        "output": {"message": {"role": "assistant", "content": write_blocks(answer.parts, target)}},
        "stopReason": stop_reason_of(answer.finish),
    }
    if target.same and answer.usage_raw is not None:
        body["usage"] = msgspec.Raw(answer.usage_raw.encode())
    elif answer.usage is not None:
        body["usage"] = _usage(answer.usage)
    if answer.service_tier is not None:
        body["serviceTier"] = {"type": answer.service_tier}
    if answer.logprobs is not None:
        losses.add("logprobs")
    if target.same:
        body.update(answer.rest)
    else:
        losses.add_rest("", said(answer.rest))
        losses.add_rest("finish", said(answer.finish.rest))
    if answer.finish.stop_sequence is not None:  # where Claude's own are, if they were asked for
        fields = as_object(body.get("additionalModelResponseFields")) or {}
        body["additionalModelResponseFields"] = {**fields, "stop_sequence": answer.finish.stop_sequence}
    return _encode(body)


def _usage(usage: Usage) -> dict[str, int]:
    read, written = usage.cache_read_input_tokens, usage.cache_write_input_tokens
    whole, output = usage.input_tokens, usage.output_tokens
    counts = {
        "inputTokens": None if whole is None else whole - (read or 0) - (written or 0),
        "outputTokens": output,
        "totalTokens": None if whole is None or output is None else whole + output,
        "cacheReadInputTokens": read,
        "cacheWriteInputTokens": written,
    }
    return {name: count for name, count in counts.items() if count is not None}
