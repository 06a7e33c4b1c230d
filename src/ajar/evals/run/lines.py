"""A journal's lines as a reader finds them, also while a run still writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import msgspec

from ajar.errors import StateError
from ajar.evals.run.header import SCHEMA, Header
from ajar.evals.run.ledger import Entry, Ledger
from ajar.evals.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_decode_header = msgspec.json.Decoder(Header).decode
_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_sample = msgspec.json.Decoder(Sample).decode
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Found(NamedTuple):
    """What a journal holds. `end` is where its last whole line ends: what follows is torn."""

    header: Header
    ledger: Ledger
    end: int


class Replay:
    """The samples of a journal, finished or not: of each the newest, in the order in which they were written.

    Iterates as often as wanted, reading from the file each time, one line at a time.
    """

    def __init__(self, path: Path, found: Found | None = None) -> None:
        """Raises StateError where the file is no journal, or is damaged."""
        if found is None:
            with _opened(path) as file:
                found = scan(path, file)
        self.header = found.header
        self.ledger = found.ledger
        self._path = path
        self._end = found.end

    def __iter__(self) -> Iterator[Sample]:
        """The samples that there were when this was made."""
        older = {at: lines - 1 for at, lines in self.ledger.again.items() if lines > 1}
        with _opened(self._path) as file:
            left = self._end - len(file.readline())
            while left > 0:
                line = file.readline()
                left -= len(line)
                sample = _decode_sample(line)
                if older:
                    at = self.ledger.at(sample.case, sample.arm, sample.repeat)
                    if older.get(at):
                        older[at] -= 1
                        continue
                yield sample


def read_header(path: Path) -> Header:
    """What a journal's run asks of whom. Raises StateError."""
    with _opened(path) as file:
        return _header(path, file.readline())


def scan(path: Path, file: BinaryIO) -> Found:
    """Read the whole of a journal from its beginning. Raises StateError where more than its end is damaged."""
    first = file.readline()
    header = _header(path, first)
    ledger = Ledger(header.cases, header.repeats)
    end = len(first)
    damaged = 0
    for number, line in enumerate(file, 2):
        if damaged:
            break
        try:
            # A line without its end is the last one: nothing is ever written after half a line.
            entry = _decode_entry(line) if line.endswith(b"\n") else None
        except _FAULTS:
            entry = None
        if entry is None:
            damaged = number
            continue
        try:
            ledger.add(entry)
        except IndexError:
            raise StateError(f"{path}:{number}: this sample belongs to another run; start a new run") from None
        end += len(line)
    else:
        return Found(header, ledger, end)
    raise StateError(f"{path}:{damaged}: this line is no sample, and others follow: the file is damaged")


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise StateError(f"the run's journal {path} cannot be read: {(error.strerror or 'unknown').lower()}") from None


def _header(path: Path, line: bytes) -> Header:
    try:
        header = _decode_header(line)
    except _FAULTS:
        raise StateError(f"{path}: this is not the journal of a run; start a new one") from None
    if header.schema != SCHEMA:
        raise StateError(f"{path}: written by ajar {header.version} in another form; resume it with that version")
    return header
