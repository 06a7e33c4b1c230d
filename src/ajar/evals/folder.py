"""Where a run lies: its journal, and what follows from it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ajar.errors import StateError
from ajar.evals.result import Result

if TYPE_CHECKING:
    from ajar.evals.result import Timing

_ODD = re.compile(r"[^A-Za-z0-9._-]+")


class Folder:
    """One run's files. All are its owner's alone, as they hold prompts and answers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = path / "journal.jsonl"
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
    name = f"{_ODD.sub('-', suite).strip('-.') or 'run'}-{time}"
    number = 1
    while (path := runs / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return Folder(path)


def find(runs: Path, named: str) -> Folder:
    """The run that was named: by its path, by its name below `runs`, or as `last`. Raises StateError."""
    if named == "last":
        there = list(runs.glob("*/journal.jsonl")) if runs.is_dir() else []
        if not there:
            raise StateError(f"there is no run below {runs} yet")
        return Folder(max(there, key=lambda path: path.stat().st_mtime).parent)
    for path in (Path(named), runs / named):
        if (path / "journal.jsonl").is_file():
            return Folder(path)
    raise StateError(f"there is no run {named}: it is neither a run's folder nor the name of one below {runs}")
