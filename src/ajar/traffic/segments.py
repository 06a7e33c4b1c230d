"""The journal's segment files, as those who read them see them."""

from __future__ import annotations

import fcntl
import os
import sys
from typing import TYPE_CHECKING, BinaryIO, Generic, NamedTuple, TypeVar

from ajar.domain.record import InferenceRecord
from ajar.traffic.frame import is_written, payload_of, record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_Record = TypeVar("_Record")


def to_stderr(message: str) -> None:
    """Warn the person at the terminal, or the service's log."""
    sys.stderr.write(message + "\n")


class Segment(NamedTuple):
    """One segment file. `id` is `<uuid7>-<writer>`, and stays while the ending goes from `.open` to `.sealed`."""

    id: str
    path: Path

    @property
    def sealed(self) -> bool:
        """Whether its writer was done with it when it was listed."""
        return self.path.suffix == ".sealed"

    def open(self) -> BinaryIO | None:
        """The file, under whichever ending it has by now; None if it was moved since it was listed."""
        for ending in (self.path.suffix, ".sealed"):
            try:
                return self.path.with_suffix(ending).open("rb")
            except FileNotFoundError:
                continue
        return None


def list_segments(directory: Path) -> list[Segment]:
    """All segments, oldest first; none where the directory does not exist.

    A file that is renamed while a directory is read may be listed under both names or under none, so the directory is
    read until two readings are alike.
    """
    seen: set[str] | None = None
    while (names := _names(directory)) != seen:
        seen = names
    by_id = {name.partition(".")[0]: name for name in sorted(names)}
    return [Segment(id_, directory / name) for id_, name in sorted(by_id.items())]


def _names(directory: Path) -> set[str]:
    try:
        with os.scandir(directory) as entries:
            return {entry.name for entry in entries if entry.name.endswith((".open", ".sealed"))}
    except FileNotFoundError:
        return set()


def take_lock(file: BinaryIO) -> bool:
    """Lock a segment for moving it. False while its writer lives; the lock ends when the file is closed."""
    return _flock(file, fcntl.LOCK_EX)


def has_writer(file: BinaryIO) -> bool:
    """Whether a worker is appending to this segment now."""
    if not _flock(file, fcntl.LOCK_SH):
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False


def _flock(file: BinaryIO, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Frames(Generic[_Record]):
    """The whole records of a segment, in the order in which they were appended; `read` makes one of its JSON.

    What is not a whole record is skipped with a warning that names the file and the byte where it begins. At the very
    end that is what a killed worker left of a record whose answer was never finished; while the writer lives
    (`growing`) it is a record that is just being written, and nothing is said. `damaged` counts the others.
    """

    def __init__(
        self,
        file: BinaryIO,
        path: Path,
        read: Callable[[bytes], _Record | None],
        *,
        growing: bool = False,
        warn: Callable[[str], None] = to_stderr,
    ) -> None:
        self._file = file
        self._path = path
        self._read = read
        self._growing = growing
        self._warn = warn
        self.damaged = 0

    def __iter__(self) -> Iterator[_Record]:
        return self.records(self.payloads())

    def records(self, payloads: Iterable[bytes]) -> Iterator[_Record]:
        """The records that `payloads` of this segment are."""
        for payload in payloads:
            record = self._read(payload)
            if record is None:
                self._skip("a record that this version cannot read")
            else:
                yield record

    def payloads(self) -> Iterator[bytes]:
        """The JSON of each whole record, unread."""
        offset = self._file.tell()
        bad: int | None = None
        for line in self._file:
            if bad is not None:
                self._skip(f"a damaged record at byte {bad}")
                bad = None
            if self._growing and not is_written(line):
                return  # what follows it was written after this look began
            payload = payload_of(line)
            if payload is None:
                bad = offset
            else:
                yield payload
            offset += len(line)
        if bad is not None and not self._growing:
            self._warn(f"{self._path}: skipped a torn last record at byte {bad}")

    def _skip(self, what: str) -> None:
        self.damaged += 1
        self._warn(f"{self._path}: skipped {what}")


class Reading(Frames[InferenceRecord]):
    """The records of inferences in a segment."""

    def __init__(
        self,
        file: BinaryIO,
        path: Path,
        *,
        growing: bool = False,
        warn: Callable[[str], None] = to_stderr,
    ) -> None:
        super().__init__(file, path, record_of, growing=growing, warn=warn)
