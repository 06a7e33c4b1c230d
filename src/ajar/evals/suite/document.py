"""A file of the user's as plain values, each of which knows its line."""

from __future__ import annotations

import codecs
import errno
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from ajar.config.problem import quoted
from ajar.errors import ConfigError, ConfigUnreadable
from ajar.evals.suite import json_read, yaml_read

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.config.problem import KeyPath

LARGEST = 64 * 1024 * 1024
_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Document:
    """What a YAML or JSON file says. `value` is None for a file that says nothing."""

    def __init__(self, name: str, text: str, yaml: yaml_read.Parsed | None, value: Any) -> None:
        self.name = name
        self.value = value
        self._text = text
        self._yaml = yaml

    def line(self, path: KeyPath) -> int:
        """The line of the value at `path`, or of the nearest one around it that is there."""
        value: Any = self.value
        line = 1
        for depth, key in enumerate(path):
            if not isinstance(value, dict | list):
                break
            if self._yaml is None:
                line = self._json_lines.get(path[: depth + 1], line)
            else:
                line = self._yaml.lines.get((id(cast("object", value)), key), line)
            try:
                value = cast("Any", value)[key]
            except (KeyError, IndexError, TypeError):
                break
        return line

    def odd(self, path: KeyPath) -> str | None:
        """How the plain scalar at `path` is spelt, where YAML reads it as a value that is usually spelt otherwise."""
        if self._yaml is None:
            return None
        around = self.value
        for key in path[:-1]:
            around = around[key]
        return self._yaml.odd.get((id(around), path[-1]))

    @cached_property
    def _json_lines(self) -> dict[KeyPath, int]:
        return json_read.lines(self._text)


def read(path: Path) -> Document:
    """The file's content. Raises ConfigUnreadable, or ConfigError with the faults of its YAML or JSON."""
    name = str(path)
    return parse(decoded(_bytes(path), name), name)


def parse(text: str, name: str) -> Document:
    """The same for a text. What is JSON, is read as JSON: YAML's parser knows neither its escapes nor its tabs."""
    if name.endswith(".json") or text.lstrip()[:1] in ("{", "["):
        try:
            value, faults = json_read.parse(text)
        except json_read.NotJson as error:
            if name.endswith(".json"):
                raise ConfigError([f"{name}:{error.line}: {error.text}"]) from error
        else:
            if faults:
                raise ConfigError([f"{name}: {fault}" for fault in faults])
            return Document(name, text, None, value)
    try:
        parsed = yaml_read.parse(text)
    except yaml_read.Broken as error:
        raise ConfigError([f"{name}:{error.line}: {error.text}"]) from error
    if parsed.faults:
        raise ConfigError([f"{name}:{line}: {fault}" for line, fault in sorted(parsed.faults)])
    return Document(name, text, parsed, parsed.value)


def unreadable(name: str, error: OSError | ValueError) -> ConfigUnreadable:
    """Why a file cannot be had, in words. Its name itself may be none: that is a ValueError."""
    if isinstance(error, ValueError):
        return ConfigUnreadable([f"{quoted(name)}: this cannot be the name of a file; correct the path"])
    if error.errno == errno.EISDIR:
        return ConfigUnreadable([f"{name}: this is a directory; name a file in it"])
    if error.errno == errno.ENOENT:
        return ConfigUnreadable([f"{name}: there is no such file; correct the path"])
    why = (error.strerror or "it cannot be read").lower()
    return ConfigUnreadable([f"{name}: {why}; make it a file that the user who runs ajar may read"])


def decoded(data: bytes, name: str) -> str:
    """The text of a file. Raises ConfigError where it is not UTF-8."""
    if data.startswith(_BOMS):
        raise ConfigError([f"{name}:1: this is UTF-16 or UTF-32 text; save the file as UTF-8"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{name}:{line}: this line is not UTF-8 text; save the file as UTF-8"]) from error


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise unreadable(str(path), error) from error
    if len(data) > LARGEST:
        size = LARGEST // 1024 // 1024
        raise ConfigError([f"{path}: this file is over {size} MB; put the cases into a JSONL file beside the suite"])
    return data
