"""Segments become Parquet files: every record once, whatever happens on the way."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, BinaryIO

import msgspec
import pyarrow.parquet as pq
import pytest

from ajar.domain.usage import Usage
from ajar.traffic import parquet
from ajar.traffic.columns import SCHEMA
from ajar.traffic.frame import pack
from ajar.traffic.journal import Journal
from ajar.traffic.parquet import seal
from ajar.traffic.segments import list_segments, take_lock
from traffic.conftest import RAW, environment, ids, record, seal_all, write

if TYPE_CHECKING:
    from pathlib import Path

MICROS = 1_767_225_599_999_999
"""2025-12-31T23:59:59.999999Z."""


def files(state: Path) -> list[Path]:
    return sorted((state / "traffic").rglob("*.parquet"))


def test_a_segment_becomes_a_file_of_its_day(tmp_path: Path) -> None:
    write(tmp_path, [record(time=MICROS), record(time=MICROS + 1)])
    (segment,) = list_segments(tmp_path / "journal")
    assert seal_all(tmp_path) == 1
    (path,) = files(tmp_path)
    assert path == tmp_path / "traffic" / "date=2025-12-31" / f"{segment.id}.parquet"
    assert not list((tmp_path / "journal").iterdir())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700


def test_every_column_arrives(tmp_path: Path) -> None:
    whole = record(
        time=MICROS, revision=4, experiment="e", epoch=2, unit_hash="u", variant="v", request="q", response="a"
    )
    bare = record(
        route=None,
        deployment=None,
        usage=None,
        usage_raw=None,
        attempts=(),
        dropped=(),
        error="invalid_json",
        ttfb_ms=None,
    )
    write(tmp_path, [whole, bare])
    seal_all(tmp_path)
    table = pq.read_table(files(tmp_path)[0], partitioning=None)
    assert table.schema.equals(SCHEMA)
    assert pq.read_metadata(files(tmp_path)[0]).row_group(0).column(0).compression == "ZSTD"
    assert table["time"].cast("int64").to_pylist() == [whole.time, bare.time]
    first, second = table.drop_columns("time").to_pylist()
    for name in first.keys() - {"usage", "usage_raw", "attempts", "dropped"}:
        assert first[name] == getattr(whole, name), name
        assert second[name] == getattr(bare, name), name
    assert first["usage_raw"].encode() == RAW
    assert first["usage"] == msgspec.structs.asdict(Usage(input_tokens=12, output_tokens=3))
    assert first["attempts"] == [msgspec.structs.asdict(attempt) for attempt in whole.attempts]
    assert first["dropped"] == list(whole.dropped)
    assert (second["usage"], second["usage_raw"], second["attempts"], second["dropped"]) == (None, None, [], [])


def test_numbers_that_fit_no_column_do_not_stop_the_sealing(tmp_path: Path) -> None:
    usage = Usage(input_tokens=10**30, output_tokens=7)
    write(tmp_path, [record(usage=usage, usage_raw='{"n":"\ufffd"}'), record(status=2**40)])
    seal_all(tmp_path)
    first, second = pq.read_table(files(tmp_path)[0], columns=["usage", "usage_raw", "status"]).to_pylist()
    assert first["usage"]["input_tokens"] is None
    assert first["usage"]["output_tokens"] == 7
    assert first["usage_raw"] == '{"n":"�"}'
    assert second["status"] is None


def test_a_segment_whose_writer_lives_is_left_alone(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", 0)
    journal.append(record())
    assert seal_all(tmp_path) == 0
    journal.close()
    assert seal_all(tmp_path) == 1


def test_an_orphan_is_recovered(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    kept, torn = record(), record()
    orphan = tmp_path / "journal" / "01a1fc00-0000-7000-8000-000000000000-w0.open"
    orphan.write_bytes(pack(kept) + pack(torn)[:50])
    warnings: list[str] = []
    assert seal_all(tmp_path, warnings) == 1
    assert warnings == [f"{orphan}: skipped a torn last record at byte {len(pack(kept))}"]
    assert ids(tmp_path) == [kept.id]
    assert not list((tmp_path / "journal").iterdir())


def test_a_segment_without_a_record_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "1-w0.open").touch()
    assert seal_all(tmp_path) == 1
    assert not (tmp_path / "traffic").exists()
    assert not list((tmp_path / "journal").iterdir())


def test_a_damaged_segment_is_kept_for_a_person(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    kept = record()
    path = tmp_path / "journal" / "1-w0.sealed"
    data = b"what is this\n" + pack(kept)
    path.write_bytes(data)
    warnings: list[str] = []
    assert seal_all(tmp_path, warnings) == 1
    assert ids(tmp_path) == [kept.id]
    assert warnings == [f"{path}: skipped a damaged record at byte 0"]
    assert path.with_suffix(".damaged").read_bytes() == data
    assert seal_all(tmp_path, warnings) == 0


def test_a_segment_that_somebody_else_is_moving_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, [record()])
    (segment,) = list_segments(tmp_path / "journal")
    with segment.path.open("rb") as other:
        assert take_lock(other)
        assert not seal(segment, tmp_path / "traffic")
    assert seal(segment, tmp_path / "traffic")
    assert not seal(segment, tmp_path / "traffic"), "gone"


def test_a_segment_that_somebody_else_has_just_moved_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two sealers meet where one is being replaced: the second has the file open when the first is done with it."""
    write(tmp_path, [record()])
    (segment,) = list_segments(tmp_path / "journal")

    def late(file: BinaryIO) -> bool:
        monkeypatch.undo()
        assert seal(segment, tmp_path / "traffic")
        for path in files(tmp_path):
            path.rename(path.with_name("merged.parquet"))  # and it is part of a larger file by now
        return take_lock(file)

    monkeypatch.setattr(parquet, "take_lock", late)
    assert not seal(segment, tmp_path / "traffic")
    assert len(ids(tmp_path)) == 1


def test_a_segment_that_was_moved_before_is_only_removed(tmp_path: Path) -> None:
    write(tmp_path, [record(), record()])
    shutil.copytree(tmp_path / "journal", tmp_path / "copy")
    seal_all(tmp_path)
    shutil.rmtree(tmp_path / "journal")
    (tmp_path / "copy").rename(tmp_path / "journal")
    assert len(ids(tmp_path)) == 2, "a reader skips the segment"
    before = files(tmp_path)[0].stat().st_ino
    assert seal_all(tmp_path) == 1
    assert files(tmp_path)[0].stat().st_ino == before
    assert len(ids(tmp_path)) == 2


@pytest.mark.parametrize("damaged", [False, True])
def test_a_crash_at_any_point_of_sealing(tmp_path: Path, damaged: bool) -> None:
    template = tmp_path / "template"
    records = [record() for _ in range(3)]
    write(template, records)
    if damaged:
        for segment in list_segments(template / "journal"):
            segment.path.write_bytes(b"damage\n" + segment.path.read_bytes())
    crashes = crash("seal", template, tmp_path)
    assert crashes > 8
    expected = sorted(one.id for one in records)
    warnings: list[str] = []
    for number in range(1, crashes + 1):
        state = tmp_path / "copies" / str(number)
        assert sorted(ids(state, warnings)) == expected, f"after a crash at call {number}"
        seal_all(state, warnings)
        assert sorted(ids(state, warnings)) == expected
        assert not list_segments(state / "journal")
    assert bool(warnings) == damaged


def crash(step: str, template: Path, tmp_path: Path) -> int:
    """Run a step once for each of its calls, with a crash there; how many copies of the state there are now."""
    (tmp_path / "copies").mkdir()
    arguments = [sys.executable, "-m", "traffic.crash", step, template, tmp_path / "copies"]
    return int(subprocess.run(arguments, env=environment(), stdout=subprocess.PIPE, check=True).stdout)
