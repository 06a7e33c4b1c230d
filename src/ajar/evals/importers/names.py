"""Names for cases and checks, made of what the foreign file calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.evals.metrics import MEASURES, PASSED

if TYPE_CHECKING:
    from collections.abc import Container

_LONGEST = 120


def line(text: object) -> str:
    """The text as one short line that can be printed."""
    flat = " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1].rstrip()}…"


def check_name(text: object, taken: Container[str]) -> str:
    """A name that a check may have, and that no other of the case has."""
    name = line(text).replace(".", "_") or "check"
    if name == PASSED or name in MEASURES:
        name += "-check"
    return unique(name, taken)


def unique(name: str, taken: Container[str]) -> str:
    """The name, with a number where it is taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"
