"""What could not be carried from one format to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Losses:
    """The names of what was dropped, each once, in the order in which it was found.

    A name says what, in the words of the format that it came in, not where: `logprobs`, `tools.input_examples`,
    `content.citations`, `thinking.signature`. Names are made of the caller's field names, so they are bounded here.
    """

    __slots__ = ("_names",)

    _MOST = 50
    _LONGEST = 80

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def add(self, name: str) -> None:
        """Something called `name` was dropped."""
        if len(self._names) < self._MOST:
            self._names[_plain(name[: self._LONGEST])] = None

    def add_rest(self, where: str, rest: Iterable[str]) -> None:
        """The unknown fields `rest` of a node were dropped; `where` is "" for the request's own."""
        for name in rest:
            self.add(f"{where}.{name}" if where else name)

    @property
    def names(self) -> tuple[str, ...]:
        """What was dropped."""
        return tuple(self._names)

    def __bool__(self) -> bool:
        return bool(self._names)


def _plain(name: str) -> str:
    """Only what a header may hold and a list with commas can tell apart."""
    return "".join(each if each.isascii() and (each.isalnum() or each in "._-[]/:") else "?" for each in name)
