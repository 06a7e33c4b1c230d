"""OpenAI's `usage` block as the one usage record.

`prompt_tokens` already includes cached tokens and `completion_tokens` already includes reasoning, for every provider
that answers in this shape. A count that is absent stays absent.
"""

from __future__ import annotations

import msgspec

from ajar.domain.usage import Usage


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _CompletionDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Block(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
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
