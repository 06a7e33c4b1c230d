"""One fault in what the operator wrote, and how its key is spelt."""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

KeyPath = tuple[str | int, ...]
"""The keys from the top of the file down to a value; a number counts within a list."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST = 80


class Problem(msgspec.Struct, frozen=True):
    """A fault at `path`, and how to mend it.

    A fault of the `machine` is no fault of the file: what the file asks for is not there on this machine.
    """

    path: KeyPath
    text: str
    of: Literal["file", "machine"] = "file"

    def at(self, name: str, line: int) -> str:
        """The whole sentence, as `ajar.toml:12: deployments.gpt.modle: unknown key; …`."""
        return ": ".join(filter(None, (f"{name}:{line}", dotted(self.path), self.text)))


def dotted(path: KeyPath) -> str:
    """The key as TOML spells it: `routes."a b".fallback[0]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{spelt(part)}" if text else spelt(part)
    return text


def spelt(key: str) -> str:
    """One key as TOML spells it: quoted where it must be, and cut where it is absurdly long."""
    key = shortened(key)
    return key if _BARE.fullmatch(key) else quoted(key)


def quoted(text: str) -> str:
    """The text in double quotes, with unprintable characters escaped."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def shortened(text: str) -> str:
    """The text, or its beginning where it is too long for a message."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; None where none is near."""
    folded = {name.casefold().replace("-", "_"): name for name in known}
    asked = shortened(word).casefold().replace("-", "_")
    close = difflib.get_close_matches(asked, folded, n=1, cutoff=0.6)
    parts = [name for name in folded if min(len(asked), len(name)) > 2 and (asked in name or name in asked)]
    found = close or sorted(parts, key=len)
    return folded[found[0]] if found else None


def hint(word: str, known: Iterable[str], what: str) -> str:
    """`did you mean …?` where a known word is near, otherwise the list of all: `WHAT are …`."""
    names = sorted(known)
    near = nearest(word, names)
    if near is not None:
        return f"did you mean `{near}`?"
    listed = ", ".join(f"`{name}`" for name in names[:20])
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f"{what} are {listed}{more}" if names else f"there are no {what}"
