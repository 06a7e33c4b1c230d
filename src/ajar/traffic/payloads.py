"""The records of a segment become Arrow tables straight from their JSON.

Most records never need to be Python objects. Arrow's own parser makes the same table as `to_table` for less than half
of the CPU time; what it refuses (a number that no column holds, a record of another shape) goes the long way round.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec.structs import fields

from ajar.domain.record import InferenceRecord
from ajar.traffic.arrow import Table, pa, parse_lines
from ajar.traffic.columns import SCHEMA, to_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ajar.traffic.segments import Reading

_CHUNK = 4096
"""Records in one table. Those of the long way round are Python objects meanwhile, of some ten times the size."""
_AS_JSON = SCHEMA.set(SCHEMA.get_field_index("time"), pa.field("time", pa.int64()))
_PRESENT = [field.name for field in fields(InferenceRecord) if field.required and field.name != "route"]
"""What every record has, and not as null."""


def tables(reading: Reading) -> Iterator[Table]:
    """The records of a segment as tables with `SCHEMA`. What is no record is counted and warned of by `reading`."""
    payloads = reading.payloads()
    while chunk := list(islice(payloads, _CHUNK)):
        table = _parsed(chunk)
        yield to_table(list(reading.records(chunk))) if table is None else table


def _parsed(payloads: Sequence[bytes]) -> Table | None:
    """The table, if all of them are plain records."""
    if not all(payload.startswith(b'{"') for payload in payloads):
        return None  # a bare `null` among the lines ends the process (seen with pyarrow 26, 2026-11)
    try:
        table = parse_lines(b"\n".join(payloads), _AS_JSON)
    except pa.ArrowException:
        return None
    if table.num_rows != len(payloads) or any(table.column(name).null_count for name in _PRESENT):
        return None
    columns = [_column(name, table.column(name)) for name in SCHEMA.names]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _column(name: str, values: Any) -> Any:
    """What stands for a field that the JSON leaves out is null, but for some fields."""
    match name:
        case "time":
            return values.cast(SCHEMA.field(name).type)
        case "revision":
            return values.fill_null(0)
        case "attempts" | "dropped" if values.null_count:
            return pa.chunked_array([pa.ListArray.from_arrays(c.offsets, c.values) for c in values.chunks])
        case _:
            return values
