"""Questions about traffic: one view over the journal and all Parquet files, answered by DuckDB."""

from __future__ import annotations

import contextlib
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import duckdb

from ajar.errors import StateError
from ajar.traffic.arrow import Batches, Table, pa
from ajar.traffic.columns import SCHEMA
from ajar.traffic.partitions import parquet_files, reading
from ajar.traffic.payloads import tables
from ajar.traffic.segments import Reading, has_writer, list_segments, to_stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from ajar.traffic.filters import Filters

_CHUNK = 4096
_JOURNAL = "SELECT * FROM journal"
_PARQUET = "SELECT * FROM read_parquet($files, union_by_name = true, hive_partitioning = false)"
_COLUMNS = ", ".join(SCHEMA.names)
_ALL = f"SELECT {_COLUMNS} FROM traffic ORDER BY time, id"  # noqa: S608 - our own names
_LAST = f"FROM (SELECT {_COLUMNS} FROM traffic ORDER BY time DESC, id DESC LIMIT $count) ORDER BY time, id"  # noqa: S608


class Traffic:
    """All records of one state directory at one moment, each exactly once. Made by `open_traffic`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, files: list[Path]) -> None:
        self._connection = connection
        self._files = [str(path) for path in files]

    def query(self, select: str, filters: Filters, **parameters: Any) -> duckdb.DuckDBPyRelation:
        """Run a SELECT over `traffic`, the records that the filters let through. `select` is trusted SQL."""
        where, values = filters.where()
        source = f"{_JOURNAL} UNION ALL BY NAME {_PARQUET}" if self._files else _JOURNAL
        if self._files:
            values["files"] = self._files
        sql = f"WITH traffic AS (SELECT * FROM ({source}) WHERE {where}) {select}"  # noqa: S608 - values are parameters
        return self._connection.sql(sql, params=values | parameters)

    def records(self, filters: Filters) -> Batches:
        """Every record, oldest first, as a stream of Arrow batches with the columns of `SCHEMA`."""
        return self.query(_ALL, filters).to_arrow_reader(10_000)

    def last(self, count: int, filters: Filters) -> Table:
        """The `count` newest records, oldest first."""
        return self.query(_LAST, filters, count=count).to_arrow_table()


@contextlib.contextmanager
def open_traffic(state_dir: Path, *, warn: Callable[[str], None] = to_stderr) -> Generator[Traffic]:
    """Look at the traffic under a state directory, while workers and the sealer go on.

    StateError where something cannot be read, also from within the `with` block.
    """
    with ExitStack() as stack:
        try:
            traffic = _look(state_dir, stack, warn)
        except OSError as error:
            raise StateError(
                f"Cannot read {error.filename}: {error.strerror}. Run this as the user that Ajar runs as."
            ) from error
        try:
            yield traffic
        except duckdb.Error as error:
            raise StateError(
                f"Cannot read past traffic: {error}\nThe operator has to move a damaged file away, or free disk space."
            ) from error


def _look(state_dir: Path, stack: ExitStack, warn: Callable[[str], None]) -> Traffic:
    parquet = state_dir / "traffic"
    stack.enter_context(reading(parquet))
    # In this order: what is not in the journal any more is in a Parquet file by then.
    segments = [(segment, segment.open()) for segment in list_segments(state_dir / "journal")]
    files = parquet_files(parquet)
    sealed = {path.stem for path in files}
    found = [SCHEMA.empty_table()]
    for segment, file in segments:
        if file is not None:
            stack.enter_context(file)
            if segment.id not in sealed:
                growing = segment.path.suffix == ".open" and has_writer(file)
                found += tables(Reading(file, segment.path, growing=growing, warn=warn))
    connection = stack.enter_context(connect(parquet))
    connection.register("journal", pa.concat_tables(found))
    return Traffic(connection, files)


def connect(parquet: Path, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A database in memory that never loads an extension from the network; it spills beside the data in `parquet`."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "temp_directory": str(parquet / ".spill"),
    }
    if threads is not None:
        settings["threads"] = threads
    connection = duckdb.connect(config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    return connection
