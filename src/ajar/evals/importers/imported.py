"""What came of an import, and what is noted on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ajar.errors import ConfigError

if TYPE_CHECKING:
    from ajar.config.problem import KeyPath
    from ajar.evals.suite.document import Document

_MOST = 50


class Imported(msgspec.Struct, frozen=True):
    """A suite ready to be written, and a finished sentence for each thing that could not be carried into it."""

    suite: dict[str, Any]
    lost: list[str]


class CannotCarry(Exception):
    """There is no way to say this in a suite; `str()` tells why."""


class Place(NamedTuple):
    """A value in a file of the user's. As text: the file and the line."""

    document: Document
    path: KeyPath = ()

    def at(self, *keys: str | int) -> Place:
        """A value within this one."""
        return Place(self.document, (*self.path, *keys))

    def __str__(self) -> str:
        return f"{self.document.name}:{self.document.line(self.path)}"


class Notes:
    """Sentences about what is lost, and about what is refused: code, and files that the file names."""

    def __init__(self, *, allow_code: bool) -> None:
        self.allow_code = allow_code
        self._lost: dict[str, dict[str, None]] = {}
        self._refused: dict[str, None] = {}

    def lose(self, where: Place | str, text: str) -> None:
        """Note what could not be carried. What is the same in many places is said once, with their number."""
        self._lost.setdefault(" ".join(text.split()), {})[str(where)] = None

    def refuse(self, where: Place | str, text: str) -> None:
        """Note what is only read where code is allowed; it is refused at the end."""
        self._refused[f"{where}: {' '.join(text.split())}"] = None

    def code(self, where: Place | str, what: str) -> None:
        """Note code: refused, or lost where code is allowed, as it is in no language that a suite knows."""
        if self.allow_code:
            self.lose(where, f"{what} is code, which is not carried")
        else:
            self.refuse(where, f"{what} is code; remove it, or allow code to import the rest (`--allow-code`)")

    def lost(self) -> list[str]:
        """All sentences. Raises ConfigError where something was refused."""
        if self._refused:
            refused = list(self._refused)
            more = [f"… and {len(refused) - _MOST} more"] if len(refused) > _MOST else []
            raise ConfigError([*refused[:_MOST], *more])
        return [
            f"{next(iter(places))}: {text}" + (f" (and {len(places) - 1} more such)" if len(places) > 1 else "")
            for text, places in self._lost.items()
        ]
