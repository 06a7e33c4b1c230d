from __future__ import annotations

import multiprocessing
import stat
from typing import TYPE_CHECKING

import pytest

from ajar.errors import StateError
from ajar.store.salt import salt

if TYPE_CHECKING:
    from pathlib import Path

SPAWN = multiprocessing.get_context("spawn")


def note(state: Path, number: int) -> None:
    (state / f"seen{number}").write_bytes(salt(state))


def test_it_is_made_once(tmp_path: Path) -> None:
    first = salt(tmp_path)
    assert len(first) == 32
    assert salt(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "salt").stat().st_mode) == 0o600
    (tmp_path / "other").mkdir()
    assert salt(tmp_path / "other") != first


def test_of_several_at_once_all_get_the_same(tmp_path: Path) -> None:
    processes = [SPAWN.Process(target=note, args=(tmp_path, number)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert {(tmp_path / f"seen{number}").read_bytes() for number in range(3)} == {salt(tmp_path)}


@pytest.mark.parametrize("content", [b"", b"short", bytes(33)])
def test_a_damaged_one_is_not_replaced_by_another(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "salt").write_bytes(content)
    with pytest.raises(StateError, match="restore it from a backup"):
        salt(tmp_path)
    assert (tmp_path / "salt").read_bytes() == content


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="may read and write"):
        salt(tmp_path / "none")
