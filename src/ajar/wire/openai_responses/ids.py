"""Ids of the items that Ajar makes of another format's answers, which no provider knows."""

from __future__ import annotations

import re

_MADE = re.compile(r"[a-z]+_ajar[0-9a-f]{36}").fullmatch
_MADE_IN = re.compile(rb'"[a-z]{2,3}_ajar[0-9a-f]{36}"').search


def make_id(prefix: str, inference: str, number: int) -> str:
    """The id of an inference's item; `inference` is a UUID's 32 digits."""
    return f"{prefix}_ajar{inference}{number:04x}"


def made_here(identity: str | None) -> bool:
    """Whether an item's id is one of Ajar's."""
    return identity is not None and _MADE(identity) is not None


def names_made(body: bytes) -> bool:
    """Whether one of Ajar's ids stands anywhere in a JSON text."""
    return b"_ajar" in body and _MADE_IN(body) is not None
