"""The `usage` block of Responses as the one usage record, and back.

`input_tokens` already includes cached tokens and `output_tokens` reasoning. A count that is absent stays absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.usage import Usage
from ajar.wire.json_fields import Count

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses


class _Input(msgspec.Struct):
    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None


class _Output(msgspec.Struct):
    reasoning_tokens: Count | None = None


class _Block(msgspec.Struct):
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    input_tokens_details: _Input | None = None
    output_tokens_details: _Output | None = None


_decode = msgspec.json.Decoder(_Block).decode


def usage_of(raw: msgspec.Raw | bytes | None) -> Usage | None:
    """The counts in a raw `usage` value; None where there is none or it is not in this shape."""
    if raw is None:
        return None
    try:
        block = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    given, made = block.input_tokens_details, block.output_tokens_details
    return Usage(
        input_tokens=block.input_tokens,
        output_tokens=block.output_tokens,
        cache_read_input_tokens=given.cached_tokens if given else None,
        cache_write_input_tokens=given.cache_write_tokens if given else None,
        reasoning_output_tokens=made.reasoning_tokens if made else None,
    )


def usage_block(usage: Usage | None, losses: Losses) -> dict[str, Any] | None:
    """The block for an answer; None where the upstream did not report both counts: a lone one is lost.

    The schema wants the two details as numbers: there a 0 also stands for one that was not reported.
    """
    if usage is None:
        return None
    given, made = usage.input_tokens, usage.output_tokens
    if given is None or made is None:
        losses.add("usage")
        return None
    details = {"cached_tokens": usage.cache_read_input_tokens or 0}
    if usage.cache_write_input_tokens is not None:
        details["cache_write_tokens"] = usage.cache_write_input_tokens
    return {
        "input_tokens": given,
        "input_tokens_details": details,
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_output_tokens or 0},
        "total_tokens": given + made,
    }
