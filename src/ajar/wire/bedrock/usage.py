"""Converse's `usage` block as the one usage record.

Its `inputTokens` leave cached tokens out: the whole input is `inputTokens + cacheReadInputTokens +
cacheWriteInputTokens`, as `totalTokens` shows. It tells nothing of reasoning, which `outputTokens` include.
"""

from __future__ import annotations

import msgspec

from ajar.domain.usage import Usage
from ajar.wire.json_fields import Count


class _Block(msgspec.Struct, rename="camel", gc=False):
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_write_input_tokens: Count | None = None


_decode = msgspec.json.Decoder(_Block).decode


def usage_of(raw: msgspec.Raw | bytes | None) -> Usage | None:
    """The counts in a raw `usage` value; None where there is none or it is not in this shape."""
    if not raw:
        return None
    try:
        block = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    read, written = block.cache_read_input_tokens, block.cache_write_input_tokens
    fresh = block.input_tokens
    return Usage(
        input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
        output_tokens=block.output_tokens,
        cache_read_input_tokens=read,
        cache_write_input_tokens=written,
    )
