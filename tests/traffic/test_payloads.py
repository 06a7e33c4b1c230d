"""Arrow's parser makes the same tables as the records themselves."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zlib import crc32

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.record import Attempt, InferenceRecord
from ajar.domain.usage import Usage
from ajar.traffic import payloads
from ajar.traffic.columns import SCHEMA, to_table
from ajar.traffic.frame import pack
from ajar.traffic.segments import Reading
from traffic.conftest import record

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_COUNT = st.integers(0, 2**63 - 1)
_MS = st.integers(0, 10**9).map(lambda micros: micros / 1000)
_ATTEMPTS = st.builds(Attempt, _TEXT, _MS, _MS | st.none(), _MS | st.none(), st.integers(100, 599) | st.none(), _TEXT)
_RECORDS = st.builds(
    record,
    time=st.integers(0, 2**53),
    route=_TEXT | st.none(),
    status=st.integers(100, 599),
    stream=st.booleans(),
    total_ms=_MS,
    revision=_COUNT,
    epoch=_COUNT | st.none(),
    ttfb_ms=_MS | st.none(),
    error=_TEXT | st.none(),
    usage=st.builds(Usage, _COUNT | st.none(), _COUNT, cache_read_input_tokens=_COUNT | st.none()) | st.none(),
    usage_raw=_TEXT | st.none(),
    attempts=st.lists(_ATTEMPTS, max_size=3).map(tuple),
    request=_TEXT | st.none(),
)


def read(data: bytes, warnings: list[str] | None = None) -> tuple[pa.Table, Reading]:
    said: list[str] = [] if warnings is None else warnings
    reading = Reading(BytesIO(data), Path("segment"), warn=said.append)
    table = pa.concat_tables([SCHEMA.empty_table(), *payloads.tables(reading)])
    assert said == [] or warnings is not None
    return table, reading


@given(st.lists(_RECORDS, min_size=1, max_size=5))
def test_the_table_is_that_of_the_records(records: list[InferenceRecord]) -> None:
    table, _ = read(b"".join(map(pack, records)))
    assert table.equals(to_table(records))


def test_plain_records_never_become_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "to_table", None)
    assert read(b"".join(pack(record()) for _ in range(10)))[0].num_rows == 10


def test_many_records_come_in_several_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "_CHUNK", 3)
    records = [record(time=number) for number in range(10)]
    assert read(b"".join(map(pack, records)))[0].equals(to_table(records))


def test_a_number_that_fits_no_column_becomes_null() -> None:
    records = [record(), record(usage=Usage(10**30, 7)), record(status=2**40)]
    table, _ = read(b"".join(map(pack, records)))
    assert table.equals(to_table(records))
    assert table["usage"].to_pylist()[1]["input_tokens"] is None


@pytest.mark.parametrize("payload", [b"", b"{}", b"null", b"[1]", b"{" * 3000, b'{"id":1}', b'{"id":"x"}', b"\xff"])
def test_what_is_no_record_is_counted_and_named(payload: bytes) -> None:
    whole = record()
    warnings: list[str] = []
    table, reading = read(b"%08x %b\n" % (crc32(payload), payload) + pack(whole), warnings)
    assert table.equals(to_table([whole]))
    assert reading.damaged == 1
    assert warnings == ["segment: skipped a record that this version cannot read"]
