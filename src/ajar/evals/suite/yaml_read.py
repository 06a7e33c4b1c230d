"""YAML as plain values with their places: strict, and safe with files of strangers.

What YAML allows and a suite does not: a key that stands twice, keys that are not text, tags that make objects,
several documents, numbers that JSON does not have, and aliases that expand without end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import msgspec
import yaml
from yaml import events

from ajar.config.problem import shortened
from ajar.evals.suite.scalar import NotJson, Scalar, resolve, usual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Place = tuple[int, str | int]
"""The `id` of a mapping or list, and a key or index in it."""

_DEEPEST = 100
_EXPANDED = 20_000_000
_MOST_FAULTS = 1_000
_TAGS = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None)}
_TAG = "tag:yaml.org,2002:"
_MEANT = {
    "mapping values are not allowed in this context": "a text that holds `: ` must stand in quotes; or the line "
    "is indented too far",
    "found a tab character that violates indentation": "a tab may not indent; use spaces",
    "found character that cannot start any token": "a tab may not indent, and a text that begins with %, @ or ` "
    "must stand in quotes",
    "found unexpected end of stream": "the quotes that open here are not closed",
    "could not find expected ':'": "after a key there must be a `:`; a text of several lines begins with `|`",
    "did not find expected key": "this line does not stand under the one above; mend its indentation, or the quotes "
    "before it",
    "did not find expected <document start>": "this line does not belong to what stands above; mend its indentation",
    "did not find expected '-' indicator": "this line does not stand under the list above; mend its indentation",
    "did not find expected ',' or ']'": "a `,` or the closing `]` is missing; text with brackets must stand in quotes",
    "did not find expected ',' or '}'": "a `,` or the closing `}` is missing; text with braces must stand in quotes",
}
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|[\ud800-\udfff]")


class Broken(Exception):
    """The text cannot be read on from `line`."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


class Parsed(msgspec.Struct):
    """A value with the line of each of its parts, and the faults after which reading went on.

    `odd` holds the plain scalars that YAML reads as a number, a truth value or nothing, and that are not spelt as
    their value usually is: `1.10`, `True`, `~`.
    """

    value: Any
    lines: dict[Place, int]
    odd: dict[Place, str]
    faults: list[tuple[int, str]]
    kept: list[Any]
    """Every mapping and list that was read, so that no `id` of a place is used again."""


def parse(text: str) -> Parsed:
    """The only document of the text; None as its value where there is none. Raises Broken."""
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        raise Broken(_line(text, forbidden.start()), _unprintable(forbidden[0]))
    try:
        return _Reader(text).document()
    except yaml.MarkedYAMLError as error:
        raise _broken(error, text) from error
    except yaml.YAMLError as error:
        raise Broken(1, f"this is not YAML: {shortened(str(error))}") from error


def _broken(error: yaml.MarkedYAMLError, text: str) -> Broken:
    """libyaml's fault at its line, in plainer words where it is known what helps.

    Where only the end of the file shows that something is not closed, the line is the one where it opens.
    """
    problem = str(error.problem)
    last = _line(text, len(text.rstrip()))
    found = error.problem_mark.line + 1 if error.problem_mark else last + 1
    opened = error.context_mark.line + 1 if error.context_mark else 1
    said = _MEANT.get(problem) or ", ".join(filter(None, (error.problem, error.context)))
    line = found if found <= last and "end of stream" not in problem else opened
    return Broken(min(line, last), f"this is not YAML: {said}")


def _line(text: str, offset: int) -> int:
    return len(re.findall(r"\r\n?|\n", text[:offset])) + 1


def _unprintable(found: str) -> str:
    code = f"U+{ord(found):04X}"
    if found in "\x85\u2028\u2029":
        return f"the character {code} would be read as the end of a line; write it as an escape in double quotes"
    return f"the character {code} may not stand in YAML; write it as an escape in double quotes"


class _Reader:
    """One pass over the parser's events. Nothing is expanded: an alias is the same object as its anchor."""

    def __init__(self, text: str) -> None:
        self.events: Iterator[Any] = _events(text)
        self.lines: dict[Place, int] = {}
        self.odd: dict[Place, str] = {}
        self.faults: list[tuple[int, str]] = []
        self.kept: list[Any] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.size = 0
        self.most = len(text) + _EXPANDED
        self.spelt: str | None = None  # how the last scalar stands in the text, where that is odd

    def document(self) -> Parsed:
        next(self.events)
        event = next(self.events)
        if isinstance(event, events.StreamEndEvent):
            return self.parsed(None)
        value = self.node(next(self.events), 0)
        next(self.events)
        event = next(self.events)
        if not isinstance(event, events.StreamEndEvent):
            self.fault(event, "a second document begins here; make it a file of its own")
        return self.parsed(value)

    def parsed(self, value: Any) -> Parsed:
        return Parsed(value, self.lines, self.odd, self.faults, self.kept)

    def node(self, event: Any, depth: int) -> Any:
        self.spelt = None
        if isinstance(event, events.AliasEvent):
            return self.alias(event)
        before = self.size
        self.grow(event, 1)
        if isinstance(event, events.ScalarEvent):
            value = self.scalar(event)
        elif depth == _DEEPEST:
            raise Broken(_at(event), f"this is nested too deeply; {_DEEPEST} levels are the most")
        else:
            self.tagged(event)
            value = self.mapping(depth + 1) if isinstance(event, events.MappingStartEvent) else self.sequence(depth + 1)
            self.spelt = None
        if event.anchor is not None:
            self.anchors[event.anchor] = value, self.size - before
        return value

    def alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            raise Broken(_at(event), f"`*{event.anchor}` stands for nothing; write `&{event.anchor}` at a value before")
        value, size = self.anchors[event.anchor]
        self.grow(event, size)
        return value

    def grow(self, event: Any, size: int) -> None:
        """Count what a reader would have to hold who copies each alias."""
        self.size += size
        if self.size > self.most:
            raise Broken(_at(event), "the aliases of this file stand for far more than it holds; write out less of it")

    def mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.kept.append(found)
        merged: list[tuple[Any, Any]] = []
        while not isinstance(event := next(self.events), events.MappingEndEvent):
            key = self.key(event)
            value = self.node(next(self.events), depth)
            spelt = self.spelt
            if key == "<<" and event.implicit[0]:
                merged.append((event, value))
                continue
            if key in found:
                first = self.lines[id(found), key]
                self.fault(event, f"the key `{shortened(key)}` stands here again (first in line {first}); remove one")
                continue
            found[key] = value
            self.place((id(found), key), event, spelt)
        for event, value in merged:
            self.merge(found, event, value)
        return found

    def key(self, event: Any) -> str:
        """Keys are text, whatever they look like."""
        if not isinstance(event, events.ScalarEvent):
            raise Broken(_at(event), "a key must be text; put what begins with `{{`, `{`, `[` or `*` in quotes")
        self.grow(event, len(event.value))
        if not event.value and event.implicit[0]:
            self.fault(event, "a key is missing before the `:`")
        return str(event.value)

    def merge(self, into: dict[str, Any], event: Any, value: Any) -> None:
        """`<<: *defaults`, of YAML 1.1 and in wide use: keys that stand in the mapping itself win."""
        for source in cast("list[Any]", value) if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                self.fault(event, "`<<` takes a mapping in, such as `<<: *defaults`")
                continue
            for key, item in (taken := cast("dict[str, Any]", source)).items():
                if key not in into:
                    into[key] = item
                    self.place((id(into), key), event, self.odd.get((id(taken), key)))

    def sequence(self, depth: int) -> list[Any]:
        found: list[Any] = []
        self.kept.append(found)
        while not isinstance(event := next(self.events), events.SequenceEndEvent):
            found.append(self.node(event, depth))
            self.place((id(found), len(found) - 1), event, self.spelt)
        return found

    def place(self, place: Place, event: Any, spelt: str | None) -> None:
        self.lines[place] = _at(event)
        if spelt is not None:
            self.odd[place] = spelt

    def scalar(self, event: Any) -> Scalar:
        text = str(event.value)
        self.grow(event, len(text))
        wanted = self.tagged(event)
        if wanted is str or not (event.implicit[0] or wanted):
            return text
        try:
            value = resolve(text)
        except NotJson as error:
            self.fault(event, str(error))
            return text
        if wanted is float and type(value) is int:
            return float(value)
        if wanted is not None and type(value) is not wanted:
            self.fault(event, f"the tag `{event.tag}` does not fit `{shortened(text)}`")
        if not isinstance(value, str) and usual(value) != text:
            self.spelt = text
        return value

    def tagged(self, event: Any) -> type | None:
        """The kind that a scalar's own tag asks for; None where there is none, or it goes without saying."""
        tag = event.tag
        if tag is None:
            return None
        if isinstance(event, events.ScalarEvent):
            kind = str if tag == "!" else _TAGS.get(tag.removeprefix(_TAG))
        elif tag in ("!", f"{_TAG}map", f"{_TAG}seq"):
            return None
        else:
            kind = None
        if kind is None:
            self.fault(event, f"the tag `{shortened(tag.replace(_TAG, '!!'))}` is not read here; remove it")
        return kind

    def fault(self, event: Any, text: str) -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append((_at(event), text))


def _events(text: str) -> Iterator[Any]:
    parse = cast("Callable[..., Iterator[Any]]", yaml.parse)  # pyright: ignore[reportUnknownMemberType]
    return parse(text, Loader=yaml.CSafeLoader)


def _at(event: Any) -> int:
    return int(event.start_mark.line) + 1
