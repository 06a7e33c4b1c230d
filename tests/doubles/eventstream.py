"""Writes frames of `application/vnd.amazon.eventstream`, as Bedrock sends them."""

from __future__ import annotations

import json
import struct
import uuid
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterable

Value = bool | int | bytes | str | uuid.UUID


def frame(headers: dict[str, Value], payload: bytes = b"") -> bytes:
    """One frame. An int is written as a long."""
    head = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    body = prelude + struct.pack(">I", crc32(prelude)) + head + payload
    return body + struct.pack(">I", crc32(body))


def event(name: str, value: Any) -> bytes:
    """An event of Converse's. `p` pads it, as there."""
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, json.dumps({**value, "p": "abcd"}).encode())


def exception(name: str, message: str, **others: Any) -> bytes:
    """An exception of Converse's."""
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return frame(headers, json.dumps({"message": message, **others}).encode())


def stream(events: Iterable[tuple[str, Any]]) -> bytes:
    """All these events."""
    return b"".join(event(name, value) for name, value in events)


def _header(name: str, value: Value) -> bytes:
    raw = name.encode()
    return struct.pack(">B", len(raw)) + raw + _value(value)


def _value(value: Value) -> bytes:
    if isinstance(value, bool):
        return b"\x00" if value else b"\x01"
    if isinstance(value, int):
        return b"\x05" + struct.pack(">q", value)
    if isinstance(value, uuid.UUID):
        return b"\x09" + value.bytes
    if isinstance(value, bytes):
        return b"\x06" + struct.pack(">H", len(value)) + value
    raw = value.encode()
    return b"\x07" + struct.pack(">H", len(raw)) + raw
