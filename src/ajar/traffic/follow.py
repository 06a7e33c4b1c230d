"""New records as they are appended."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO, Generic, Protocol, TypeVar

from ajar.domain.record import InferenceRecord
from ajar.traffic.frame import is_written, payload_of, record_of
from ajar.traffic.segments import list_segments, to_stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Timed(Protocol):
    """What a journal keeps: it has a time and an id."""

    @property
    def time(self) -> int:
        """Microseconds since 1970 UTC."""
        ...

    @property
    def id(self) -> str:
        """Its name."""
        ...


_Record = TypeVar("_Record", bound=Timed)


class Tail(Generic[_Record]):
    """Reads on at the end of every segment of a journal. Begins with what is appended after it was made.

    Call `poll` a few times a second: it holds the segments that grow open, so one that is sealed meanwhile is read to
    its end. `read` makes a record of its JSON.
    """

    def __init__(
        self, directory: Path, read: Callable[[bytes], _Record | None], *, warn: Callable[[str], None] = to_stderr
    ) -> None:
        self._directory = directory
        self._read_record = read
        self._warn = warn
        self._files: dict[str, BinaryIO] = {}
        self._done = {segment.id for segment in list_segments(directory) if segment.sealed}
        """Segments to which nothing more will be added, and which were read. Where nobody moves them, they stay."""
        self._open_new()
        for file in self._files.values():
            _go_to(file, _end_of_frames(file))

    def poll(self) -> list[_Record]:
        """What was appended since the last call, oldest first."""
        listed = self._open_new()
        records = [record for file in self._files.values() for record in self._read(file)]
        for id_ in [id_ for id_ in self._files if listed.get(id_, True)]:
            self._files.pop(id_).close()
            self._done.add(id_)
        self._done &= listed.keys()
        records.sort(key=lambda record: (record.time, record.id))
        return records

    def close(self) -> None:
        """Let go of the files."""
        while self._files:
            self._files.popitem()[1].close()

    def _open_new(self) -> dict[str, bool]:
        """Open the segments that are new. Returns of each that is there whether it is sealed."""
        segments = list_segments(self._directory)
        for segment in segments:
            known = segment.id in self._files or segment.id in self._done
            if not known and (file := segment.open()) is not None:
                self._files[segment.id] = file
        return {segment.id: segment.sealed for segment in segments}

    def _read(self, file: BinaryIO) -> Iterator[_Record]:
        offset = file.tell()
        while line := file.readline():
            if not is_written(line):
                _go_to(file, offset)  # still being written, or what a killed worker left
                return
            payload = payload_of(line)
            record = None if payload is None else self._read_record(payload)
            if record is None:
                self._warn(f"{file.name}: skipped a damaged record at byte {offset}")
            else:
                yield record
            offset += len(line)


class Follower(Tail[InferenceRecord]):
    """Follows the journal of inferences."""

    def __init__(self, directory: Path, *, warn: Callable[[str], None] = to_stderr) -> None:
        super().__init__(directory, record_of, warn=warn)


def _go_to(file: BinaryIO, offset: int) -> None:
    """Read on from there. To go to the end first empties the buffer: what stands in the file by then is read."""
    file.seek(0, os.SEEK_END)
    file.seek(offset)


def _end_of_frames(file: BinaryIO) -> int:
    """Where the last whole line of a file ends."""
    position = os.fstat(file.fileno()).st_size
    while position > 0:
        start = max(0, position - 65_536)
        file.seek(start)
        newline = file.read(position - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        position = start
    return 0
