"""Identifiers that sort by time: UUID version 7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import os
import time

_TAIL = 10
_BATCH = 400
_random: list[bytes] = []


def uuid7() -> str:
    """A new UUIDv7 as text: 48 bits of Unix milliseconds, then 74 random bits.

    The randomness is the system's, fetched for many ids at once, so do not call it on both sides of a fork.
    """
    if not _random:
        data = os.urandom(_TAIL * _BATCH)
        _random.extend(data[at : at + _TAIL] for at in range(0, len(data), _TAIL))
    head = "%012x" % (time.time_ns() // 1_000_000)
    tail = _random.pop().hex()
    return f"{head[:8]}-{head[8:]}-7{tail[:3]}-{_VARIANT[tail[3]]}{tail[4:7]}-{tail[7:19]}"


def uuid7_millis(text: str) -> int:
    """The Unix milliseconds inside a UUIDv7."""
    return int(text[:8] + text[9:13], 16)


_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
