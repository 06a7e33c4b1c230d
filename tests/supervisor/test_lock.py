from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ajar.errors import StateError
from ajar.supervisor.lock import Lock

if TYPE_CHECKING:
    from pathlib import Path


def test_the_directory_is_made_for_its_owner_only(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "a" / "state")
    assert (tmp_path / "a" / "state").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a" / "state" / "run").stat().st_mode & 0o777 == 0o700
    lock.release()


def test_a_second_one_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "state")
    with pytest.raises(StateError, match=rf"process {os.getpid()}\) uses .*--state-dir"):
        Lock(tmp_path / "state")
    lock.release()
    Lock(tmp_path / "state").release()


def test_a_shorter_pid_leaves_no_digits_of_a_longer_one(tmp_path: Path) -> None:
    (tmp_path / "state" / "run").mkdir(parents=True)
    (tmp_path / "state").chmod(0o700)
    (tmp_path / "state" / "run" / "lock").write_text("99999999999999\n")
    lock = Lock(tmp_path / "state")
    assert (tmp_path / "state" / "run" / "lock").read_text() == f"{os.getpid()}\n"
    lock.release()


def test_children_do_not_hold_it(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "state")
    program = [sys.executable, "-c", "print('here', flush=True); input()"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False) as child:
        assert child.stdout is not None
        child.stdout.readline()
        lock.release()
        Lock(tmp_path / "state").release()
        child.communicate(b"\n")


def test_a_directory_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    with pytest.raises(StateError, match=r"mode 755.*chmod 700"):
        Lock(tmp_path / "state")
    assert not (tmp_path / "state" / "run").exists()


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StateError, match="cannot be used"):
        Lock(tmp_path / "state")
