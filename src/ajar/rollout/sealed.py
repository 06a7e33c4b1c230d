"""What Parquet files hold of a rollout, found by time: each row group tells its first and its last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ajar.rollout.index import Block
from ajar.traffic.arrow import pa, pq
from ajar.traffic.columns import SCHEMA
from ajar.traffic.filters import EPOCH, Filters
from ajar.traffic.partitions import days, files_of_day
from ajar.traffic.query import Traffic, connect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import duckdb

_COLUMNS: Final = (
    "id, epoch_us(time) AS time, operation, route, config, caller, purpose, status, stream, total_ms, revision, "
    "experiment, epoch, unit_hash, variant, deployment, finish_reason, error, ttfb_ms, usage, "
    "coalesce(attempts, []) AS attempts, copy_of"
)
# One JSON text a record: a third of the work that it is to make Python's objects of the columns.
_PAYLOADS: Final = f"SELECT time, to_json(one)::VARCHAR FROM (SELECT {_COLUMNS} FROM traffic WHERE {{}}) AS one"  # noqa: S608
_DAY_US: Final = 86_400_000_000
_EVER: Final = 1 << 62


class Sealed:
    """The records of a route, or of one experiment on it. Hold `partitions.reading` while it is used."""

    def __init__(self, folder: Path, route: str, experiment: str | None, since: int) -> None:
        """`folder` has the files; nothing before `since` matters."""
        self._folder = folder
        self._route = route
        self._experiment = experiment
        # A file lies in the day of its first record; the others may be later by the time that one segment is open.
        self._first = f"date={datetime.fromtimestamp(max(since - _DAY_US, 0) / 1e6, UTC):%Y-%m-%d}"
        self._known: dict[Path, list[Block]] = {}
        self._present: list[Path] = []
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def names(self) -> frozenset[str]:
        """Of the files, without their ending: those of segments have the segment's id."""
        return frozenset(path.stem for path in self._present)

    def refresh(self, late: Callable[[], bool]) -> bool:
        """Take note of what is new. False where it got `late` over that: some was done, and the next call goes on."""
        self._present = [path for day in days(self._folder) if day.name >= self._first for path in files_of_day(day)]
        self._known = {path: self._known[path] for path in self._present if path in self._known}
        for path in self._present:
            if path not in self._known:
                self._known[path] = _row_groups(path)
                if late():
                    return False
        return True

    def blocks(self, low: int, high: int) -> list[Block]:
        """Those with times from `low` up to `high`, `high` left out."""
        return [each for found in self._known.values() for each in found if each.low < high and each.high >= low]

    def between(self, low: int, high: int) -> list[tuple[int, bytes]]:
        """Times and records (as JSON, without their bodies) from `low` up to `high`, in no order."""
        files = [
            path for path, found in self._known.items() if any(each.low < high and each.high >= low for each in found)
        ]
        if not files:
            return []
        traffic = Traffic(self._opened(), files)
        filters = Filters(since=low, until=high, routes=(self._route,))
        if self._experiment is None:
            rows = traffic.query(_PAYLOADS.format("true"), filters)
        else:
            rows = traffic.query(_PAYLOADS.format("experiment = $experiment"), filters, experiment=self._experiment)
        table = rows.to_arrow_table()
        return list(zip(table.column(0).to_pylist(), table.column(1).cast(pa.binary()).to_pylist(), strict=True))

    def close(self) -> None:
        """Let go of the database."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _opened(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            # One thread, as all else of the steward: every more of them holds row groups of its own.
            self._connection = connect(self._folder, threads=1)
            self._connection.register("journal", SCHEMA.empty_table())
        return self._connection


def _row_groups(path: Path) -> list[Block]:
    """A file's row groups; one whose times it does not tell may have any."""
    found: list[Block] = []
    metadata = pq.read_metadata(path)
    names = [metadata.schema.column(at).path for at in range(metadata.num_columns)]
    for at in range(metadata.num_row_groups):
        group = metadata.row_group(at)
        times = group.column(names.index("time")).statistics
        low, high = 0, _EVER
        if times is not None and times.has_min_max:
            low, high = _micros(times.min), _micros(times.max)
        found.append(Block(low, high, group.num_rows, at, at + 1))
    return found


def _micros(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1)
