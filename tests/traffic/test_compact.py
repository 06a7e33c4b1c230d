"""Small files of a past day become one, and no reader ever notices."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from ajar.traffic import compact as module
from ajar.traffic.compact import compact
from ajar.traffic.partitions import files_of_day, parquet_files, reading
from ajar.traffic.segments import list_segments
from traffic.conftest import ids, record, seal_all, write
from traffic.test_parquet import crash, files

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

DAY = 86_400_000_000
TODAY = "2026-01-03"
MIDNIGHT = 1_767_398_400_000_000
"""2026-01-03T00:00Z."""


def fill(state: Path, days: dict[int, int]) -> list[str]:
    """So many Parquet files, of two records each, so many days ago; the ids in order of time."""
    written: list[str] = []
    time = 0
    for ago, count in days.items():
        for _ in range(count):
            time += 1000
            records = [record(time=MIDNIGHT - ago * DAY + time + number) for number in range(2)]
            written += [one.id for one in records]
            write(state, records)
            seal_all(state)
    return written


def test_the_small_files_of_a_past_day_become_one(tmp_path: Path) -> None:
    written = fill(tmp_path, {2: 3, 1: 4, 0: 2})
    merged = compact(tmp_path / "traffic", TODAY, [])
    assert merged is not None
    assert merged.parent.name == "date=2026-01-01"
    assert list(merged.parent.iterdir()) == [merged]
    assert pq.read_metadata(merged).num_row_groups == 1
    assert ids(tmp_path) == written
    assert compact(tmp_path / "traffic", TODAY, []) is not None
    assert compact(tmp_path / "traffic", TODAY, []) is None
    assert [path.parent.name for path in files(tmp_path)] == ["date=2026-01-01", "date=2026-01-02"] + [
        "date=2026-01-03"
    ] * 2
    assert ids(tmp_path) == written


def test_a_day_that_lasts_is_compacted_when_it_has_very_many_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MANY", 4)
    written = fill(tmp_path, {0: 3})
    assert compact(tmp_path / "traffic", TODAY, []) is None
    written += fill(tmp_path, {0: 1})
    assert compact(tmp_path / "traffic", TODAY, []) is not None
    assert sorted(ids(tmp_path)) == sorted(written)
    assert len(files(tmp_path)) == 1


def test_large_files_and_more_than_a_merge_takes_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = fill(tmp_path, {1: 5})
    size = max(path.stat().st_size for path in files(tmp_path))
    monkeypatch.setattr(module, "_MERGED_BYTES", size * 3)
    monkeypatch.setattr(module, "_ROW_GROUP", 3)
    merged = compact(tmp_path / "traffic", TODAY, [])
    assert merged is not None
    assert pq.read_metadata(merged).num_rows == 6
    assert pq.read_metadata(merged).num_row_groups == 2
    monkeypatch.setattr(module, "_SMALL_BYTES", merged.stat().st_size)
    assert compact(tmp_path / "traffic", TODAY, []) is not None
    assert merged.exists()
    assert sorted(ids(tmp_path)) == sorted(written)


def test_a_file_whose_segment_is_still_in_the_journal_is_left(tmp_path: Path) -> None:
    fill(tmp_path, {1: 3})
    first = files(tmp_path)[0]
    merged = compact(tmp_path / "traffic", TODAY, [first.stem])
    assert merged is not None
    assert files(tmp_path) == sorted([first, merged])


def test_files_with_other_columns_or_none_are_left(tmp_path: Path) -> None:
    fill(tmp_path, {1: 3})
    day = files(tmp_path)[0].parent
    older = pq.read_table(files(tmp_path)[0], partitioning=None).drop_columns(["response"])
    pq.write_table(older, day / "0-w0.parquet")
    (day / "1-w0.parquet").write_bytes(b"damaged")
    merged = compact(tmp_path / "traffic", TODAY, [])
    assert files(tmp_path) == sorted([day / "0-w0.parquet", day / "1-w0.parquet", merged])  # type: ignore[list-item]


def test_nothing_is_replaced_while_somebody_reads(tmp_path: Path) -> None:
    written = fill(tmp_path, {1: 3})
    before = files(tmp_path)
    with reading(tmp_path / "traffic"):
        assert compact(tmp_path / "traffic", TODAY, []) is None
        assert files(tmp_path) == before
        assert parquet_files(tmp_path / "traffic") == before
    assert compact(tmp_path / "traffic", TODAY, []) is not None
    assert ids(tmp_path) == written


def test_a_crash_at_any_point_of_compaction(tmp_path: Path) -> None:
    template = tmp_path / "template"
    written = fill(template, {1: 3})
    crashes = crash("compact", template, tmp_path)
    assert crashes > 12
    for number in range(1, crashes + 1):
        state = tmp_path / "copies" / str(number)
        assert ids(state) == written, f"after a crash at call {number}"
        while compact(state / "traffic", TODAY, []):
            pass
        assert ids(state) == written
        for day in sorted((state / "traffic").glob("date=*")):
            assert [path.suffix for path in day.iterdir()] == [".parquet"]
            assert files_of_day(day) == list(day.iterdir())


def test_readers_see_every_record_once_while_all_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments are sealed and files replaced as fast as they can be, while queries run."""
    monkeypatch.setattr(module, "_MANY", 2)
    over = threading.Event()
    problems: list[BaseException] = []

    def steward() -> None:
        try:
            while not over.is_set():
                seal_all(tmp_path)
                compact(tmp_path / "traffic", TODAY, [s.id for s in list_segments(tmp_path / "journal")])
        except BaseException as error:
            problems.append(error)

    thread = threading.Thread(target=steward)
    thread.start()
    written: list[str] = []
    for turn in range(25):
        records = [record(time=MIDNIGHT + turn * 10 + number) for number in range(2)]
        write(tmp_path, records)
        written += [one.id for one in records]
        assert ids(tmp_path) == written
    over.set()
    thread.join()
    assert not problems
