"""A route's plan in the text of a config file: only its `primary` and `fallback` change, and every comment stays."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from ajar.config.locate import locate
from ajar.config.problem import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STRING = r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\''
_LITERAL = re.compile(_STRING)
_LIST = re.compile(rf"\[(?:[^\]\"'#]|{_STRING}|#[^\n]*)*\]")
_IN_LIST = re.compile(rf"(?P<name>{_STRING})|#[^\n]*")


def with_plan(text: str, route: str, primary: str, fallback: Sequence[str]) -> str:
    """The TOML text with this plan in the route's table. Raises ValueError where it is written in too odd a way.

    Each change is proven by reading the text anew: it must say what it said before, but for the one value.
    """
    if _table(text, route).get("primary") != primary:
        text = _changed(text, route, "primary", primary)
    if list(_table(text, route).get("fallback", ())) != list(fallback):
        text = _changed(text, route, "fallback", list(fallback))
    return text


def _table(text: str, route: str) -> dict[str, Any]:
    return tomllib.loads(text)["routes"][route]


def _changed(text: str, route: str, key: str, value: str | list[str]) -> str:
    wanted = tomllib.loads(text)
    present = wanted["routes"][route].get(key)
    wanted["routes"][route][key] = value
    proposals = _added(text, route, value) if present is None else _replaced(text, route, key, value)
    for proposal in proposals:
        try:
            if tomllib.loads(proposal) == wanted:
                return proposal
        except tomllib.TOMLDecodeError:
            continue
    raise ValueError(f"`{key}` of the route {route} is written in a way that this cannot change")


def _replaced(text: str, route: str, key: str, value: str | list[str]) -> Iterator[str]:
    """The text with another value, for each place on the key's line that may be meant."""
    kind = _LITERAL if isinstance(value, str) else _LIST
    for start in _places(text, route, key):
        found = kind.match(text, start)
        if found is None:
            continue
        new = quoted(value) if isinstance(value, str) else _list(found[0], value)
        yield text[:start] + new + text[found.end() :]


def _places(text: str, route: str, key: str) -> Iterator[int]:
    """Where values of such a key begin on the line on which the route's stands."""
    line = locate(text).get(("routes", route, key))
    if line is None:
        return
    start = _line(text, line)
    end = text.find("\n", start)
    for found in re.finditer(rf"[\"']?{key}[\"']?[ \t]*=[ \t]*", text[start : len(text) if end < 0 else end]):
        yield start + found.end()


def _line(text: str, number: int) -> int:
    """Where the line with this number begins."""
    return sum(len(line) + 1 for line in text.split("\n")[: number - 1])


def _list(old: str, names: list[str]) -> str:
    """The list anew; one with comments in it keeps its lines."""
    if "#" not in old or not any(not found["name"] for found in _IN_LIST.finditer(old)):
        return f"[{', '.join(map(quoted, names))}]"
    strings = [found for found in _IN_LIST.finditer(old) if found["name"]]
    there = [(found.span(), tomllib.loads(f"name = {found[0]}")["name"]) for found in strings]
    added = [name for name in names if name not in {name for _, name in there}]
    for (start, end), name in reversed(there):
        if name in names:
            continue
        if added:
            old = old[:start] + quoted(added.pop()) + old[end:]
        else:
            comma = re.compile(r"[ \t]*,?[ \t]*").match(old, end)
            old = old[:start] + old[comma.end() if comma else end :]
    return old[:1] + "".join(f"{quoted(name)}, " for name in added) + old[1:]


def _added(text: str, route: str, value: str | list[str]) -> Iterator[str]:
    """The text with a `fallback`, below `primary` or, in an inline table, behind it."""
    assert isinstance(value, list)
    listed = f"[{', '.join(map(quoted, value))}]"
    for start in _places(text, route, "primary"):
        found = _LITERAL.match(text, start)
        if found is None:
            continue
        line = text.rfind("\n", 0, start) + 1
        key = re.sub(r"[\"']?primary[\"']?[ \t]*=[ \t]*$", "", text[line:start])
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        ending = "\r\n" if text[:end].endswith("\r") else "\n"
        rest = text[end + 1 :]
        yield f"{text[:end].removesuffix(chr(13))}{ending}{key}fallback = {listed}{ending}{rest}"
        yield f"{text[: found.end()]}, fallback = {listed}{text[found.end() :]}"
