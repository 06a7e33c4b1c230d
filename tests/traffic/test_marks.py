"""How far the records of experiments are complete."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from ajar.errors import StateError
from ajar.traffic.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = 1_800_000_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "marks"


@pytest.fixture
def marks(path: Path) -> Iterator[Marks]:
    """The supervisor's view, with three workers."""
    made = Marks.create(path, 3)
    yield made
    made.close()


def test_where_no_worker_has_anything_open_it_is_now(marks: Marks) -> None:
    assert marks.workers == 3
    assert marks.watermark(NOW) == NOW


def test_the_worker_that_is_furthest_behind_counts(path: Path, marks: Marks) -> None:
    worker = Marks.open(path)
    worker.write(0, NOW - 5)
    worker.write(2, NOW - 9)
    assert marks.watermark(NOW) == NOW - 9
    worker.write(2, NOW - 1)
    assert marks.watermark(NOW) == NOW - 5
    worker.write(0, 0)
    assert marks.watermark(NOW) == NOW - 1
    worker.close()
    assert marks.watermark(NOW) == NOW - 1


def test_a_dead_worker_holds_nothing_back(marks: Marks) -> None:
    marks.write(1, NOW - 9)
    marks.retire(1)
    assert marks.watermark(NOW) == NOW


def test_a_new_file_takes_the_old_ones_place(path: Path, marks: Marks) -> None:
    marks.write(0, 1)
    again = Marks.create(path, 1)
    assert again.watermark(NOW) == NOW
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["marks"]
    again.close()


@pytest.mark.parametrize("data", [b"", b"something else entirely", bytes(8192)])
def test_another_kind_of_file_is_refused(path: Path, data: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(StateError, match="is not a file of marks"):
        Marks.open(path)


def test_a_file_that_was_cut_is_refused(path: Path, marks: Marks) -> None:
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(StateError, match="is not a file of marks"):
        Marks.open(path)


def test_where_it_cannot_be_made_the_operator_hears_why(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("in the way")
    with pytest.raises(StateError, match="Cannot make the file of marks"):
        Marks.create(tmp_path / "run" / "marks", 1)
