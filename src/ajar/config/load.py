"""From a file to a Config: finding it, reading it strictly, and keeping each value's origin."""

from __future__ import annotations

import os
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.config.locate import line_of, locate
from ajar.config.model import Config
from ajar.config.origin import origins
from ajar.config.problem import KeyPath, Problem
from ajar.config.shape import faults
from ajar.config.snapshot import config_hash
from ajar.errors import ConfigError, ConfigUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = "ajar.toml"
VARIABLE = "AJAR_CONFIG"
BUILT_IN = "default.toml (built in)"

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_MEANT = {
    "Cannot overwrite a value": "this key is set twice; remove one of the two",
    "Invalid value": 'the value is missing or is not TOML; text stands in "…", lists in […], and true is lower-case',
    "Invalid statement": "this is not TOML; write `key = value` or a table's `[name]`",
    "Illegal character '\\n'": 'the text is not closed; end it with " on the same line',
    "Expected newline or end of document after a statement": "only a comment may follow; start a new line here",
    "Unclosed array": "the list is not closed; end it with ]",
}


class Loaded(msgspec.Struct, frozen=True):
    """A config and where it came from. `path` is None for the built-in one.

    `name` is the file as messages call it, `origins` maps each value's dotted key to `ajar.toml:12` or `default`, and
    `lines` each key to its line.
    """

    config: Config
    path: Path | None
    name: str
    hash: str
    origins: dict[str, str]
    lines: dict[KeyPath, int]

    @property
    def folder(self) -> Path:
        """Where the relative model paths in the file begin: its own folder; for the built-in one the working one."""
        return self.path.parent if self.path else Path()

    def sentences(self, problems: Iterable[Problem]) -> list[str]:
        """The problems as finished sentences with file and line, in the order of the file."""
        return _sentences(problems, self.lines, self.name)


def find(path: Path | None, environ: Mapping[str, str] | None = None) -> Path | None:
    """The file to load: `path` (from `--config`), else AJAR_CONFIG's, else ./ajar.toml, else None for the built-in one.

    Raises ConfigUnreadable where a file that was asked for by name is not there.
    """
    named = (os.environ if environ is None else environ).get(VARIABLE)
    asked, by = (path, "--config") if path is not None else (Path(named), VARIABLE) if named else (None, "")
    if asked is None:
        # A dangling link counts as there: loading it says so, where serving the built-in config would hide it.
        return Path(FILE) if os.path.lexists(FILE) else None
    if not os.path.exists(asked):  # noqa: PTH110 - Path.exists raises where a folder may not be entered
        raise ConfigUnreadable([f"{asked}: file not found; {by} names it: correct the path, or create the file"])
    return asked


def load(path: Path | None) -> Loaded:
    """The config in this file, or the built-in one for None.

    Raises ConfigUnreadable, or ConfigError with every problem of the file's shape.
    """
    name = BUILT_IN if path is None else str(path)
    text = _text(path, name)
    config, lines = _parsed(text, name)
    return Loaded(config, path, name, config_hash(config), origins(config, lines, name), lines)


def parse(text: str, name: str) -> Config:
    """The config that this text is. Raises ConfigError with every problem, each beginning with `NAME:LINE`."""
    return _parsed(text, name)[0]


def _text(path: Path | None, name: str) -> str:
    try:
        data = (
            resources.files("ajar.config").joinpath("default.toml").read_bytes() if path is None else path.read_bytes()
        )
    except OSError as error:
        why = (error.strerror or "it cannot be read").lower()
        raise ConfigUnreadable([f"{name}: {why}; make it a file that the user who runs ajar may read"]) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{name}:{line}: this line is not UTF-8 text; save the file as UTF-8"]) from error


def _parsed(text: str, name: str) -> tuple[Config, dict[KeyPath, int]]:
    data = _toml(text, name)
    lines = locate(text)
    problems = list(faults(msgspec.inspect.type_info(Config), data))
    if problems:
        raise ConfigError(_sentences(problems, lines, name))
    try:
        return msgspec.convert(data, Config), lines
    except msgspec.ValidationError as error:  # a kind of field that `faults` does not know
        raise ConfigError([f"{name}: {error}"]) from error


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax(str(error), text, name)]) from error
    except RecursionError as error:
        raise ConfigError([f"{name}:1: brackets are nested too deeply; a config needs two levels at most"]) from error
    except ValueError as error:  # Python refuses to read integers of thousands of digits
        raise ConfigError([f"{name}:1: a number has too many digits; shorten it"]) from error


def _syntax(message: str, text: str, name: str) -> str:
    """tomllib's sentence with the place in front and, where it is known what helps, in plainer words."""
    place = _PLACE.search(message)
    said = message[: place.start()] if place else message
    if place and place[1]:
        line, column = place[1], place[2]
    else:
        line, column = str(text.count("\n") + 1), str(len(text) - text.rfind("\n"))
    return f"{name}:{line}:{column}: {_MEANT.get(said, f'{said}; mend the TOML here')}"


def _sentences(problems: Iterable[Problem], lines: dict[KeyPath, int], name: str) -> list[str]:
    placed = sorted(((line_of(lines, problem.path), problem) for problem in problems), key=lambda pair: pair[0])
    return [problem.at(name, line) for line, problem in placed]
