"""Where a run lies: its journal, and what follows from it."""

from __future__ import annotations

import contextlib
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ajar.errors import StateError
from ajar.evals.result import Result

if TYPE_CHECKING:
    from collections.abc import Collection

    from ajar.evals.result import Timing

_JOURNAL = "journal.jsonl"
_LAST = "last"
"""Holds the path of the run that was begun or gone on with last."""
_ODD = re.compile(r"[^A-Za-z0-9._-]+")


class Folder:
    """One run's files. All are its owner's alone, as they hold prompts and answers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = path / _JOURNAL
        self.result = path / "result.json"
        self.timing = path / "timing.json"
        self.report = path / "report.html"
        self.junit = path / "junit.xml"

    def write(self, result: Result, timing: Timing) -> None:
        """Both files of numbers."""
        nameless = msgspec.structs.replace(result, about=msgspec.structs.replace(result.about, run=""))
        for file, value in ((self.result, nameless), (self.timing, timing)):
            self.put(file, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")

    def read(self, run: str) -> Result:
        """The numbers of the run with this id. Raises StateError where they were not worked out yet."""
        try:
            result = msgspec.json.decode(self.result.read_bytes(), type=Result)
        except (OSError, msgspec.DecodeError):
            why = f"{self.path} has no result that can be read: `ajar eval report {self.path}` makes it"
            raise StateError(why) from None
        return msgspec.structs.replace(result, about=msgspec.structs.replace(result.about, run=run))

    def put(self, file: Path, data: bytes) -> None:
        """A file of this run, whole or not at all. Raises StateError."""
        beside = file.with_name(f".{file.name}.new")
        try:
            beside.write_bytes(data)
            beside.chmod(0o600)
            beside.replace(file)
        except OSError as error:
            raise StateError(f"{file} cannot be written: {(error.strerror or str(error)).lower()}") from None


def new(runs: Path, suite: str, now: datetime | None = None) -> Folder:
    """A folder for a new run below `runs`, named after the suite and the time in UTC."""
    time = (now or datetime.now(UTC)).strftime("%Y%m%d-%H%M%S")
    name = f"{_plain(suite)}-{time}"
    number = 1
    while (path := runs / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return Folder(path)


def chosen(path: Path) -> Folder:
    """A folder for a new run that somebody named. Raises StateError where it holds anything but a run."""
    if path.exists() and not path.is_dir():
        raise StateError(f"{path} is a file: name a folder for the run's files")
    if path.is_dir() and not (path / _JOURNAL).exists() and any(path.iterdir()):
        raise StateError(f"{path} holds other files, which a run might overwrite: name a new folder or an empty one")
    return Folder(path)


def part(gate: Path, suite: str, taken: Collection[Path] = ()) -> Folder:
    """Where the run of one suite lies within that of a gate; `taken` are the folders of those before it."""
    name = _plain(suite)
    number = 1
    while (path := gate / (name if number == 1 else f"{name}-{number}")) in taken:
        number += 1
    return Folder(path)


def note(runs: Path, path: Path) -> None:
    """From now on this run is the last one, wherever it lies."""
    with contextlib.suppress(OSError):  # then `last` finds the newest below `runs`
        runs.mkdir(mode=0o700, parents=True, exist_ok=True)
        Folder(runs).put(runs / _LAST, os.fsencode(path.resolve()))


def find(runs: Path, named: str) -> Folder:
    """The run that was named: by its path, by its name below `runs`, or as `last`. Raises StateError."""
    for path in _places(runs, named):
        if (path / _JOURNAL).is_file():
            return Folder(path)
        if _is_gate(path):
            told = "is the run of a gate: go on with `ajar eval gate FILE --resume`, or name the run of one suite in it"
            raise StateError(f"{path} {told}")
    raise _not_there(runs, named)


def find_gate(runs: Path, named: str) -> Path:
    """The folder of a gate's run, named likewise. Raises StateError."""
    for path in _places(runs, named):
        if _is_gate(path):
            return path
    raise _not_there(runs, named)


def _places(runs: Path, named: str) -> list[Path]:
    if named != "last":
        return [Path(named), runs / named]
    with contextlib.suppress(OSError):
        path = Path(os.fsdecode((runs / _LAST).read_bytes()))
        if (path / _JOURNAL).is_file() or _is_gate(path):
            return [path]
    there = list(runs.glob(f"*/{_JOURNAL}")) if runs.is_dir() else []
    return [max(there, key=lambda path: path.stat().st_mtime).parent] if there else []


def _is_gate(path: Path) -> bool:
    return path.is_dir() and any(path.glob(f"*/{_JOURNAL}"))


def _not_there(runs: Path, named: str) -> StateError:
    if named == "last":
        return StateError(f"there is no run below {runs} yet")
    return StateError(f"there is no run {named}: it is neither a run's folder nor the name of one below {runs}")


def _plain(suite: str) -> str:
    """The suite's name as one of a folder."""
    return _ODD.sub("-", suite).strip("-.") or "run"
