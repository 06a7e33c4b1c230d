"""Records for others: as JSON lines and as Parquet."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

import msgspec

from ajar.traffic.arrow import Batches, pa, pq
from ajar.traffic.columns import SCHEMA
from ajar.traffic.filters import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterator

Row: TypeAlias = dict[str, Any]
"""A record with every column of `SCHEMA` as plain values."""


def write_jsonl(batches: Batches, file: BinaryIO) -> None:
    """One JSON object a line, every column present. `time` is ISO 8601 in UTC, `usage_raw` the block as a string."""
    encode = msgspec.json.Encoder().encode_lines
    file.writelines(encode(list(rows(batch))) for batch in batches)


def write_parquet(batches: Batches, file: BinaryIO) -> None:
    """A Parquet file with the columns and types of `SCHEMA`."""
    with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(pa.table(batch).cast(SCHEMA))


def rows(table: Any) -> Iterator[Row]:
    """The rows of an Arrow table or batch as plain values."""
    # As numbers: pyarrow makes aware datetimes with a time zone database, which a bare machine lacks.
    index = table.schema.get_field_index("time")
    numbered = table.set_column(index, "time", table.column(index).cast(pa.int64()))
    for row in numbered.to_pylist():
        row["time"] = iso(row["time"])
        yield row


def iso(micros: int) -> str:
    """Microseconds since 1970 as ISO 8601 in UTC."""
    return (EPOCH + timedelta(microseconds=micros)).isoformat(timespec="microseconds")[:-6] + "Z"
