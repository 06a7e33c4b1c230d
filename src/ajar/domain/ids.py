"""Identifiers that sort by time: UUID version 7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import os
import re
import time
from hashlib import blake2b
from hmac import compare_digest

_TAIL = 10
_BATCH = 400
_random: list[bytes] = []

_TAG_AT = 28
"""Where in the text the last 32 bits begin."""
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch


def uuid7() -> str:
    """A new UUIDv7 as text: 48 bits of Unix milliseconds, then 74 random bits.

    The randomness is the system's, fetched for many ids at once, so do not call it on both sides of a fork.
    """
    if not _random:
        _refill()
    head = "%012x" % (time.time_ns() // 1_000_000)
    tail = _random.pop().hex()
    return f"{head[:8]}-{head[8:]}-7{tail[:3]}-{_VARIANT[tail[3]]}{tail[4:7]}-{tail[7:19]}"


def uuid7_millis(text: str) -> int:
    """The Unix milliseconds inside a UUIDv7."""
    return int(text[:8] + text[9:13], 16)


class Ids:
    """Makes ids by which one can tell, without looking anything up, to whom they were given and on which route.

    The last 32 bits of such a UUIDv7 are a tag: BLAKE2b, keyed with `salt` (at most 64 bytes), over the caller, the
    route ("" where there was none) and the 96 bits before it, 42 of which are random. Who does not have the salt
    guesses one in 2^32. Without a salt ids are random, and belong to nobody.
    """

    __slots__ = ("_salt", "_stamps")

    def __init__(self, salt: bytes) -> None:
        self._salt = salt
        self._stamps: dict[tuple[str, str], blake2b] = {}

    def new(self, caller: str, route: str) -> str:
        """A new id for an inference of this caller on this route. As `uuid7`, not for both sides of a fork."""
        if not self._salt:
            return uuid7()
        stamp = self._stamps.get((caller, route))
        if stamp is None:
            stamp = self._stamps[caller, route] = _stamp(self._salt, caller, route)
        if not _random:
            _refill()
        head = "%012x" % (time.time_ns() // 1_000_000)
        tail = _random.pop().hex()
        text = f"{head[:8]}-{head[8:]}-7{tail[:3]}-{_VARIANT[tail[3]]}{tail[4:7]}-{tail[7:11]}"
        tag = stamp.copy()
        tag.update(text.encode())
        return text + tag.hexdigest()


def belongs(id_: str, caller: str, route: str, salt: bytes) -> bool:
    """Whether `Ids(salt)` made this id for the caller and the route. False for any text that is no such id."""
    if not salt or not _UUID7(id_):
        return False
    tag = _stamp(salt, caller, route)
    tag.update(id_[:_TAG_AT].encode())
    return compare_digest(tag.hexdigest(), id_[_TAG_AT:])


def _stamp(salt: bytes, caller: str, route: str) -> blake2b:
    """The digest as it is before the id enters it. The lengths keep one pair of names from reading as another."""
    names = caller.encode(), route.encode()
    return blake2b(b"%d:%b%d:%b" % (len(names[0]), names[0], len(names[1]), names[1]), key=salt, digest_size=4)


def _refill() -> None:
    data = os.urandom(_TAIL * _BATCH)
    _random.extend(data[at : at + _TAIL] for at in range(0, len(data), _TAIL))


_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
