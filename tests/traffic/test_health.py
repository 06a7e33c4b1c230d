"""The health file: names and slots, what a dead worker leaves, and whether its supervisor lives."""

from __future__ import annotations

import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ajar.errors import ConfigError, StateError
from ajar.traffic.health import HealthFile, is_served
from ajar.traffic.vitals import CLOSED, FIELDS, IN_FLIGHT, OPENED, PROBES, UNTIL
from traffic.conftest import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "health"


@pytest.fixture
def file(path: Path) -> Iterator[HealthFile]:
    """The supervisor's view, with room for three workers."""
    made = HealthFile.create(path, 3, 2)
    yield made
    made.close()


@pytest.fixture
def view(path: Path, file: HealthFile) -> Iterator[HealthFile]:
    """A worker's view."""
    made = HealthFile(path)
    yield made
    made.close()


def slots(file: HealthFile) -> dict[str, int]:
    return file.names.present()


def test_the_file_is_private_whole_and_empty(path: Path, file: HealthFile) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.stat().st_blocks * 512 >= path.stat().st_size, "no hole that a full disk could leave unfilled"
    assert [entry.name for entry in path.parent.iterdir()] == ["health"]
    assert slots(file) == {}
    assert not any(file.changes)


def test_cells_of_all_workers_for_a_field_lie_side_by_side_and_nothing_overlaps(file: HealthFile) -> None:
    first = file.cell(0, 0, 0)
    cells = [file.cell(slot, field, process) for slot in range(2) for field in range(FIELDS) for process in range(4)]
    assert cells == list(range(first, first + 2 * FIELDS * 4))
    assert file.names.offset(1024) == 8 * first, "the table ends where the cells begin"
    assert len(file.values) == file.cell(1024, 0, 0)


def test_a_slot_stays_with_its_name_over_reloads(file: HealthFile, view: HealthFile) -> None:
    file.name(["a", "b"])
    before = slots(view)
    assert set(before) == {"a", "b"}
    file.name(["c", "b"])
    assert slots(view).keys() == {"b", "c"}
    assert slots(view)["b"] == before["b"]
    assert slots(view)["c"] not in before.values(), "a slot that nobody had comes first"
    assert view.names.find("a") is None
    assert not view.names.holds(before["a"], "a")
    view.values[view.cell(before["a"], OPENED, 0)] = 7.0
    file.name(["a", "b"])
    assert slots(view) == before
    assert view.vitals(before["a"]).standing.opened == 7.0, "a deployment that comes back is known"
    assert view.names.find("a") == before["a"]
    assert view.names.find("nobody") is None


def test_names_may_be_as_long_as_the_config_lets_them(file: HealthFile, view: HealthFile) -> None:
    names = ["x" * 128, "x" * 127 + "y", "x" * 127]
    file.name(names)
    assert sorted(slots(view), key=names.index) == names


def test_the_longest_gone_slot_is_taken_zeroed_and_never_one_where_an_inference_runs(
    file: HealthFile, view: HealthFile
) -> None:
    file.name(["busy", "first"])
    file.name(["second", "third"])
    known = file.names.all()
    view.values[view.cell(known["busy"], IN_FLIGHT, 1)] = 1.0
    view.values[view.cell(known["first"], OPENED, 1)] = 5.0
    file.name([f"d{number}" for number in range(1020)])
    assert known.items() <= file.names.all().items(), "there is room for all"
    file.name(["second", *(f"d{number}" for number in range(1021))])
    assert slots(view)["d1020"] == known["first"]
    assert view.vitals(known["first"]).standing.opened == 0.0
    before = dict(file.names.all())
    file.name(["second", *(f"d{number}" for number in range(1021)), "more"])
    assert slots(view)["more"] == known["third"]
    with pytest.raises(ConfigError, match=r"brings 1 new .* room for 0: .* again"):
        file.name(["second", *(f"d{number}" for number in range(1021)), "more", "still-more"])
    assert before.keys() - {"third"} | {"more"} == file.names.all().keys(), "nothing was changed"
    view.values[view.cell(known["busy"], IN_FLIGHT, 1)] = 0.0
    file.name(["second", *(f"d{number}" for number in range(1021)), "more", "still-more"])
    assert slots(view)["still-more"] == known["busy"]


def test_there_is_room_for_four_times_the_deployments_of_the_start(path: Path) -> None:
    file = HealthFile.create(path, 1, 500)
    file.name([f"d{number}" for number in range(2000)])
    with pytest.raises(ConfigError):
        file.name([f"d{number}" for number in range(2001)])
    file.close()


def test_what_a_dead_worker_knew_of_breakers_stays_and_its_attempts_go(file: HealthFile, view: HealthFile) -> None:
    file.name(["a"])
    slot = slots(file)["a"]
    for process in range(3):
        for field in range(FIELDS):
            view.values[view.cell(slot, field, process)] = 10.0 * (process + 1)
    view.values[view.cell(slot, PROBES, 2)] = 3.0
    before = view.vitals(slot)
    assert (before.in_flight, before.standing) == (60, (30.0, 30.0, 3.0, 30.0))
    changes = bytes(view.changes)
    file.retire(2)
    after = view.vitals(slot)
    assert bytes(view.changes) != changes
    assert (after.in_flight, after.standing) == (30, before.standing)
    assert not any(view.values[view.cell(slot, field, 2)] for field in range(FIELDS))
    assert [view.values[view.cell(slot, field, 1)] for field in range(FIELDS)] == [20.0] * FIELDS
    file.retire(0)
    file.retire(1)
    assert (view.vitals(slot).in_flight, view.vitals(slot).standing) == (0, before.standing)


def test_of_two_dead_workers_the_later_opening_stays(file: HealthFile) -> None:
    file.name(["a"])
    for process, (opened, until, closed) in enumerate([(5.0, 10.0, 9.0), (8.0, 9.0, 2.0), (8.0, 13.0, 7.0)]):
        for field, value in ((OPENED, opened), (UNTIL, until), (PROBES, process), (CLOSED, closed)):
            file.values[file.cell(0, field, process)] = value
    for worker in range(3):
        file.retire(worker)
    assert file.vitals(0).standing == (8.0, 13.0, 2.0, 9.0)


def test_every_process_has_a_word_for_its_changes(file: HealthFile, view: HealthFile) -> None:
    words = view.changes.cast("Q")
    for process in (0, 2, 2, 3):
        view.note_change(process)
    assert words.tolist() == [1, 0, 2, 1]
    words.release()


def test_what_is_no_health_file_is_refused(path: Path, file: HealthFile) -> None:
    whole = path.read_bytes()
    for damaged in (b"", b"x" * 100_000, whole[:-8], whole + b"x", whole[:8] + b"\2" + whole[9:]):
        path.write_bytes(damaged)
        with pytest.raises(StateError, match=r"is not a health file .* Restart Ajar"):
            HealthFile(path)


def test_a_file_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "run").touch()
    with pytest.raises(StateError, match=r"Cannot make the health file .*/run/health: .*operator"):
        HealthFile.create(tmp_path / "run" / "health", 1, 1)


def test_a_new_file_takes_the_place_of_an_old_one(path: Path, file: HealthFile) -> None:
    file.name(["a"])
    new = HealthFile.create(path, 1, 1)
    assert slots(new) == {}
    assert slots(file) == {"a": 0}, "whoever still has the old one is not disturbed"
    new.close()


SUPERVISOR = """
import sys
from pathlib import Path
from ajar.traffic.health import HealthFile

file = HealthFile.create(Path(sys.argv[1]), 1, 1)
print("made", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def supervisor(path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a process that makes the file and lives."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        program = [sys.executable, "-c", SUPERVISOR, str(path)]
        process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "made\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_it_is_known_whether_the_supervisor_lives(path: Path, supervisor: Callable[[], subprocess.Popen[str]]) -> None:
    assert not is_served(path)
    first = supervisor()
    assert is_served(path)
    assert is_served(path), "asking changes nothing"
    first.kill()
    first.wait()
    assert not is_served(path)
    supervisor()
    assert is_served(path), "the file that is left does not keep the next one from starting"


def test_what_cannot_be_read_is_not_taken_for_a_stopped_ajar(tmp_path: Path) -> None:
    (tmp_path / "health").symlink_to(tmp_path / "health")
    with pytest.raises(OSError, match="symbolic"):
        is_served(tmp_path / "health")
    (tmp_path / "file").touch()
    assert not is_served(tmp_path / "file" / "run" / "health")
