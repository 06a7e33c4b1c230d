"""New records as they are appended."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from ajar.traffic.frame import unpack
from ajar.traffic.segments import list_segments, to_stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ajar.domain.record import InferenceRecord


class Follower:
    """Reads on at the end of every segment of a journal. Begins with what is appended after it was made.

    Call `poll` a few times a second: it holds the segments open, so one that is sealed meanwhile is read to its end.
    """

    def __init__(self, directory: Path, *, warn: Callable[[str], None] = to_stderr) -> None:
        self._directory = directory
        self._warn = warn
        self._files: dict[str, BinaryIO] = {}
        self._open_new()
        for file in self._files.values():
            file.seek(_end_of_frames(file))

    def poll(self) -> list[InferenceRecord]:
        """What was appended since the last call, oldest first."""
        listed = self._open_new()
        records = [record for file in self._files.values() for record in self._read(file)]
        for id_ in self._files.keys() - listed:
            self._files.pop(id_).close()
        records.sort(key=lambda record: (record.time, record.id))
        return records

    def close(self) -> None:
        """Let go of the files."""
        while self._files:
            self._files.popitem()[1].close()

    def _open_new(self) -> set[str]:
        segments = list_segments(self._directory)
        for segment in segments:
            if segment.id not in self._files and (file := segment.open()) is not None:
                self._files[segment.id] = file
        return {segment.id for segment in segments}

    def _read(self, file: BinaryIO) -> Iterator[InferenceRecord]:
        offset = file.tell()
        while line := file.readline():
            if not line.endswith(b"\n"):
                # Still being written, or what a killed worker left.
                file.seek(offset)
                return
            record = unpack(line)
            if record is None:
                self._warn(f"{file.name}: skipped a damaged record at byte {offset}")
            else:
                yield record
            offset += len(line)


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
