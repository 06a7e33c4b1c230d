"""Identifiers that sort by time: UUID version 7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import os
import time


def uuid7() -> str:
    """A new UUIDv7 as text: 48 bits of Unix milliseconds, then 74 random bits."""
    millis = time.time_ns() // 1_000_000
    tail = int.from_bytes(os.urandom(10))
    value = millis << 80 | 0x7 << 76 | (tail >> 4 & 0xFFF) << 64 | 0x2 << 62 | tail >> 16 & (1 << 62) - 1
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def uuid7_millis(text: str) -> int:
    """The Unix milliseconds inside a UUIDv7."""
    return int(text[:8] + text[9:13], 16)
