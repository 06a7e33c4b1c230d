"""The template language of the phrasings: parse a line, draw one text from it.

A line is text with slots (``{order}``), alternations (``[a|b|c]``, nestable, an empty
alternative makes a part optional) and word classes (``<verb>``), which draw a line from
``data/classes/verb.txt``; the lines of a class are templates themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SLOTS: tuple[str, ...] = ("order", "product", "date", "amount")
"""The names of the slots; slot ``i`` is marked by ``MARKS[i]`` in a drawn text."""

MARKS: str = "\ue000\ue001\ue002\ue003"
"""One private-use character a slot, so that text noise can pass around the slots."""

_TOKEN = re.compile(r"\{(\w+)\}|<(\w+)>|([\[\]|])|([^\[\]|{}<>]+)")


@dataclass(frozen=True)
class Text:
    """Literal text, slots already replaced by their marks."""

    text: str


@dataclass(frozen=True)
class WordClass:
    """A draw from a named word class."""

    name: str


@dataclass(frozen=True)
class Choice:
    """One of several sequences, each as likely as the next."""

    options: tuple[Sequence_, ...]


Sequence_ = tuple[Text | WordClass | Choice, ...]


class TemplateError(ValueError):
    """A line that is not a template: unbalanced brackets or an unknown slot."""


def parse(line: str) -> Sequence_:
    """Parse one template line; raises `TemplateError` where it is not well formed."""
    stack: list[list[list[Text | WordClass | Choice]]] = [[[]]]
    position = 0
    while position < len(line):
        found = _TOKEN.match(line, position)
        if found is None:
            raise TemplateError(f"unexpected {line[position]!r} in {line!r}")
        position = found.end()
        slot, name, mark, text = found.groups()
        if slot is not None:
            if slot not in SLOTS:
                raise TemplateError(f"unknown slot {slot!r} in {line!r}")
            stack[-1][-1].append(Text(MARKS[SLOTS.index(slot)]))
        elif name is not None:
            stack[-1][-1].append(WordClass(name))
        elif text is not None:
            stack[-1][-1].append(Text(text))
        elif mark == "[":
            stack.append([[]])
        elif len(stack) == 1:
            raise TemplateError(f"{mark!r} outside of brackets in {line!r}")
        elif mark == "|":
            stack[-1].append([])
        else:
            options = tuple(tuple(option) for option in stack.pop())
            stack[-1][-1].append(Choice(options))
    if len(stack) != 1:
        raise TemplateError(f"unclosed '[' in {line!r}")
    return tuple(stack[0][0])


def read_templates(path: Path) -> list[str]:
    """The template lines of a file: no blank lines, no comments, in file order."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


class Grammar:
    """Draws texts from parsed templates with a fixed set of word classes."""

    def __init__(self, classes: Mapping[str, Sequence[str]]) -> None:
        self._classes = {name: tuple(parse(line) for line in lines) for name, lines in classes.items()}

    def draw(self, template: Sequence_, rng: random.Random) -> str:
        """One text of the template: alternations chosen, slots left as marks, spaces mended."""
        parts: list[str] = []
        self._walk(template, rng, parts)
        return tidy("".join(parts))

    def _walk(self, template: Sequence_, rng: random.Random, parts: list[str]) -> None:
        for part in template:
            if isinstance(part, Text):
                parts.append(part.text)
            elif isinstance(part, WordClass):
                self._walk(rng.choice(self._classes[part.name]), rng, parts)
            else:
                self._walk(rng.choice(part.options), rng, parts)


_SPACES = re.compile(r"\s+")
_BEFORE = re.compile(r"\s+([,.;:!?)])")
_DOUBLED = re.compile(r"([,;:])[,;:]+")


def tidy(text: str) -> str:
    """Mend the joints that optional parts leave: doubled spaces, spaces before punctuation."""
    text = _BEFORE.sub(r"\1", _SPACES.sub(" ", text))
    return _DOUBLED.sub(r"\1", text).strip(" ,;")


def slots_of(text: str) -> tuple[str, ...]:
    """The slots whose marks stand in a drawn text, in the fixed order of `SLOTS`."""
    return tuple(slot for slot, mark in zip(SLOTS, MARKS, strict=True) if mark in text)
