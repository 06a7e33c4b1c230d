"""Reading segments: damage costs the records that it hit, and no other."""

from __future__ import annotations

import fcntl
import re
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ajar.traffic import segments
from ajar.traffic.frame import pack
from ajar.traffic.segments import Reading, Segment, has_writer, list_segments, take_lock
from traffic.conftest import record

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

RECORDS = [record(route=f"r{number}", request="x" * number) for number in range(6)]
FRAMES = [pack(one) for one in RECORDS]
WHOLE = b"".join(FRAMES)


def read(path: Path, data: bytes, growing: bool = False) -> tuple[list[str | None], list[str], int]:
    path.write_bytes(data)
    warnings: list[str] = []
    with path.open("rb") as file:
        reading = Reading(file, path, growing=growing, warn=warnings.append)
        routes = [one.route for one in reading]
    return routes, warnings, reading.damaged


def test_a_torn_last_record_is_skipped_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "s.open"
    last = len(WHOLE) - len(FRAMES[-1])
    for end in range(last + 1, len(WHOLE), 17):
        routes, warnings, damaged = read(path, WHOLE[:end])
        assert routes == ["r0", "r1", "r2", "r3", "r4"]
        assert warnings == [f"{path}: skipped a torn last record at byte {last}"]
        assert damaged == 0


def test_a_last_line_with_a_wrong_checksum_is_torn_too(tmp_path: Path) -> None:
    routes, warnings, _ = read(tmp_path / "s.open", WHOLE[:-3] + b"?}\n")
    assert len(routes) == 5
    assert "torn last record" in warnings[0]


def test_what_is_being_written_is_nothing_to_warn_of(tmp_path: Path) -> None:
    routes, warnings, _ = read(tmp_path / "s.open", WHOLE[:-9], growing=True)
    assert len(routes) == 5
    assert not warnings


def test_what_was_about_to_be_taken_back_ends_a_look(tmp_path: Path) -> None:
    """A writer's trial for room, and behind it what came since: this look began before."""
    joined = WHOLE + b" " * 9000 + b'end of a record"}\n' + WHOLE
    routes, warnings, damaged = read(tmp_path / "s.open", joined, growing=True)
    assert routes == read(tmp_path / "whole.open", WHOLE)[0]
    assert (warnings, damaged) == ([], 0)


def test_damage_inside_is_skipped_with_a_warning(tmp_path: Path) -> None:
    at = len(FRAMES[0]) + len(FRAMES[1])
    data = WHOLE[: at + 20] + b"\x00" + WHOLE[at + 21 :]
    routes, warnings, damaged = read(tmp_path / "s.sealed", data)
    assert routes == ["r0", "r1", "r3", "r4", "r5"]
    assert warnings == [f"{tmp_path / 's.sealed'}: skipped a damaged record at byte {at}"]
    assert damaged == 1


def test_an_empty_segment_has_no_records(tmp_path: Path) -> None:
    assert read(tmp_path / "s.open", b"") == ([], [], 0)


def test_without_a_listener_warnings_go_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.open"
    path.write_bytes(b"torn")
    with path.open("rb") as file:
        assert not list(Reading(file, path))
    assert capsys.readouterr().err == f"{path}: skipped a torn last record at byte 0\n"


@given(st.data())
def test_no_bytes_raise_or_make_a_wrong_record(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "any.open"
    mangled = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, len(mangled)))
        end = data.draw(st.integers(start, len(mangled)))
        mangled[start:end] = data.draw(st.binary(max_size=40))
    if data.draw(st.booleans()):
        del mangled[data.draw(st.integers(0, len(mangled))) :]
    mangled += data.draw(st.binary(max_size=40))
    path.write_bytes(mangled)
    known = {one.id: one for one in RECORDS}
    warnings: list[str] = []
    with path.open("rb") as file:
        found = list(Reading(file, path, warn=warnings.append))
    for one in found:
        assert one == known[one.id]
    untouched = [
        one for one, frame in zip(RECORDS, FRAMES, strict=True) if re.search(rb"(^|\n)" + re.escape(frame), mangled)
    ]
    assert {one.id for one in untouched} <= {one.id for one in found}
    if bytes(mangled) not in [b"".join(FRAMES[:n]) for n in range(7)]:
        assert warnings or found != RECORDS


def test_segments_are_listed_once_and_in_order(tmp_path: Path) -> None:
    for name in ("2-w0.open", "1-w1.sealed", "1-w0.open", "2-w0.sealed", "0-w0.damaged", "x.tmp"):
        (tmp_path / name).touch()
    assert list_segments(tmp_path) == [
        Segment("1-w0", tmp_path / "1-w0.open"),
        Segment("1-w1", tmp_path / "1-w1.sealed"),
        Segment("2-w0", tmp_path / "2-w0.sealed"),
    ]
    assert list_segments(tmp_path / "none") == []


def test_a_renaming_that_hides_a_segment_for_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a directory lists while a file in it is renamed is up to the file system."""
    listings = iter([{"1-w0.open", "2-w0.open"}, {"2-w0.open"}, *[{"1-w0.sealed", "2-w0.open"}] * 2])
    monkeypatch.setattr(segments, "_names", lambda _: next(listings))
    assert [segment.path.name for segment in list_segments(tmp_path)] == ["1-w0.sealed", "2-w0.open"]


def test_a_segment_is_found_after_it_was_sealed_or_moved(tmp_path: Path) -> None:
    path = tmp_path / "1-w0.open"
    path.write_bytes(b"x")
    (segment,) = list_segments(tmp_path)
    path.rename(tmp_path / "1-w0.sealed")
    file = segment.open()
    assert file is not None
    assert file.read() == b"x"
    file.close()
    (tmp_path / "1-w0.sealed").unlink()
    assert segment.open() is None


def test_the_lock_tells_whether_the_writer_lives(tmp_path: Path) -> None:
    path = tmp_path / "1-w0.open"
    with path.open("wb") as writer, path.open("rb") as reader, path.open("rb") as sealer:
        assert not has_writer(reader)
        fcntl.flock(writer, fcntl.LOCK_EX)
        assert has_writer(reader)
        assert not take_lock(sealer)
        fcntl.flock(writer, fcntl.LOCK_UN)
        assert not has_writer(reader)
        assert take_lock(sealer)
        assert has_writer(reader)
