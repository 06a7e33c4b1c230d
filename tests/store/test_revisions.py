from __future__ import annotations

import errno
import json
import multiprocessing
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from ajar.config.revision import Revision
from ajar.errors import StateError
from ajar.store import atomic
from ajar.store.revisions import Revisions

if TYPE_CHECKING:
    from pathlib import Path

SPAWN = multiprocessing.get_context("spawn")


def revision(number: int = 1, route: str = "r", **fields: Any) -> Revision:
    values = {"route": route, "number": number, "base": "0" * 16, "time": number, "by": "me", "why": "so"}
    return Revision(**{**values, "primary": "b", **fields})


def write_some(state: Path, who: str, count: int) -> None:
    revisions = Revisions(state)
    written = 0
    while written < count:
        try:
            revisions.write(revision(revisions.next_number("r"), by=who))
        except StateError:
            continue
        written += 1


def die_before_the_history(state: Path) -> None:
    from ajar.store import revision_history

    revision_history.RevisionHistory.append = lambda *_: os._exit(9)  # type: ignore[assignment, method-assign]
    Revisions(state).write(revision(2, why="last words"))


@pytest.fixture
def revisions(tmp_path: Path) -> Revisions:
    (tmp_path / "state").mkdir(mode=0o700)
    return Revisions(tmp_path / "state")


def test_where_nothing_was_written_there_is_nothing(revisions: Revisions) -> None:
    assert revisions.all() == {}
    assert revisions.get("r") is None
    assert revisions.history("r") == []
    assert revisions.next_number("r") == 1
    assert not revisions.folder.exists(), "looking makes nothing"


def test_what_was_written_is_there_and_only_its_owner_reads_it(revisions: Revisions) -> None:
    revisions.write(revision())
    revisions.write(revision(2, primary="c"))
    revisions.write(revision(1, route="a/b"))
    assert revisions.all() == {"a/b": revision(1, route="a/b"), "r": revision(2, primary="c")}
    assert revisions.get("r") == revision(2, primary="c")
    assert revisions.history("r") == [revision(), revision(2, primary="c")]
    assert revisions.next_number("r") == 3
    files = {path.name for path in revisions.folder.iterdir()}
    assert files == {"r.json", "a%2Fb.json", "history.jsonl", "lock", "spare"}
    assert stat.S_IMODE(revisions.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in revisions.folder.iterdir()} == {0o600}


@pytest.mark.parametrize("number", [1, 2])
def test_a_number_that_was_given_is_given_to_nobody_else(revisions: Revisions, number: int) -> None:
    revisions.write(revision())
    revisions.write(revision(2))
    with pytest.raises(StateError, match="has been changed meanwhile"):
        revisions.write(revision(number, primary="c"))
    assert revisions.get("r") == revision(2)


def test_one_who_looked_at_an_older_one_is_refused(revisions: Revisions) -> None:
    revisions.write(revision(), after=0)
    revisions.write(revision(2), after=1)
    with pytest.raises(StateError, match="has been changed meanwhile"):
        revisions.write(revision(3), after=1)
    assert revisions.get("r") == revision(2)


def test_two_writers_never_write_the_same_number(revisions: Revisions) -> None:
    writers = [SPAWN.Process(target=write_some, args=(revisions.state_dir, who, 12)) for who in ("x", "y")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    history = revisions.history("r")
    assert [one.number for one in history] == list(range(1, 25))
    assert revisions.get("r") == history[-1]


def test_what_cannot_be_is_not_written(revisions: Revisions) -> None:
    with pytest.raises(StateError, match="stands twice"):
        revisions.write(revision(fallback=("b",)))
    assert revisions.all() == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'{"route":"r"}',
        json.dumps(
            {"route": "other", "number": 1, "base": "", "time": 1, "by": "", "why": "", "primary": "a"}
        ).encode(),
        json.dumps({"route": "r", "number": 0, "base": "", "time": 1, "by": "", "why": "", "primary": "a"}).encode(),
    ],
)
def test_a_damaged_one_is_named_with_its_remedy_and_never_counts_as_none(revisions: Revisions, content: bytes) -> None:
    revisions.write(revision())
    revisions.write(revision(route="good"))
    path = revisions.path("r")
    path.write_bytes(content)
    for look in (revisions.all, lambda: revisions.get("r")):
        with pytest.raises(StateError) as caught:
            look()
        assert str(caught.value).startswith(f"{path}: this revision of the route r is damaged")
        assert "`ajar rollback r --to DEPLOYMENT` replaces it" in str(caught.value)
        assert "remove it" in str(caught.value)
    found, damaged = revisions.read()
    assert found.keys() == {"good"}
    assert damaged.keys() == {"r"}
    assert revisions.next_number("r") == 2
    revisions.write(revision(2))
    assert revisions.get("r") == revision(2)


def test_what_cannot_be_read_is_an_error_that_says_who_may(revisions: Revisions) -> None:
    revisions.write(revision())
    revisions.path("r").unlink()
    revisions.path("r").mkdir()
    with pytest.raises(StateError, match="run this as the user who runs `ajar serve`"):
        revisions.all()


def test_a_crash_between_the_file_and_the_history_loses_nothing(revisions: Revisions) -> None:
    revisions.write(revision())
    process = SPAWN.Process(target=die_before_the_history, args=(revisions.state_dir,))
    process.start()
    process.join(30)
    assert process.exitcode == 9
    late = revision(2, why="last words")
    assert revisions.get("r") == late
    assert revisions.history("r") == [revision(), late]
    assert revisions.next_number("r") == 3
    revisions.write(revision(3))
    assert revisions.history("r") == [revision(), late, revision(3)]


def test_a_torn_line_of_the_history_is_passed_over(revisions: Revisions) -> None:
    revisions.write(revision())
    with (revisions.folder / "history.jsonl").open("ab") as file:
        file.write(b'{"route":"r","num')
    revisions.write(revision(2))
    assert revisions.history("r") == [revision(), revision(2)]


def test_the_file_wins_as_a_recorded_revision(revisions: Revisions) -> None:
    revisions.write(revision())
    by_file = revision(2, by="file", primary="a")
    assert revisions.end(revision(), by_file)
    assert revisions.all() == {}
    assert revisions.history("r") == [revision(), by_file]
    assert revisions.next_number("r") == 3


def test_the_file_does_not_win_over_one_that_it_was_not_held_against(revisions: Revisions) -> None:
    revisions.write(revision())
    revisions.write(revision(2))
    assert not revisions.end(revision(), revision(2, by="file"))
    assert revisions.get("r") == revision(2)
    assert revisions.next_number("r") == 3


def test_a_full_disk_keeps_no_roll_back_from_being_written(
    revisions: Revisions, monkeypatch: pytest.MonkeyPatch
) -> None:
    revisions.write(revision(1))

    def full(path: object, data: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(atomic, "_write", full)
        patched.setattr(revisions._history, "append", lambda _: full("", b""))
        revisions.write(revision(2))
        with pytest.raises(StateError, match="disk has room"):
            revisions.write(revision(3))
    assert revisions.get("r") == revision(2)
    revisions.write(revision(3))
    assert [one.number for one in revisions.history("r")] == [1, 2, 3]
    assert (revisions.folder / "spare").exists()
