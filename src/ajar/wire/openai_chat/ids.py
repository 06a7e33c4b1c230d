"""Ids of tool calls, where a provider gives none or takes only its own kind."""

from __future__ import annotations

import hashlib
import zlib

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHORT = 9


def made_id(number: int, *seed: str) -> str:
    """An id for an answer's call `number`: the same for the same seed, and no other's in the same conversation."""
    return f"call_{number}_{zlib.crc32(chr(0).join(seed).encode()):08x}"


def short_id(name: str) -> str:
    """Nine letters and digits for any id, the same for the same: all that Mistral takes (its error 3280)."""
    if len(name) == _SHORT and name.isascii() and name.isalnum():
        return name
    number = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())
    letters: list[str] = []
    for _ in range(_SHORT):
        number, at = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[at])
    return "".join(letters)
