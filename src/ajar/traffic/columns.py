"""The columns that a record has in Parquet, in queries and in exports."""

from __future__ import annotations

from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

from ajar.domain.record import Attempt, InferenceRecord
from ajar.domain.usage import Usage
from ajar.traffic.arrow import Table, pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_USAGE = pa.struct([(name, pa.int64()) for name in Usage.__struct_fields__])
_ATTEMPT = pa.struct(
    [
        ("deployment", pa.string()),
        ("start_ms", pa.float64()),
        ("ttfb_ms", pa.float64()),
        ("total_ms", pa.float64()),
        ("status", pa.int32()),
        ("error", pa.string()),
    ]
)
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("time", pa.timestamp("us", "UTC")),
        ("route", pa.string()),
        ("revision", pa.int64()),
        ("config", pa.string()),
        ("caller", pa.string()),
        ("purpose", pa.string()),
        ("experiment", pa.string()),
        ("epoch", pa.int64()),
        ("unit_hash", pa.string()),
        ("variant", pa.string()),
        ("deployment", pa.string()),
        ("upstream_model", pa.string()),
        ("operation", pa.string()),
        ("status", pa.int32()),
        ("stream", pa.bool_()),
        ("finish_reason", pa.string()),
        ("error", pa.string()),
        ("ttfb_ms", pa.float64()),
        ("total_ms", pa.float64()),
        ("usage", _USAGE),
        ("usage_raw", pa.string()),
        ("attempts", pa.list_(_ATTEMPT)),
        ("dropped", pa.list_(pa.string())),
        ("request", pa.string()),
        ("response", pa.string()),
        ("copy_of", pa.string()),
    ]
)
_FIELDS = InferenceRecord.__struct_fields__
_NO_USAGE = astuple(Usage())


def to_table(records: Sequence[InferenceRecord]) -> Table:
    """The records as an Arrow table with `SCHEMA`. A number that its column cannot hold becomes null."""
    if not records:
        return SCHEMA.empty_table()
    values: dict[str, Sequence[Any]] = dict(zip(_FIELDS, zip(*map(astuple, records), strict=True), strict=True))
    arrays = [
        _usage(values[name])
        if name == "usage"
        else _attempts(values[name])
        if name == "attempts"
        else _array(values[name], SCHEMA.field(name).type)
        for name in SCHEMA.names
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _usage(usages: Sequence[Usage | None]) -> Any:
    rows = [_NO_USAGE if usage is None else astuple(usage) for usage in usages]
    missing = pa.array([usage is None for usage in usages], pa.bool_())
    return pa.StructArray.from_arrays(_children(rows, _USAGE), fields=list(_USAGE), mask=missing)


def _attempts(attempts: Sequence[tuple[Attempt, ...]]) -> Any:
    rows = [astuple(attempt) for attempt in chain.from_iterable(attempts)]
    ends = accumulate(map(len, attempts), initial=0)
    flat = pa.StructArray.from_arrays(_children(rows, _ATTEMPT), fields=list(_ATTEMPT))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), flat)


def _children(rows: Sequence[tuple[Any, ...]], struct: Any) -> list[Any]:
    columns: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [()] * struct.num_fields
    return [_array(column, field.type) for column, field in zip(columns, struct, strict=True)]


def _array(values: Sequence[Any], kind: Any) -> Any:
    try:
        return pa.array(values, kind)
    except (pa.ArrowException, OverflowError):
        return pa.array([value if _fits(value, kind) else None for value in values], kind)


def _fits(value: Any, kind: Any) -> bool:
    """An upstream may report 10³⁰ tokens; that must not keep its segment from being sealed."""
    try:
        pa.scalar(value, kind)
    except (pa.ArrowException, OverflowError):
        return False
    return True
