"""JSON as plain values, and the lines of its parts where somebody asks for them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.config.problem import shortened

if TYPE_CHECKING:
    from ajar.config.problem import KeyPath

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:\n]|[^\s{}\[\],:"]+')
_NO_JSON = "a number or an escape here is none that JSON has: NaN, Infinity, or half of a character"


class NotJson(Exception):
    """The text is not JSON; `str()` says why. The line counts from 1."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


def parse(data: bytes | str) -> tuple[Any, list[str]]:
    """The value, and the faults of its objects: keys that stand twice. Raises NotJson."""
    try:
        value = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise NotJson(*_why(data)) from error
    return value, twice(data)


def twice(data: bytes | str) -> list[str]:
    """A sentence for each key of the valid JSON that stands twice in its object: parsers differ on which one counts."""
    faults: list[str] = []

    def pairs(found: list[tuple[str, object]]) -> None:
        keys = {key for key, _ in found}
        if len(keys) < len(found):
            names = [key for key, _ in found]
            again = sorted({key for key in keys if names.count(key) > 1})
            faults.extend(f"the key `{shortened(key)}` stands twice; remove one" for key in again)

    json.loads(data, object_pairs_hook=pairs)
    return faults


def _why(data: bytes | str) -> tuple[int, str]:
    try:
        json.loads(data)
    except json.JSONDecodeError as error:
        return error.lineno, f"this is not JSON: {error.msg[:1].lower()}{error.msg[1:]} (column {error.colno})"
    except UnicodeDecodeError:
        return 1, "this is not UTF-8 text; save the file as UTF-8"
    except RecursionError:
        return 1, "brackets are nested too deeply"
    except ValueError:  # Python refuses to read integers of thousands of digits
        pass
    return 1, _NO_JSON


def lines(text: str) -> dict[KeyPath, int]:
    """The line of every key and element of a valid JSON text."""
    found: dict[KeyPath, int] = {}
    path: list[str | int] = []
    line, key = 1, False  # `key`: a string that comes now is one
    for mark in _TOKEN.findall(text):
        if mark == "\n":
            line += 1
        elif mark in "{[":
            if path:
                found.setdefault(tuple(path), line)
            path.append(0 if mark == "[" else "")
            key = mark == "{"
        elif mark in "}]":
            path.pop()
            key = False
        elif mark == ",":
            last = path[-1]
            path[-1] = last + 1 if isinstance(last, int) else ""
            key = not isinstance(last, int)
        elif mark == ":":
            key = False
        elif key:
            path[-1] = json.loads(mark)
            found[tuple(path)] = line
        else:
            found.setdefault(tuple(path), line)
    return found
