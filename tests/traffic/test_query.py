"""One view over what is in the journal and what is in Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from ajar.errors import StateError
from ajar.traffic.columns import SCHEMA
from ajar.traffic.filters import Filters
from ajar.traffic.frame import pack
from ajar.traffic.journal import Journal
from ajar.traffic.query import open_traffic
from traffic.conftest import ids, record, seal_all, write

if TYPE_CHECKING:
    from pathlib import Path


def test_records_are_found_wherever_they_are(tmp_path: Path) -> None:
    records = [record(time=number) for number in range(8)]
    write(tmp_path, records[:2])
    seal_all(tmp_path)
    write(tmp_path, records[2:4])
    journal = Journal(tmp_path / "journal", 1)
    for one in records[4:6]:
        journal.append(one)
    orphan = tmp_path / "journal" / "01a1fc00-0000-7000-8000-000000000000-w2.open"
    orphan.write_bytes(pack(records[6]) + pack(records[7])[:9])
    warnings: list[str] = []
    assert ids(tmp_path, warnings) == [one.id for one in records[:7]]
    assert warnings == [f"{orphan}: skipped a torn last record at byte {len(pack(records[6]))}"]
    journal.close()


def test_what_is_just_being_written_is_no_reason_to_warn(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", 0)
    one = record()
    journal.append(one)
    with journal.path.open("ab") as file:
        file.write(pack(record())[:40])
    assert ids(tmp_path) == [one.id]
    journal.close()


def test_without_any_traffic_there_are_no_records(tmp_path: Path) -> None:
    assert ids(tmp_path) == []
    with open_traffic(tmp_path) as traffic:
        assert traffic.records(Filters()).read_all().num_rows == 0
        assert traffic.last(5, Filters()).num_rows == 0


def test_the_newest_records_come_oldest_first(tmp_path: Path) -> None:
    records = [record(time=number // 2, id=f"{number:03}") for number in range(30)]
    write(tmp_path, records[::-1])
    with open_traffic(tmp_path) as traffic:
        assert traffic.last(5, Filters())["id"].to_pylist() == ["025", "026", "027", "028", "029"]
        assert traffic.last(2, Filters(until=3))["id"].to_pylist() == ["004", "005"]
        assert traffic.last(0, Filters()).num_rows == 0
        assert traffic.last(99, Filters()).cast(SCHEMA).num_rows == 30


def test_files_of_other_versions_are_read_with_what_they_have(tmp_path: Path) -> None:
    one = record(time=5)
    write(tmp_path, [one])
    seal_all(tmp_path)
    (path,) = (tmp_path / "traffic").rglob("*.parquet")
    table = pq.read_table(path, partitioning=None)
    pq.write_table(table.drop_columns(["response", "operation"]), path.with_name("older.parquet"))
    pq.write_table(table.append_column("later", table["route"]), path.with_name("later.parquet"))
    path.unlink()
    with open_traffic(tmp_path) as traffic:
        rows = traffic.last(9, Filters()).cast(SCHEMA)
    assert rows["id"].to_pylist() == [one.id, one.id]
    assert sorted(rows["operation"].to_pylist(), key=str) == [None, "chat"]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, [record(), record()])
    seal_all(tmp_path)
    (path,) = (tmp_path / "traffic").rglob("*.parquet")
    whole = path.read_bytes()
    for data in (b"", b"damaged", whole[: len(whole) // 2], b"PAR1" + b"\xff" * 400 + whole[404:]):
        path.write_bytes(data)
        with pytest.raises(StateError, match="operator"), open_traffic(tmp_path) as traffic:
            traffic.records(Filters()).read_all()


def test_what_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: Path) -> list[object]:
        raise PermissionError(13, "Permission denied", "/state/journal")

    monkeypatch.setattr("ajar.traffic.query.list_segments", denied)
    with (
        pytest.raises(StateError, match=r"Cannot read /state/journal: Permission denied\. Run this as the user"),
        open_traffic(tmp_path),
    ):
        pass


def test_queries_reach_no_network(tmp_path: Path) -> None:
    with open_traffic(tmp_path) as traffic:
        settings = dict(
            traffic.query(
                "SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%known_extensions'", Filters()
            ).fetchall()
        )
    assert settings == {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
