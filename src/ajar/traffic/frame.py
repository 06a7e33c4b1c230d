"""One record as one line of text, and back.

A frame is 8 hex digits (CRC-32 of the JSON), a space, the record as JSON, and a newline. The newline ends a frame and
stands nowhere else, so a reader finds the next frame after any damage.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import msgspec
from msgspec.structs import astuple

from ajar.domain.record import InferenceRecord

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(InferenceRecord).decode


def pack(record: InferenceRecord) -> bytes:
    """The frame of a record."""
    try:
        payload = _encode(record)
    except UnicodeEncodeError:
        payload = _encode(_without_surrogates(record))
    return b"%08x %b\n" % (crc32(payload), payload)


def payload_of(line: bytes) -> bytes | None:
    """The JSON in a frame, unread; None where the line is not one whole frame, newline included."""
    if line[-1:] != b"\n" or line[8:9] != b" ":
        return None
    payload = line[9:-1]
    return payload if line[:8] == b"%08x" % crc32(payload) else None


def record_of(payload: bytes) -> InferenceRecord | None:
    """The record that the JSON is; None where it is none."""
    try:
        return _decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def unpack(line: bytes) -> InferenceRecord | None:
    """The record in a frame; None where the line is not one whole frame, newline included."""
    payload = payload_of(line)
    return None if payload is None else record_of(payload)


def _without_surrogates(record: InferenceRecord) -> InferenceRecord:
    """The record with each half of a surrogate pair, which UTF-8 cannot carry, as a question mark."""
    values: list[Any] = [
        value.encode("utf-8", "replace").decode() if isinstance(value, str) else value for value in astuple(record)
    ]
    return InferenceRecord(*values)
