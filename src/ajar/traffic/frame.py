"""One record as one line of text, and back.

A frame is 8 hex digits (CRC-32 of the JSON), a space, the record as JSON, and a newline. The newline ends a frame and
stands nowhere else, so a reader finds the next frame after any damage.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import msgspec
from msgspec.structs import astuple, replace

from ajar.domain.record import InferenceRecord


class _Stored(InferenceRecord, frozen=True):
    """A record as it is decoded: msgspec decodes `Raw`, but not `Raw | None`.

    `usage_text` holds a usage block that has line breaks in it, as a JSON string: a frame is one line.
    """

    usage_raw: msgspec.Raw = msgspec.Raw()
    usage_text: str | None = None


_FIELDS = len(InferenceRecord.__struct_fields__)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Stored).decode


def pack(record: InferenceRecord) -> bytes:
    """The frame of a record. `usage_raw` must be valid JSON and is kept byte for byte."""
    try:
        payload = _encode(record)
    except UnicodeEncodeError:
        record = _without_surrogates(record)
        payload = _encode(record)
    if b"\n" in payload:
        payload = _on_one_line(record)
    return b"%08x %b\n" % (crc32(payload), payload)


def unpack(line: bytes) -> InferenceRecord | None:
    """The record in a frame; None where the line is not one whole frame, newline included."""
    if line[-1:] != b"\n" or line[8:9] != b" ":
        return None
    payload = line[9:-1]
    if line[:8] != b"%08x" % crc32(payload):
        return None
    try:
        stored = _decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    record = InferenceRecord(*astuple(stored)[:_FIELDS])
    if stored.usage_raw and stored.usage_text is None:
        return record
    return replace(record, usage_raw=None if stored.usage_text is None else msgspec.Raw(stored.usage_text))


def _on_one_line(record: InferenceRecord) -> bytes:
    """The JSON of a record whose usage block is spread over lines: the block goes into a string."""
    text = bytes(record.usage_raw or b"").decode("utf-8", "replace")
    payload = _encode(replace(record, usage_raw=None))
    return b'%b,"usage_text":%b}' % (payload[:-1], _encode(text))


def _without_surrogates(record: InferenceRecord) -> InferenceRecord:
    """The record with each half of a surrogate pair, which UTF-8 cannot carry, as a question mark."""
    values: list[Any] = [
        value.encode("utf-8", "replace").decode() if isinstance(value, str) else value for value in astuple(record)
    ]
    return InferenceRecord(*values)
