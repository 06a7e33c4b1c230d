"""OpenAI's `usage` block as the one usage record.

`prompt_tokens` already includes cached tokens and `completion_tokens` already includes reasoning, for every provider
that answers in this shape. A count that is absent stays absent.
"""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec

from ajar.domain.usage import Usage
from ajar.wire.json_fields import Count


class _PromptDetails(msgspec.Struct):
    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None


class _CompletionDetails(msgspec.Struct):
    reasoning_tokens: Count | None = None


class _Block(msgspec.Struct):
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


_decode = msgspec.json.Decoder(_Block).decode


def usage_of(raw: msgspec.Raw | None) -> Usage | None:
    """The counts in a raw `usage` value; None where there is none or it is not in this shape."""
    if raw is None:
        return None
    try:
        block = _decode(raw)
    except msgspec.DecodeError:
        return None
    prompt, completion = block.prompt_tokens_details, block.completion_tokens_details
    if prompt is None and completion is None:
        return Usage(block.prompt_tokens, block.completion_tokens)
    return Usage(
        input_tokens=block.prompt_tokens,
        output_tokens=block.completion_tokens,
        cache_read_input_tokens=prompt.cached_tokens if prompt else None,
        cache_write_input_tokens=prompt.cache_write_tokens if prompt else None,
        reasoning_output_tokens=completion.reasoning_tokens if completion else None,
    )


class _Loose(msgspec.Struct):
    cached_tokens: Count | None = None
    prompt_cache_hit_tokens: Count | None = None


_decode_loose = msgspec.json.Decoder(_Loose).decode
_N = 0x6E  # the first byte of `null`


def counts_of(raw: msgspec.Raw | None) -> Usage | None:
    """The counts in a raw `usage` value, as `usage_of` has them, and what some providers say otherwise.

    Cached tokens are also found where Together and DeepSeek put them, beside the details. More reasoning than output
    was once reported: it is never more.
    """
    usage = usage_of(raw)
    if usage is None or raw is None:
        return None
    cached, thought = usage.cache_read_input_tokens, usage.reasoning_output_tokens
    if cached is None and b"cache" in bytes(raw):
        with contextlib.suppress(msgspec.ValidationError):
            loose = _decode_loose(raw)
            cached = loose.prompt_cache_hit_tokens if loose.cached_tokens is None else loose.cached_tokens
    if thought is not None and usage.output_tokens is not None:
        thought = min(thought, usage.output_tokens)
    if cached == usage.cache_read_input_tokens and thought == usage.reasoning_output_tokens:
        return usage
    return msgspec.structs.replace(usage, cache_read_input_tokens=cached, reasoning_output_tokens=thought)


def read_usage(raw: msgspec.Raw | None) -> tuple[Usage | None, str | None]:
    """The counts in a raw `usage` value, and its JSON text; two Nones where it is absent or null."""
    if not raw or memoryview(raw)[0] == _N:
        return None, None
    return counts_of(raw), bytes(raw).decode()


def usage_block(usage: Usage) -> tuple[dict[str, Any] | None, bool]:
    """The `usage` block for counts, and whether it says zero for a count that nobody reported.

    The API wants both counts and their sum. None where neither is known.
    """
    if usage.input_tokens is None and usage.output_tokens is None:
        return None, False
    prompt, completion = usage.input_tokens or 0, usage.output_tokens or 0
    block: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    details = {
        "cached_tokens": usage.cache_read_input_tokens,
        "cache_write_tokens": usage.cache_write_input_tokens,
    }
    known = {name: count for name, count in details.items() if count is not None}
    if known:
        block["prompt_tokens_details"] = known
    if usage.reasoning_output_tokens is not None:
        block["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_output_tokens}
    return block, usage.input_tokens is None or usage.output_tokens is None
