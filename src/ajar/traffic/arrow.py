"""pyarrow, which ships no type information: the one place that says so.

Only the sealer and queries import this, never what a worker imports: pyarrow costs 60 MB.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import pyarrow
import pyarrow.parquet

pa: Any = pyarrow
pq: Any = pyarrow.parquet

Table: TypeAlias = Any
"""A `pyarrow.Table`."""
Batches: TypeAlias = Any
"""A `pyarrow.RecordBatchReader`."""
