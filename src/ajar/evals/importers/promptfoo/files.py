"""Files that a promptfoo configuration names: read only where code is allowed, and never run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ajar.config.problem import shortened
from ajar.errors import ConfigError
from ajar.evals.importers.imported import Notes, Place
from ajar.evals.suite import document, json_read

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.config.problem import KeyPath

_SCHEME = "file://"
_CODE = re.compile(r"\.(?:py|[cm]?js|[cm]?ts|rb|sh|bash|go|pl|exe|wasm)(?::\w+)?$")
_REMOTE = re.compile(r"^(?:https?|langfuse|portkey|helicone|huggingface|s3|gs|az)://")
_RUN = re.compile(r"^(?:exec|python|javascript|ruby|golang|node|package|fn):")
_PATH = re.compile(r"[^\s{}]+\.\w{1,5}(?::\w+)?")
_TEXTS = (".txt", ".md", ".j2", ".html", ".csv", "")


class Files:
    """Opens what a configuration in `folder` names."""

    def __init__(self, folder: Path, notes: Notes) -> None:
        self._folder = folder
        self._notes = notes

    def names_one(self, value: object, *, bare: bool = False) -> bool:
        """Whether the value is a `file://…`; with `bare`, paths, addresses and programs count too."""
        if not isinstance(value, str):
            return False
        other = _REMOTE.match(value) or _RUN.match(value) or _PATH.fullmatch(value)
        return value.startswith(_SCHEME) or (bare and other is not None)

    def get(self, value: str, where: Place) -> Place | str | None:
        """What the file holds: values with their places, or text. None where it was refused, or cannot be carried."""
        shown = shortened(value)
        if _RUN.match(value) or _CODE.search(value):
            self._notes.code(where, f"`{shown}`")
        elif _REMOTE.match(value):
            self._notes.lose(where, f"`{shown}` is elsewhere and is not fetched")
        elif not self._notes.allow_code:
            self._notes.refuse(where, f"`{shown}` is a file; it is only read where code is allowed (`--allow-code`)")
        elif any(sign in value for sign in "*?["):
            self._notes.lose(where, f"`{shown}` stands for several files, which is not carried; name them one by one")
        else:
            return self._read(self._folder / value.removeprefix(_SCHEME), where)
        return None

    def _read(self, path: Path, where: Place) -> Place | str | None:
        try:
            if path.suffix in (".yaml", ".yml", ".json"):
                return Place(document.read(path))
            if path.suffix == ".jsonl":
                return Place(_rows(path))
            if path.suffix in _TEXTS:
                with path.open("rb") as file:
                    return document.decoded(file.read(document.LARGEST), str(path))
        except (OSError, ValueError) as error:
            raise document.unreadable(str(path), error) from error
        self._notes.lose(where, f"`{path.name}` is of a kind that is not carried")
        return None


def is_program(value: str) -> bool:
    """Whether the value names a file or a program that promptfoo would run or read."""
    return value.startswith(_SCHEME) or bool(_RUN.match(value) or _CODE.search(value))


class _Rows(document.Document):
    """The rows of a JSONL file as one list, each of which knows its line."""

    def __init__(self, name: str, rows: list[tuple[int, Any]]) -> None:
        super().__init__(name, "", None, [value for _, value in rows])
        self._at = [line for line, _ in rows]

    def line(self, path: KeyPath) -> int:
        """The line of the row that the path leads into."""
        return self._at[path[0]] if path and isinstance(path[0], int) else 1


def _rows(path: Path) -> _Rows:
    with path.open("rb") as file:
        text = document.decoded(file.read(document.LARGEST), str(path))
    rows: list[tuple[int, Any]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                rows.append((number, json_read.parse(line)[0]))
            except json_read.NotJson as error:
                raise ConfigError([f"{path}:{number}: {error.text}"]) from error
    return _Rows(str(path), rows)
