"""Which arm of an experiment a unit belongs to. Pure, and the same in every process and in every replay."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTROL = 0
"""The first arm."""


def unit_hash(salt: bytes, route: str, unit: bytes) -> str:
    """32 hex digits that stand for a unit of a route: without `salt` (at most 64 bytes) nobody can tell which unit.

    BLAKE2b with the salt as its key, over the route's name, a zero byte (no name holds one), and the unit.
    """
    return blake2b(b"%b\0%b" % (route.encode(), unit), key=salt, digest_size=16, person=b"ajar unit").hexdigest()


def place(experiment: str, unit_hash: str) -> float:
    """Where the unit lies in [0, 1), uniform, and independent of its places in other experiments.

    It depends on nothing else, so a unit keeps its place for as long as the experiment runs.
    """
    digest = blake2b(f"{experiment}\0{unit_hash}".encode(), digest_size=8, person=b"ajar place").digest()
    return (int.from_bytes(digest, "big") >> 11) * 2.0**-53


def arm_at(percents: Iterable[float], place: float) -> int:
    """The arm at this place: 0 is the control, and 1 the first candidate of those with these shares in per cent.

    The candidates lie from 0 on, one after the other, and the control has the rest: while shares only grow, no unit of
    a candidate falls back to the control.
    """
    end = 0.0
    for arm, percent in enumerate(percents, CONTROL + 1):
        end += percent
        if place < end / 100:
            return arm
    return CONTROL
