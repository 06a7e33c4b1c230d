"""What a Gemini model takes, as far as its name tells.

`generateContent` is one shape for all of them, but a model refuses the whole request where it does not know a field.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

LEVELS = ("MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH")
"""How much to think, rising."""

_number = re.compile(r"gemini-(\d{1,3})(?:\.(\d{1,3}))?").search


class Ways(NamedTuple):
    """`levels`: the thinking levels that the model knows; none where it thinks within a budget of tokens.

    `budgets`: the least and the most tokens to think with, of which 0 is not to think at all; None where the model does
    not think. `new`, from Gemini 3 on: it wants signatures on its calls, takes media in tool results, and has tools and
    a schema for the answer in one request.
    """

    levels: tuple[str, ...] = ()
    budgets: tuple[int, int] | None = None
    new: bool = False


@lru_cache(maxsize=256)
def ways_of(model: str) -> Ways:
    """What the model with this name or resource path takes. An alias without a number stands for a new model."""
    name = model.lower()
    found = _number(name)
    major = int(found[1]) if found else 3
    minor = int(found[2] or 0) if found else 99
    if major < 3:
        return Ways(budgets=_budgets(name) if (major, minor) >= (2, 5) else None)
    return Ways(levels=_levels(name, major, minor), new=True)


def _budgets(name: str) -> tuple[int, int]:
    """https://ai.google.dev/gemini-api/docs/thinking, 2026-11."""
    return (128, 32768) if "pro" in name else (0, 24576)


def _levels(name: str, major: int, minor: int) -> tuple[str, ...]:
    """What https://ai.google.dev/gemini-api/docs/thinking lists, 2026-11, and for newer models what all have taken."""
    if "flash-image" in name:
        return ("MINIMAL", "HIGH")
    if "pro" in name:
        return ("LOW", "HIGH") if (major, minor) == (3, 0) else ("LOW", "MEDIUM", "HIGH")
    if major == 3 and minor < 7:
        return ("MINIMAL", "LOW", "MEDIUM", "HIGH")
    return ("LOW", "MEDIUM", "HIGH")
