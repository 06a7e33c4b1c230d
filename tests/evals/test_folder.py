"""A run's folder: found again, and written whole."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ajar.errors import StateError
from ajar.evals.folder import Folder, chosen, find, find_gate, new, note, part
from ajar.evals.result import Result, Timing
from evals.hand import about

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 31, 18, 5, 9, tzinfo=UTC)


def made(path: Path) -> Folder:
    path.mkdir(parents=True)
    (path / "journal.jsonl").touch()
    return Folder(path)


@pytest.mark.parametrize(
    ("suite", "name"), [("triage far", "triage-far"), ("../..", "run"), ("ä/ö", "run"), ("a.b", "a.b")]
)
def test_a_new_one_is_named_after_suite_and_time(tmp_path: Path, suite: str, name: str) -> None:
    assert new(tmp_path, suite, NOW).path == tmp_path / f"{name}-20260131-180509"


def test_two_in_one_second(tmp_path: Path) -> None:
    made(new(tmp_path, "s", NOW).path)
    assert new(tmp_path, "s", NOW).path.name == "s-20260131-180509-2"


def test_found_by_path_by_name_and_as_last(tmp_path: Path) -> None:
    first, second = made(tmp_path / "a"), made(tmp_path / "b")
    os.utime(second.journal, (1, 1))
    assert find(tmp_path, "b").path == find(tmp_path, str(tmp_path / "b")).path == second.path
    assert find(tmp_path, "last").path == first.path


def test_the_last_one_is_what_was_noted_even_elsewhere(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    made(runs / "a")
    elsewhere = made(tmp_path / "elsewhere")
    os.utime(elsewhere.journal, (1, 1))
    note(runs, elsewhere.path)
    assert find(runs, "last").path == elsewhere.path
    elsewhere.journal.unlink()
    assert find(runs, "last").path == runs / "a"


def test_a_gate_is_found_as_a_gate_only(tmp_path: Path) -> None:
    made(tmp_path / "g" / "s")
    note(tmp_path, tmp_path / "g")
    assert find_gate(tmp_path, "g") == find_gate(tmp_path, "last") == tmp_path / "g"
    with pytest.raises(StateError, match="is the run of a gate"):
        find(tmp_path, "g")
    with pytest.raises(StateError, match="there is no run"):
        find_gate(tmp_path, "g/s")


def test_suites_of_a_gate_never_share_a_folder(tmp_path: Path) -> None:
    first = part(tmp_path, "a b").path
    assert (first.name, part(tmp_path, "a/b", [first]).path.name) == ("a-b", "a-b-2")


def test_a_folder_that_was_chosen_holds_a_run_or_nothing(tmp_path: Path) -> None:
    assert chosen(tmp_path / "new").path == tmp_path / "new"
    assert chosen(made(tmp_path / "run").path).path == tmp_path / "run"
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="is a file"):
        chosen(tmp_path / "file")
    with pytest.raises(StateError, match="holds other files"):
        chosen(tmp_path)


@pytest.mark.parametrize("named", ["last", "x"])
def test_what_is_not_there(tmp_path: Path, named: str) -> None:
    with pytest.raises(StateError, match=r"there is no run"):
        find(tmp_path / "none", named)


def test_the_result_has_no_name_of_its_run(tmp_path: Path) -> None:
    folder = made(tmp_path / "a")
    result = Result(about=about(1), arms={}, metrics=[], tags=[], spreads=[])
    folder.write(result, Timing(metrics=[], spreads=[]))
    first = folder.result.read_bytes()
    assert folder.read("r-1").about.run == "r-1"
    folder.write(folder.read("r-2"), Timing(metrics=[], spreads=[]))
    assert folder.result.read_bytes() == first
    assert folder.result.stat().st_mode & 0o777 == 0o600


def test_a_result_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="ajar eval report"):
        made(tmp_path / "a").read("r")


def test_a_disk_that_is_full_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be written"):
        Folder(tmp_path / "gone").put(tmp_path / "gone" / "x", b"")
