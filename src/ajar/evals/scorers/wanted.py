"""The texts that an answer is compared with: an option's, or the case's own target."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ajar.evals.case import Case

Texts = str | list[str]
"""One text, or several of which any will do."""


def texts(option: Texts | None, case: Case) -> list[str]:
    """What the option says, else the case's target; empty where that is neither text nor a list of texts."""
    wanted: Any = case.target if option is None else option
    if isinstance(wanted, str):
        return [wanted]
    items = cast("list[object]", wanted) if isinstance(wanted, list) else []
    found = [item for item in items if isinstance(item, str)]
    return found if len(found) == len(items) else []


def fault_of_texts(option: Texts | None, case: Case, name: str = "value") -> str | None:
    """Why there is no text to compare with, and how to mend it."""
    if texts(option, case):
        return None
    if option is not None:
        return f"`{name}` is an empty list; give it a text"
    if case.target is None:
        return f"there is nothing to compare with; give the case a `target`, or the check a `{name}`"
    if isinstance(case.target, bool | int | float):
        return "the `target` is not text; write it in quotes, or compare numbers with the scorer `numeric`"
    return f"the `target` must be text or a list of texts here; give the check a `{name}`, or use `json-fields`"


def normal(text: str, *, ignore_case: bool = False) -> str:
    """The text with the same characters always spelt the same (NFC), and without its case where that is ignored."""
    if ignore_case:
        text = text.casefold()
    return text if text.isascii() else unicodedata.normalize("NFC", text)
