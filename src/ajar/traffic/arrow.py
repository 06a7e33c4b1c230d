"""pyarrow, which ships no type information: the one place that says so.

Only the sealer and queries import this, never what a worker imports: pyarrow costs 60 MB.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import pyarrow
import pyarrow.json
import pyarrow.parquet

pa: Any = pyarrow
pq: Any = pyarrow.parquet
_json: Any = pyarrow.json

Table: TypeAlias = Any
"""A `pyarrow.Table`."""
Batches: TypeAlias = Any
"""A `pyarrow.RecordBatchReader`."""


def parse_lines(lines: bytes, schema: Any) -> Table:
    """JSON objects, one a line, as a table with the columns of `schema`; other keys are left out.

    Raises ArrowException where a value does not fit its column.
    """
    return _json.read_json(
        pa.BufferReader(lines),
        read_options=_json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
        parse_options=_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
    )
