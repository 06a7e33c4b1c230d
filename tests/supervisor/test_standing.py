from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.config.load import load
from ajar.config.snapshot import Snapshot
from ajar.store import in_force
from ajar.supervisor.standing import Standing

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SNAPSHOT = Snapshot("1", load(None).config)


def test_a_disk_that_is_full_is_said_once_and_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    standing = Standing(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(in_force, "write", full)
        standing.tell(SNAPSHOT)
        standing.tell(SNAPSHOT)
    assert capsys.readouterr().err.count("No space left on device") == 1
    assert in_force.read(tmp_path) is None
    standing.tell(SNAPSHOT)
    assert in_force.read(tmp_path) == in_force.in_force(SNAPSHOT)


def test_what_is_in_force_already_is_not_written_again(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    standing = Standing(tmp_path)
    standing.tell(SNAPSHOT)
    in_force.path(tmp_path).unlink()
    standing.tell(msgspec.structs.replace(SNAPSHOT, endpoints={"a": "http://127.0.0.1:1"}))
    assert in_force.read(tmp_path) is None
    standing.tell(msgspec.structs.replace(SNAPSHOT, hash="2"))
    assert in_force.read(tmp_path) is not None


def test_which_runtimes_are_not_up_is_kept(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    standing = Standing(tmp_path)
    first, second = SNAPSHOT.config.deployments
    for endpoints, down in (({}, (first, second)), ({first: "http://127.0.0.1:1"}, (second,))):
        standing.tell(msgspec.structs.replace(SNAPSHOT, endpoints=endpoints))
        now = in_force.read(tmp_path)
        assert now is not None
        assert now.down == down
