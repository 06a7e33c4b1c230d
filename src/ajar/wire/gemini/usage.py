"""Gemini's `usageMetadata` as the one usage record.

`totalTokenCount` is the sum of four: the prompt (which includes cached tokens), what server-side tools put into it, the
candidates, and the thoughts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.usage import Usage
from ajar.wire.json_fields import Count

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import Answer


class _Block(msgspec.Struct, rename="camel", gc=False):
    prompt_token_count: Count | None = None
    tool_use_prompt_token_count: Count | None = None
    cached_content_token_count: Count | None = None
    candidates_token_count: Count | None = None
    thoughts_token_count: Count | None = None
    service_tier: str | None = None


_decode = msgspec.json.Decoder(_Block).decode


def usage_of(raw: msgspec.Raw | bytes) -> Usage | None:
    """The counts in a raw `usageMetadata` value; None where there are none or it is not in this shape."""
    block = _block(raw)
    if block is None:
        return None
    thoughts = block.thoughts_token_count
    taken = _sum(block.prompt_token_count, block.tool_use_prompt_token_count)
    given = _sum(block.candidates_token_count, thoughts)
    if taken is None and given is None:
        return None
    return Usage(taken, given, block.cached_content_token_count, None, thoughts)


def service_tier_of(raw: msgspec.Raw | bytes) -> str | None:
    """The tier that a raw `usageMetadata` value names, in OpenAI's word for it."""
    block = _block(raw)
    tier = block and block.service_tier
    return "default" if tier == "standard" else tier


def metadata_of(answer: Answer) -> Any:
    """The `usageMetadata` for an answer: its own where it came from Gemini; None where it has no usage."""
    usage = answer.usage
    if answer.format == "gemini" and answer.usage_raw is not None:
        return msgspec.Raw(answer.usage_raw.encode())
    if usage is None:
        return None
    thoughts, output = usage.reasoning_output_tokens, usage.output_tokens
    counts = {
        "promptTokenCount": usage.input_tokens,
        "cachedContentTokenCount": usage.cache_read_input_tokens,
        "candidatesTokenCount": None if output is None else max(output - (thoughts or 0), 0),
        "thoughtsTokenCount": thoughts,
    }
    if usage.input_tokens is not None and output is not None:
        counts["totalTokenCount"] = usage.input_tokens + output
    return {name: count for name, count in counts.items() if count is not None}


def _block(raw: msgspec.Raw | bytes) -> _Block | None:
    if not raw:
        return None
    try:
        return _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other
