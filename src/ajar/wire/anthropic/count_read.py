"""The answer to `count_tokens`."""

from __future__ import annotations

import msgspec

from ajar.errors import UpstreamGarbage


class _Count(msgspec.Struct, gc=False):
    input_tokens: int


_decode = msgspec.json.Decoder(_Count).decode


def read_count(body: bytes) -> int:
    """The tokens of the request. Raises UpstreamGarbage."""
    try:
        return _decode(body).input_tokens
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UpstreamGarbage("the upstream's token count is not in Anthropic's format") from None
