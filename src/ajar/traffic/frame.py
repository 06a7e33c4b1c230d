"""One record as one line of text, and back.

A frame is 8 hex digits (CRC-32 of the JSON), a space, the record as JSON, and a newline. The newline ends a frame and
stands nowhere else, so a reader finds the next frame after any damage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast
from zlib import crc32

import msgspec

from ajar.domain.record import InferenceRecord

if TYPE_CHECKING:
    from collections.abc import Callable

_Record = TypeVar("_Record", bound=msgspec.Struct)

TRIAL = b" "
"""No frame begins with it: writers try with it whether there is room, and take it back (`Journal.require`)."""

_encode = msgspec.json.Encoder().encode


def pack(record: msgspec.Struct) -> bytes:
    """The frame of a record."""
    try:
        payload = _encode(record)
    except UnicodeEncodeError:
        payload = _encode(_without_surrogates(msgspec.to_builtins(record)))
    return frame_of(payload)


def frame_of(payload: bytes) -> bytes:
    """The frame of a record whose JSON this is; it holds no newline."""
    return b"%08x %b\n" % (crc32(payload), payload)


def is_written(line: bytes) -> bool:
    """Whether the line will stay as it was read: it is whole, and has nothing in it that was about to be taken back."""
    return line.endswith(b"\n") and not line.startswith(TRIAL)


def payload_of(line: bytes) -> bytes | None:
    """The JSON in a frame, unread; None where the line is not one whole frame, newline included."""
    if line[-1:] != b"\n" or line[8:9] != b" ":
        return None
    payload = line[9:-1]
    return payload if line[:8] == b"%08x" % crc32(payload) else None


def reader_of(kind: type[_Record]) -> Callable[[bytes], _Record | None]:
    """What makes a record of this kind of its JSON; None where it is none."""
    decode = msgspec.json.Decoder(kind).decode

    def read(payload: bytes) -> _Record | None:
        try:
            return decode(payload)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None

    return read


record_of = reader_of(InferenceRecord)
"""The inference's record that the JSON is; None where it is none."""


def unpack(line: bytes) -> InferenceRecord | None:
    """The inference's record in a frame; None where the line is not one whole frame, newline included."""
    payload = payload_of(line)
    return None if payload is None else record_of(payload)


def _without_surrogates(value: Any) -> Any:
    """The value with each half of a surrogate pair, which UTF-8 cannot carry, as a question mark."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        fields = cast("dict[Any, Any]", value)
        return {_without_surrogates(key): _without_surrogates(each) for key, each in fields.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(each) for each in cast("list[Any]", value)]
    return value
