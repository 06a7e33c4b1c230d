"""Anthropic's `usage` block as the one usage record, and back.

Its `input_tokens` leave cached tokens out: the whole input is `input_tokens + cache_read_input_tokens +
cache_creation_input_tokens`. Its `output_tokens` include thinking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.usage import Usage
from ajar.wire.json_fields import Count

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses

_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Creation(msgspec.Struct, gc=False):
    ephemeral_5m_input_tokens: Count | None = None
    ephemeral_1h_input_tokens: Count | None = None


class _Details(msgspec.Struct, gc=False):
    thinking_tokens: Count | None = None


class _Block(msgspec.Struct, gc=False):
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_creation: _Creation | None = None
    output_tokens_details: _Details | None = None


_decode = msgspec.json.Decoder(_Block).decode
_decode_raws = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


def usage_of(raw: msgspec.Raw | bytes | None) -> Usage | None:
    """The counts in a raw `usage` value; None where there is none or it is not in this shape."""
    if not raw:
        return None
    try:
        block = _decode(raw)
    except _FAULTS:
        return None
    read, written = block.cache_read_input_tokens, block.cache_creation_input_tokens
    if written is None and block.cache_creation is not None:
        written = _sum(block.cache_creation)
    fresh, details = block.input_tokens, block.output_tokens_details
    return Usage(
        input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
        output_tokens=block.output_tokens,
        cache_read_input_tokens=read,
        cache_write_input_tokens=written,
        reasoning_output_tokens=details.thinking_tokens if details else None,
    )


def merged(old: msgspec.Raw | None, new: msgspec.Raw) -> msgspec.Raw:
    """A stream's usage block so far: `new` counts are cumulative, so they replace `old` ones, and null says nothing."""
    if old is None:
        return new
    try:
        fields = _decode_raws(old)
        fields.update((name, value) for name, value in _decode_raws(new).items() if bytes(value) != b"null")
    except _FAULTS:
        return new
    return msgspec.Raw(_encode(fields))


def usage_fields(usage: Usage | None, losses: Losses) -> dict[str, Any]:
    """The usage block for a caller. The two counts that clients insist on are 0 where nobody told them: a loss."""
    counts = usage or Usage()
    read, written = counts.cache_read_input_tokens, counts.cache_write_input_tokens
    whole, output = counts.input_tokens, counts.output_tokens
    if whole is None or output is None:
        losses.add("usage")
    thinking = counts.reasoning_output_tokens
    return {
        "input_tokens": max(0, (whole or 0) - (read or 0) - (written or 0)),
        "output_tokens": output or 0,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens_details": None if thinking is None else {"thinking_tokens": thinking},
        "cache_creation": None,
        "server_tool_use": None,
        "service_tier": None,
        "inference_geo": None,
    }


def _sum(creation: _Creation) -> int | None:
    short, long = creation.ephemeral_5m_input_tokens, creation.ephemeral_1h_input_tokens
    return None if short is None and long is None else (short or 0) + (long or 0)
