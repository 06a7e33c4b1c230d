"""The journal keeps what `append` returned for, whatever happens to the process or the disk."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from ajar.errors import JournalError
from ajar.traffic import journal as journal_module
from ajar.traffic.frame import pack
from ajar.traffic.journal import Journal
from ajar.traffic.segments import Reading, has_writer, list_segments
from traffic.conftest import environment, ids, record, seal_all

if TYPE_CHECKING:
    from pathlib import Path


def names(directory: Path) -> list[str]:
    """The endings of all segments, sealed ones last."""
    return sorted(segment.path.suffix for segment in list_segments(directory))


def read(directory: Path) -> list[str]:
    found: list[str] = []
    for segment in list_segments(directory):
        with segment.path.open("rb") as file:
            found += [one.id for one in Reading(file, segment.path)]
    return found


def test_what_is_appended_can_be_read_at_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", 3)
    records = [record(request="ü" * number) for number in range(50)]
    for number, one in enumerate(records):
        journal.append(one)
        assert len(read(tmp_path / "journal")) == number + 1
    with journal.path.open("rb") as file:
        assert list(Reading(file, journal.path)) == records
    assert journal.path.name.endswith("-w3.open")
    journal.close()


def test_a_writer_that_is_no_worker_has_a_name(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "steward")
    assert journal.path.name.endswith("-steward.open")
    journal.close()


def test_nobody_else_may_look(tmp_path: Path) -> None:
    os.umask(0o022)
    (tmp_path / "journal").mkdir(mode=0o755)
    journal = Journal(tmp_path / "journal", 0)
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o700
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    journal.close()


def test_a_full_segment_is_sealed(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 0, max_bytes=3000)
    records = [record() for _ in range(20)]
    for one in records:
        journal.append(one)
    size = len(pack(records[0]))
    sealed = list(tmp_path.glob("*.sealed"))
    assert all(3000 <= path.stat().st_size < 3000 + size for path in sealed)
    assert names(tmp_path) == [".open"] + [".sealed"] * len(sealed)
    assert sorted(read(tmp_path)) == sorted(one.id for one in records)
    journal.close()


def test_an_old_segment_is_sealed_by_the_next_append_or_by_the_timer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(journal_module, "monotonic", lambda: now)
    journal = Journal(tmp_path, 0, max_age_s=30)
    now += 1000
    journal.rotate_if_old()
    assert names(tmp_path) == [".open"], "an empty segment has no age"
    journal.append(record())
    now += 29
    journal.rotate_if_old()
    journal.append(record())
    assert names(tmp_path) == [".open"]
    now += 1
    journal.append(record())
    assert names(tmp_path) == [".open", ".sealed"]
    now += 30
    journal.rotate_if_old()
    assert names(tmp_path) == [".open", ".sealed", ".sealed"]
    journal.close()
    assert names(tmp_path) == [".sealed", ".sealed"]


def test_closing_seals_or_removes(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 0)
    journal.close()
    assert names(tmp_path) == []
    journal = Journal(tmp_path, 0)
    journal.append(record())
    journal.close()
    journal.close()
    journal.rotate_if_old()
    assert names(tmp_path) == [".sealed"]
    with pytest.raises(JournalError, match="Cannot append"):
        journal.append(record())


def test_an_open_segment_is_locked_until_it_is_sealed(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 0)
    journal.append(record())
    (segment,) = list_segments(tmp_path)
    with segment.path.open("rb") as file:
        assert has_writer(file)
        journal.close()
        assert not has_writer(file)


def test_a_directory_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "journal").touch()
    with pytest.raises(JournalError, match=r"Cannot start .*/journal: File exists.* operator"):
        Journal(tmp_path / "journal", 0)


def test_a_journal_that_need_not_start_at_once_begins_when_it_can(tmp_path: Path) -> None:
    (tmp_path / "journal").touch()
    journal = Journal(tmp_path / "journal", 0, must_start=False)
    journal.rotate_if_old()
    for _ in range(2):
        with pytest.raises(JournalError, match="Cannot start"):
            journal.append(record())
    (tmp_path / "journal").unlink()
    kept = [record(), record()]
    for one in kept:
        journal.append(one)
    assert read(tmp_path / "journal") == [one.id for one in kept]
    assert names(tmp_path / "journal") == [".open"]
    journal.close()


def test_a_journal_that_never_began_can_be_closed(tmp_path: Path) -> None:
    (tmp_path / "journal").touch()
    Journal(tmp_path / "journal", 0, must_start=False).close()
    assert (tmp_path / "journal").is_file()


def test_where_no_new_segment_can_be_made_the_old_one_goes_on(tmp_path: Path) -> None:
    directory = tmp_path / "journal"
    journal = Journal(directory, 0, max_bytes=1)
    journal.append(record())
    moved = directory.rename(tmp_path / "elsewhere")
    directory.touch()
    journal.append(record())
    journal.append(record())
    assert len(read(moved)) == 3
    directory.unlink()
    journal.append(record())
    assert len(read(directory)) == 1
    journal.close()


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from ajar.errors import JournalError
from ajar.traffic.journal import Journal
from traffic.conftest import record

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(Path(sys.argv[1]), 0)
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
kept = []
for attempt in range(60):
    one = record(response="x" * attempt)
    try:
        journal.append(one)
        kept.append(one.id)
    except JournalError as error:
        message = str(error)
assert attempt > len(kept) > 10, len(kept)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
one = record()
journal.append(one)
print(*kept, one.id, message, sep="\\n")
"""


def test_a_full_disk_is_an_error_and_leaves_a_whole_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path], env=environment(), capture_output=True, text=True, check=True
    )
    *kept, message = done.stdout.splitlines()
    (segment,) = list_segments(tmp_path)
    assert message.startswith(f"Cannot append to the traffic journal {segment.path}: File too large.")
    assert "free space" in message
    warnings: list[str] = []
    with segment.path.open("rb") as file:
        assert [one.id for one in Reading(file, segment.path, warn=warnings.append)] == kept
    assert not warnings


def test_a_part_that_cannot_be_taken_back_stays_the_last_of_its_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk takes half a frame, then nothing, and cannot shorten the file either."""
    journal = Journal(tmp_path / "journal", 0)
    first, lost, last = record(), record(), record()
    journal.append(first)
    real = os.write
    answers = iter([lambda fd, data: real(fd, data[:100]), _fails])
    monkeypatch.setattr(os, "write", lambda fd, data: next(answers)(fd, data))
    monkeypatch.setattr(os, "ftruncate", _fails)
    with pytest.raises(JournalError):
        journal.append(lost)
    monkeypatch.undo()
    journal.append(last)
    journal.close()
    warnings: list[str] = []
    assert sorted(ids(tmp_path, warnings)) == sorted([first.id, last.id])
    (warning,) = warnings
    assert "torn last record" in warning


def test_to_ask_for_room_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "journal", 0)
    journal.require()
    assert journal.path.stat().st_size == 0
    first, last = record(), record()
    journal.append(first)
    size = journal.path.stat().st_size
    journal.require()
    assert journal.path.stat().st_size == size
    real = os.write
    answers = iter([lambda fd, data: real(fd, data[:100]), _fails])
    monkeypatch.setattr(os, "write", lambda fd, data: next(answers)(fd, data))
    with pytest.raises(JournalError, match="free space on that disk"):
        journal.require()
    monkeypatch.undo()
    assert journal.path.stat().st_size == size, "a part of it"
    journal.append(last)
    journal.close()
    warnings: list[str] = []
    assert ids(tmp_path, warnings) == [first.id, last.id]
    assert not warnings


def test_there_must_be_room_for_what_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "journal", 0)
    large, real, left = record(response="x" * 500_000), os.write, [200_000]

    def write(fd: int, data: bytes) -> int:
        return real(fd, data) if len(data) <= left[0] else _fails()

    monkeypatch.setattr(os, "write", write)
    journal.require()
    with pytest.raises(JournalError):
        journal.append(large)
    for left[0] in (200_000, 900_000):
        with pytest.raises(JournalError):
            journal.require()
    left[0] = 1_100_000
    journal.require()
    with pytest.raises(JournalError):
        journal.append(record(response="x" * 5_000_000))
    journal.require()  # what fits nowhere does not keep all others out
    journal.append(large)
    left[0] = 200_000
    journal.require()
    journal.close()


def test_a_trial_that_cannot_be_taken_back_ends_its_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "journal", 0)
    journal.append(first := record())
    monkeypatch.setattr(os, "ftruncate", _fails)
    journal.require()
    monkeypatch.undo()
    journal.append(last := record())
    journal.close()
    warnings: list[str] = []
    assert sorted(ids(tmp_path, warnings)) == sorted([first.id, last.id])
    (warning,) = warnings
    assert "torn last record" in warning


def test_a_closed_journal_has_room_for_nothing(tmp_path: Path) -> None:
    closed = Journal(tmp_path / "journal", 0)
    closed.close()
    (tmp_path / "file").write_text("")
    never = Journal(tmp_path / "file", 0, must_start=False)
    never.close()
    (tmp_path / "file").unlink()
    for journal in (closed, closed, never):
        with pytest.raises(JournalError):
            journal.require()
        with pytest.raises(JournalError):
            journal.append(record())
    assert not list_segments(tmp_path / "journal")


def _fails(*_: object) -> int:
    raise OSError(28, "No space left on device")


def test_kill_9_loses_nothing_that_was_appended(tmp_path: Path) -> None:
    """Twenty-four writers, killed at random moments; orphans are recovered now and then, as the steward does it."""
    acknowledged: list[str] = []
    warnings: list[str] = []
    for turn in range(3):
        program = [sys.executable, "-m", "traffic.killed", tmp_path / "journal", "8", str(turn)]
        done = subprocess.run(program, env=environment(), stdout=subprocess.PIPE, text=True, check=True)
        acknowledged += done.stdout.split()
        if turn < 2:
            assert seal_all(tmp_path, warnings) >= 8
    assert len(acknowledged) > 100
    found = ids(tmp_path, warnings)
    assert len(found) == len(set(found)), "nothing twice"
    assert set(acknowledged) <= set(found)
    assert len(set(found) - set(acknowledged)) <= 24, "what was written, and killed before it could say so"
    assert all("torn last record" in warning for warning in warnings)
    seal_all(tmp_path, warnings)
    assert ids(tmp_path) == found
    assert not list((tmp_path / "journal").iterdir())


@pytest.mark.parametrize("removed", [True, False])
def test_a_new_segment_that_the_sealer_takes_for_an_orphan_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: bool
) -> None:
    real = fcntl.flock

    def late(fd: int, how: int) -> None:
        monkeypatch.undo()
        (path,) = tmp_path.glob("*.open")
        if not removed:
            raise BlockingIOError
        path.unlink()
        real(fd, how)

    monkeypatch.setattr(fcntl, "flock", late)
    journal = Journal(tmp_path, 0)
    journal.append(record())
    assert len(read(tmp_path)) == 1
    journal.close()


def test_the_sealer_never_takes_a_segment_that_a_worker_is_just_opening(tmp_path: Path) -> None:
    over = threading.Event()
    threads = [threading.Thread(target=_seal_until, args=(tmp_path, over)) for _ in range(2)]
    for thread in threads:
        thread.start()
    journal = Journal(tmp_path / "journal", 0, max_bytes=1)
    written: list[str] = []
    for _ in range(100):
        one = record()
        journal.append(one)
        written.append(one.id)
    journal.close()
    over.set()
    for thread in threads:
        thread.join()
    assert sorted(ids(tmp_path)) == sorted(written)


def _seal_until(state: Path, over: threading.Event) -> None:
    while not over.is_set():
        seal_all(state)
