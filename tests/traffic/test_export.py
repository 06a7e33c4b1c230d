"""What is exported has the columns that the contract names, and comes back as it was."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ajar.traffic.columns import SCHEMA
from ajar.traffic.export import write_jsonl, write_parquet
from ajar.traffic.filters import Filters
from ajar.traffic.query import open_traffic
from traffic.conftest import RAW, record, seal_all, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# fmt: off
COLUMNS = [
    "id", "time", "route", "revision", "config", "caller", "purpose", "experiment",
    "epoch", "unit_hash", "variant", "deployment", "upstream_model", "operation", "status",
    "stream", "finish_reason", "error", "ttfb_ms", "total_ms", "usage", "usage_raw",
    "attempts", "dropped", "request", "response", "copy_of",
]
# fmt: on
USAGE = [
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_write_input_tokens",
    "reasoning_output_tokens",
]
ATTEMPT = ["deployment", "start_ms", "ttfb_ms", "total_ms", "status", "error"]

WHOLE = record(
    time=1_767_225_600_000_001,
    experiment="e",
    epoch=2,
    unit_hash="u",
    variant="v",
    revision=3,
    request="q",
    response="ü",
)
BARE = record(
    time=1_767_225_600_000_002,
    route=None,
    deployment=None,
    upstream_model=None,
    finish_reason=None,
    usage=None,
    usage_raw=None,
    attempts=(),
    dropped=(),
    ttfb_ms=None,
    error="invalid_json",
    status=400,
    stream=False,
)


def exported(state: Path, write_: Callable[[Any, Any], None]) -> bytes:
    file = io.BytesIO()
    with open_traffic(state) as traffic:
        write_(traffic.records(Filters()), file)
    return file.getvalue()


def test_json_lines(tmp_path: Path) -> None:
    write(tmp_path, [BARE])
    seal_all(tmp_path)
    write(tmp_path, [WHOLE])
    lines = exported(tmp_path, write_jsonl).decode().splitlines()
    first, second = map(json.loads, lines)
    assert list(first) == list(second) == COLUMNS
    assert list(first["usage"]) == USAGE
    assert [list(attempt) for attempt in first["attempts"]] == [ATTEMPT, ATTEMPT]
    assert first["time"] == "2026-01-01T00:00:00.000001Z"
    assert first["usage_raw"].encode() == RAW
    assert first["usage"] == msgspec.to_builtins(WHOLE.usage) | dict.fromkeys(USAGE[2:])
    assert first["attempts"] == [msgspec.structs.asdict(attempt) for attempt in WHOLE.attempts]
    assert first["dropped"] == list(WHOLE.dropped)
    for one, row in ((WHOLE, first), (BARE, second)):
        for name in set(COLUMNS) - {"time", "usage", "usage_raw", "attempts", "dropped"}:
            assert row[name] == getattr(one, name), name
    assert (second["usage"], second["usage_raw"], second["attempts"], second["dropped"]) == (None, None, [], [])


def test_parquet(tmp_path: Path) -> None:
    write(tmp_path, [BARE])
    seal_all(tmp_path)
    write(tmp_path, [WHOLE])
    table = pq.read_table(pa.BufferReader(exported(tmp_path, write_parquet)))
    assert table.schema.names == COLUMNS
    assert table.schema.equals(SCHEMA)
    assert table.schema.field("time").type == pa.timestamp("us", "UTC")
    assert [field.name for field in table.schema.field("usage").type] == USAGE
    assert [field.name for field in table.schema.field("attempts").type.value_type] == ATTEMPT
    assert table["time"].cast(pa.int64()).to_pylist() == [WHOLE.time, BARE.time]
    first, second = table.drop_columns("time").to_pylist()
    assert first["usage_raw"].encode() == RAW
    assert first["attempts"] == [msgspec.structs.asdict(attempt) for attempt in WHOLE.attempts]
    assert first["dropped"] == list(WHOLE.dropped)
    for one, row in ((WHOLE, first), (BARE, second)):
        for name in set(COLUMNS) - {"time", "usage", "usage_raw", "attempts", "dropped"}:
            assert row[name] == getattr(one, name), name
    assert (second["usage"], second["usage_raw"], second["attempts"], second["dropped"]) == (None, None, [], [])


def test_nothing_is_exported_as_nothing(tmp_path: Path) -> None:
    assert exported(tmp_path, write_jsonl) == b""
    table = pq.read_table(pa.BufferReader(exported(tmp_path, write_parquet)))
    assert (table.num_rows, table.schema.names) == (0, COLUMNS)


def test_the_order_is_that_of_time(tmp_path: Path) -> None:
    write(tmp_path, [record(time=5, id="b"), record(time=9, id="c"), record(time=5, id="a"), record(time=1, id="d")])
    lines = exported(tmp_path, write_jsonl).decode().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["d", "a", "b", "c"]
