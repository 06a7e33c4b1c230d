from __future__ import annotations

import errno
import multiprocessing
import os
import stat
import time
from pathlib import Path

import pytest

from ajar.store import atomic

FORK = multiprocessing.get_context("spawn")


def add_one(path: Path) -> None:
    with atomic.locked(path.with_suffix(".lock")):
        value = int(path.read_text())
        time.sleep(0.01)
        atomic.replace(path, str(value + 1).encode())


def die_holding_the_lock(path: Path) -> None:
    with atomic.locked(path):
        os._exit(1)


def test_a_file_is_replaced_whole_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text("old")
    path.chmod(0o644)
    with path.open() as reader:
        atomic.replace(path, b"new")
        assert reader.read() == "old"
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]


def test_what_is_beside_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine")
    (tmp_path / "state.new").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="symbolic"):
        atomic.replace(tmp_path / "state", b"new")
    assert (tmp_path / "other").read_text() == "mine"


def test_data_and_name_are_on_the_disk_before_it_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    sync, rename = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        sync(descriptor)
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")

    def renamed(path: Path, target: Path) -> Path:
        done.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    atomic.replace(tmp_path / "state", b"new")
    assert done == ["file", "rename", "folder"]


def test_processes_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "count"
    path.write_text("0")
    processes = [FORK.Process(target=add_one, args=(path,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(20)
    assert path.read_text() == "4"


def test_a_dead_holder_frees_the_lock(tmp_path: Path) -> None:
    process = FORK.Process(target=die_holding_the_lock, args=(tmp_path / "lock",))
    process.start()
    process.join(20)
    assert process.exitcode == 1
    with atomic.locked(tmp_path / "lock"):
        pass


def full(path: Path, data: object) -> None:
    path.write_bytes(b"half")
    raise OSError(errno.ENOSPC, "no space left on device")


def test_on_a_full_disk_the_room_that_was_kept_is_used_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, spare = tmp_path / "state", tmp_path / "spare"
    atomic.replace_at_any_rate(path, b"old", spare)
    atomic.keep_room(spare)
    inode = spare.stat().st_ino
    monkeypatch.setattr(atomic, "_write", full)
    atomic.replace_at_any_rate(path, b"new", spare)
    assert (path.read_bytes(), path.stat().st_ino, stat.S_IMODE(path.stat().st_mode)) == (b"new", inode, 0o600)
    assert not spare.exists()
    with pytest.raises(OSError, match="no space"):
        atomic.replace_at_any_rate(path, b"newer", spare)
    assert path.read_bytes() == b"new"
