"""The field `error` of an answer or of a stream's event, which may be there without any error in it."""

from __future__ import annotations

from typing import Any

import msgspec

_N = 0x6E  # the first byte of `null`
_decode = msgspec.json.Decoder().decode
_EMPTY = frozenset({b"false", b"0", b'""', b"[]", b"{}"})


def has_error(field: msgspec.Raw) -> bool:
    """Whether the field holds an error: neither absent nor null, and not empty either, as some servers have it."""
    return bool(field) and memoryview(field)[0] != _N and b"".join(bytes(field).split()) not in _EMPTY


def value_in(data: bytes) -> Any:
    """The decoded data of an event of an unexpected shape, in which an error may be; None where it is no JSON."""
    try:
        return _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
