"""Many small Parquet files of a past day become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.domain.ids import uuid7
from ajar.traffic.arrow import Table, pa, pq
from ajar.traffic.columns import SCHEMA
from ajar.traffic.parquet import write
from ajar.traffic.partitions import (
    days,
    files_of_day,
    mark_replaced,
    replaced_by,
    replacing,
    sync_directory,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_SMALL_BYTES = 32 * 1024 * 1024
_MERGED_BYTES = 256 * 1024 * 1024
"""Files are merged up to this size, so that one merge is bounded in time."""
_MANY = 256
"""So many small files are merged even while their day lasts."""
_ROW_GROUP = 65_536
_ROW_GROUP_BYTES = 64 * 1024 * 1024


def compact(directory: Path, today: str, journal_ids: Iterable[str]) -> Path | None:
    """Merge the small files of one day that is over, or that has very many of them; None if there is no such day.

    `today` is `YYYY-MM-DD` in UTC. `journal_ids` are the segments that are still in the journal: their files are left
    alone (see `partitions`). A process may die at any point of this without harm. Only one process may do this, and
    not while it seals. Raises OSError.
    """
    kept = {f"{id_}.parquet" for id_ in journal_ids}
    for day in days(directory):
        if not _tidy(directory, day):
            return None
        small = _mergeable(day, kept)
        if len(small) >= (2 if day.name < f"date={today}" else _MANY):
            return _merge(directory, day, small)
    return None


def _tidy(directory: Path, day: Path) -> bool:
    """Remove what was replaced, and what a process that died over its work has left. False while somebody reads."""
    for unfinished in day.glob(".*.parquet*"):
        unfinished.unlink()
    markers = list(day.glob("*.replaces"))
    if not markers:
        return True
    with replacing(directory) as alone:
        if alone:
            for marker in markers:
                _remove_replaced(day, marker)
    return alone


def _remove_replaced(day: Path, marker: Path) -> None:
    if marker.with_suffix(".parquet").exists():
        for name in replaced_by(marker):
            (day / name).unlink(missing_ok=True)
        sync_directory(day)
    marker.unlink()


def _mergeable(day: Path, kept: set[str]) -> list[Path]:
    """The small files of a day, as many as one merge takes."""
    chosen: list[Path] = []
    total = 0
    for path in files_of_day(day):
        size = path.stat().st_size
        if size >= _SMALL_BYTES or path.name in kept or not _has_our_columns(path):
            continue
        total += size
        if total > _MERGED_BYTES:
            break
        chosen.append(path)
    return chosen


def _has_our_columns(path: Path) -> bool:
    """Whether this version wrote the file. What another one wrote keeps its own columns."""
    try:
        return pq.read_schema(path).equals(SCHEMA)
    except pa.ArrowException:
        return False


def _merge(directory: Path, day: Path, files: list[Path]) -> Path | None:
    new = day / f"{uuid7()}-merged.parquet"
    hidden = new.with_name(f".{new.name}")
    write(hidden, _row_groups(files))
    with replacing(directory) as alone:
        if not alone:
            hidden.unlink()
            return None
        mark_replaced(new, files)
        hidden.rename(new)
        sync_directory(day)
    _tidy(directory, day)
    return new


def _row_groups(files: list[Path]) -> Iterator[Table]:
    """The tables of the files, put together into row groups that are worth their overhead."""
    tables: list[Table] = []
    rows = size = 0
    for path in files:
        table = pq.read_table(path, partitioning=None)
        tables.append(table)
        rows += table.num_rows
        size += table.nbytes
        if rows >= _ROW_GROUP or size >= _ROW_GROUP_BYTES:
            yield pa.concat_tables(tables)
            tables, rows, size = [], 0, 0
    if tables:
        yield pa.concat_tables(tables)
