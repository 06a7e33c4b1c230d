"""Sealed journal segments become Parquet files."""

from __future__ import annotations

import os
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from ajar.traffic.arrow import Table, pa, pq
from ajar.traffic.columns import SCHEMA, to_table
from ajar.traffic.filters import EPOCH
from ajar.traffic.partitions import file_of_segment, prepare, sync_directory
from ajar.traffic.segments import Reading, Segment, take_lock, to_stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ajar.domain.record import InferenceRecord

_CHUNK = 4096
"""Records decoded at a time: as Python objects they take some ten times their size in the file."""
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
    records = iter(reading)
    first = list(islice(records, _CHUNK))
    if first:
        time = EPOCH + timedelta(microseconds=first[0].time)
        table = pa.concat_tables(_tables(first, records))
        prepare(directory)
        write(directory / f"date={time:%Y-%m-%d}" / f"{segment.id}.parquet", [table])
    return reading.damaged


def _tables(first: list[InferenceRecord], rest: Iterator[InferenceRecord]) -> Iterator[Table]:
    chunk = first
    while chunk:
        yield to_table(chunk)
        chunk = list(islice(rest, _CHUNK))


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
