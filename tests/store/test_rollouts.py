from __future__ import annotations

import multiprocessing
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec
import pytest

from ajar.errors import StateError
from ajar.store.database import Database
from ajar.store.rollouts import RolloutRow, Rollouts

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from pathlib import Path

SPAWN = multiprocessing.get_context("spawn")


def row(name: str, route: str = "r", created: int = 1_795_000_000_000_000, running: bool = True) -> RolloutRow:
    return RolloutRow(name, route, "queued", running, created, created, b'{"id":"\x00\xff"}')


def try_to_add(state_dir: Path, name: str, said: Queue[str]) -> None:
    with closing(Database.open(state_dir)) as database:
        try:
            Rollouts(database).add(row(name))
        except StateError as error:
            said.put(error.message)
        else:
            said.put("added")


def test_a_rollout_comes_back_as_it_was(database: Database) -> None:
    Rollouts(database).add(row("a"))
    assert Rollouts(database).get("a") == row("a")
    assert Rollouts(database).get("b") is None


def test_one_runs_on_a_route(database: Database) -> None:
    rollouts = Rollouts(database)
    rollouts.add(row("a"))
    with pytest.raises(StateError, match=r"a rollout is running on the route r: wait for its end"):
        rollouts.add(row("b"))
    rollouts.add(row("c", "other"))
    rollouts.save(msgspec.structs.replace(row("a"), running=False, state="promoted"))
    rollouts.add(row("b"))
    with pytest.raises(StateError, match="a rollout is running on the route r"):
        rollouts.save(row("a"))
    assert [one.id for one in rollouts.running()] == ["b", "c"]


def test_of_two_processes_at_once_one_is_told_that_the_route_is_taken(tmp_path: Path) -> None:
    Database.open(tmp_path).close()
    said: Queue[str] = SPAWN.Queue()
    processes = [SPAWN.Process(target=try_to_add, args=(tmp_path, name, said)) for name in "abc"]
    for process in processes:
        process.start()
    told = sorted(said.get(timeout=60) for _ in processes)
    for process in processes:
        process.join(60)
    assert told[2] == "added"
    assert all("a rollout is running on the route r" in one for one in told[:2])


def add_looks(state_dir: Path, count: int) -> None:
    with closing(Database.open(state_dir)) as database:
        for number in range(count):
            Rollouts(database).add_look("a", number, b"")


def test_looks_of_two_processes_get_numbers_of_their_own(tmp_path: Path) -> None:
    with closing(Database.open(tmp_path)) as database:
        Rollouts(database).add(row("a"))
        processes = [SPAWN.Process(target=add_looks, args=(tmp_path, 100)) for _ in range(2)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
        assert [process.exitcode for process in processes] == [0, 0]
        assert [number for number, *_ in Rollouts(database).looks("a")] == list(range(1, 201))


def test_an_id_stands_once(database: Database) -> None:
    Rollouts(database).add(row("a"))
    with pytest.raises(StateError, match="there is a rollout a already"):
        Rollouts(database).add(row("a", "other"))


def test_what_was_never_added_cannot_be_saved(database: Database) -> None:
    with pytest.raises(StateError, match="there is no rollout a"):
        Rollouts(database).save(row("a"))


def test_the_newest_come_first(database: Database) -> None:
    rollouts = Rollouts(database)
    for number in range(5):
        rollouts.add(row(f"{number}", "even" if number % 2 == 0 else "odd", 100 - number, running=False))
    assert [one.id for one in rollouts.recent(None, 3)] == ["0", "1", "2"]
    assert [one.id for one in rollouts.recent("odd", 3)] == ["1", "3"]
    assert rollouts.recent("none", 3) == []
    assert rollouts.running() == []


def test_looks_are_numbered_for_each_rollout(database: Database) -> None:
    rollouts = Rollouts(database)
    rollouts.add(row("a"))
    rollouts.add(row("b", "other"))
    assert [rollouts.add_look("a", 10, b"1"), rollouts.add_look("a", 5, b"2"), rollouts.add_look("b", 7, b"")] == [
        1,
        2,
        1,
    ]
    assert rollouts.looks("a") == [(1, 10, b"1"), (2, 5, b"2")]
    assert rollouts.looks("a", after=1) == [(2, 5, b"2")]
    assert rollouts.looks("a", most=1) == [(1, 10, b"1")]
    assert rollouts.looks("none") == []


def test_there_is_no_look_without_a_rollout(database: Database) -> None:
    with pytest.raises(StateError, match="there is no rollout a to look at"):
        Rollouts(database).add_look("a", 1, b"")
