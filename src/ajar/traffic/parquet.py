"""Sealed journal segments become Parquet files."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO

from ajar.traffic.arrow import Table, pa, pq
from ajar.traffic.columns import SCHEMA
from ajar.traffic.filters import EPOCH
from ajar.traffic.partitions import file_of_segment, prepare, sync_directory
from ajar.traffic.payloads import tables
from ajar.traffic.segments import Reading, Segment, take_lock, to_stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_UNLIKE = {"id", "request", "response"}
_REPETITIVE = [name for name in SCHEMA.names if SCHEMA.field(name).type == pa.string() and name not in _UNLIKE]


def seal(segment: Segment, directory: Path, *, warn: Callable[[str], None] = to_stderr) -> bool:
    """Move a segment into a Parquet file under `directory`; False if it is still written to, or gone.

    A process may die at any point of this: readers then see each record once, and the next call goes on. A segment
    with damage inside is kept beside the journal as `.damaged`, for a person to look at. Raises OSError.
    """
    try:
        file = segment.path.open("rb")
    except FileNotFoundError:
        return False
    with file:
        if not take_lock(file) or not _is_at(segment.path, file):
            return False
        damaged = 0
        if file_of_segment(directory, segment.id) is None:
            damaged = _write_segment(segment, file, directory, warn)
        if damaged:
            segment.path.rename(segment.path.with_suffix(".damaged"))
        else:
            segment.path.unlink()
    sync_directory(segment.path.parent)  # else a power cut could bring it back when its file is merged and has no name
    return True


def _is_at(path: Path, file: BinaryIO) -> bool:
    """Whether the file, by the time it is locked, still has the name under which it was opened."""
    try:
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _write_segment(segment: Segment, file: BinaryIO, directory: Path, warn: Callable[[str], None]) -> int:
    """Write what can be read, and return how many records could not."""
    reading = Reading(file, segment.path, warn=warn)
    table = pa.concat_tables([SCHEMA.empty_table(), *tables(reading)])
    if table.num_rows:
        time = EPOCH + timedelta(microseconds=table["time"][0].value)
        prepare(directory)
        write(directory / f"date={time:%Y-%m-%d}" / f"{segment.id}.parquet", [table])
        del table
        pa.default_memory_pool().release_unused()  # it would keep 60 MB for the next segment
    return reading.damaged


def write(path: Path, tables: Iterable[Table]) -> None:
    """Write a Parquet file, whole and on disk by the time it has its name; one row group for each table."""
    new_day = not path.parent.exists()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            with pq.ParquetWriter(file, SCHEMA, compression="zstd", use_dictionary=_REPETITIVE) as writer:
                for table in tables:
                    writer.write_table(table)
            file.flush()
            os.fsync(fd)
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)
    if new_day:
        sync_directory(path.parent.parent)
