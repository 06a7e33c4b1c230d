"""On which line of a TOML document each key stands.

`tomllib` gives values without places. This walks the same text, which `tomllib` has found to be valid, and so checks
nothing: it only has to step over strings, comments and brackets correctly.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ajar.config.problem import KeyPath

_GAP = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"{3,5}'  # up to two quotes may stand before the closing three
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


class _Lost(Exception):
    """The text is not the TOML that this walker knows."""


def locate(text: str) -> dict[KeyPath, int]:
    """The line, from 1, of every table, key and list element of a valid TOML document.

    A table stands where its header is, otherwise where a key first names it. Of text that is not valid TOML, what was
    found before the fault is returned.
    """
    walker = _Walker(text.replace("\r\n", "\n"))
    with contextlib.suppress(_Lost, tomllib.TOMLDecodeError, RecursionError):
        walker.document()
    return walker.lines


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int:
    """The line of `path`, or of the nearest table around it that stands in the file; 1 where none does."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Walker:
    """A cursor over the text. Every method starts at the first character of what it is named after."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.counted = 0
        self.line = 1
        self.lines: dict[KeyPath, int] = {}
        self.elements: dict[KeyPath, int] = {}

    def document(self) -> None:
        table: KeyPath = ()
        self.take(_GAP)
        while self.pos < len(self.text):
            if self.at("[["):
                table = self.array_header()
            elif self.at("["):
                table = self.header()
            else:
                self.pair(table)
            self.take(_GAP)

    def header(self) -> KeyPath:
        line = self.here()
        self.pos += 1
        path = self.resolved(self.key())
        self.expect("]")
        self.mark(path, line)
        self.lines[path] = line
        return path

    def array_header(self) -> KeyPath:
        line = self.here()
        self.pos += 2
        *parents, last = self.key()
        self.expect("]]")
        array = (*self.resolved(tuple(parents)), last)
        index = self.elements.get(array, 0)
        self.elements[array] = index + 1
        self.mark((*array, index), line)
        return (*array, index)

    def pair(self, table: KeyPath) -> None:
        line = self.here()
        path = (*table, *self.key())
        self.expect("=")
        self.mark(path, line)
        self.value(path)

    def key(self) -> tuple[str, ...]:
        parts = [self.word()]
        while self.at("."):
            self.pos += 1
            parts.append(self.word())
        return tuple(parts)

    def word(self) -> str:
        self.take(_SPACE)
        if self.at('"') or self.at("'"):
            raw = self.take(_STRING)
            word = raw[1:-1] if raw[0] == "'" else str(tomllib.loads(f"word = {raw}")["word"])
        else:
            word = self.take(_BARE)
        self.take(_SPACE)
        return word

    def value(self, path: KeyPath) -> None:
        self.take(_SPACE)
        if self.at("["):
            self.array(path)
        elif self.at("{"):
            self.inline(path)
        elif self.at('"') or self.at("'"):
            self.take(_STRING)
        else:
            self.take(_SCALAR)

    def array(self, path: KeyPath) -> None:
        index = 0
        while self.more("]"):
            self.mark((*path, index), self.here())
            self.value((*path, index))
            index += 1

    def inline(self, path: KeyPath) -> None:
        while self.more("}"):
            self.pair(path)

    def more(self, end: str) -> bool:
        """Step over the opening bracket or the comma; false, and past the end, where `end` follows."""
        self.take(_GAP)
        if not self.at(end):
            self.pos += 1
            self.take(_GAP)
        if self.at(end):
            self.pos += 1
            return False
        return True

    def resolved(self, parts: tuple[str, ...]) -> KeyPath:
        """The path that a header means: a list of tables on the way stands for its last element."""
        path: KeyPath = ()
        for part in parts:
            path = (*path, part)
            if path in self.elements:
                path = (*path, self.elements[path] - 1)
        return path

    def mark(self, path: KeyPath, line: int) -> None:
        """The path stands on this line, and so do the tables around it that were not yet named."""
        for size in range(len(path), 0, -1):
            if path[:size] in self.lines:
                return
            self.lines[path[:size]] = line

    def here(self) -> int:
        self.line += self.text.count("\n", self.counted, self.pos)
        self.counted = self.pos
        return self.line

    def at(self, token: str) -> bool:
        return self.text.startswith(token, self.pos)

    def expect(self, token: str) -> None:
        if not self.at(token):
            raise _Lost
        self.pos += len(token)

    def take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.pos)
        if match is None:
            raise _Lost
        self.pos = match.end()
        return match[0]
