"""The index of origins: what is found again, by whom and for how long, across processes, kills and damage."""

from __future__ import annotations

import multiprocessing
import os
import stat
import time
from typing import TYPE_CHECKING

import pytest

from ajar.errors import StateError
from ajar.store.origins import Origins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

SPAWN = multiprocessing.get_context("spawn")
DAY = 86_400


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "origins"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def origins(path: Path, clock: Clock) -> Iterator[Origins]:
    made = Origins.create_or_open(path, 4096, 30 * DAY, clock)
    yield made
    made.close()


def came_from(origins: Origins, caller: str, value: str | bytes, deployment: str, account: str) -> bool:
    found = origins.find(caller, value)
    return found is not None and found.deployment_is(deployment) and found.account_is(account)


def test_what_was_noted_is_found_with_its_deployment_and_account(origins: Origins) -> None:
    origins.note("team", ["sig-1", b"sig-2"], "claude", "anthropic:a")
    origins.note("team", ["resp_1"], "gpt", "openai:b")
    for value in ("sig-1", b"sig-1", "sig-2", b"sig-2"):
        found = origins.find("team", value)
        assert found is not None
        assert found.deployment_is("claude")
        assert found.account_is("anthropic:a")
        assert not found.deployment_is("gpt")
        assert not found.account_is("openai:b")
        assert not found.deployment_is("anthropic:a"), "the two are not mixed up"
    assert came_from(origins, "team", "resp_1", "gpt", "openai:b")
    assert origins.find("team", "sig-3") is None
    assert origins.find("team", "") is None


def test_the_last_one_to_give_a_value_counts(origins: Origins) -> None:
    origins.note("team", ["sig"], "local", "local")
    origins.note("team", ["sig"], "claude", "anthropic")
    assert came_from(origins, "team", "sig", "claude", "anthropic")


def test_what_one_caller_was_given_is_nothing_to_another(origins: Origins) -> None:
    origins.note("team", ["resp_1"], "gpt", "openai")
    assert origins.find("other", "resp_1") is None
    assert origins.find("", "resp_1") is None


def test_no_caller_and_value_run_into_one_another(origins: Origins) -> None:
    origins.note("ab", ["c"], "d", "a")
    assert origins.find("a", "bc") is None
    assert origins.find("abc", "") is None
    origins.note("1:x", ["y"], "d", "a")
    assert origins.find("1", ":xy") is None
    assert origins.find("", "1:xy") is None


def test_a_client_may_write_base64_anew(origins: Origins) -> None:
    origins.note("team", ["AY89a19Otdr37hcYt/uTON+S2Q=="], "gemini", "google")
    for value in ("AY89a19Otdr37hcYt_uTON-S2Q==", "AY89a19Otdr37hcYt_uTON-S2Q", b"AY89a19Otdr37hcYt/uTON+S2Q"):
        assert came_from(origins, "team", value, "gemini", "google")
    assert origins.find("team", "AY89a19Otdr37hcYt/uTON+S2R==") is None


def test_any_text_can_be_a_value(origins: Origins) -> None:
    odd = ["\ud800", "é" * 3000, "\0", b"\xff\xfe"]
    origins.note("t\ud800", odd, "d\ud800", "a")
    assert all(came_from(origins, "t\ud800", value, "d\ud800", "a") for value in odd)


def test_an_entry_ends_with_its_time_and_lives_on_when_noted_again(origins: Origins, clock: Clock) -> None:
    origins.note("team", ["sig", "again"], "d", "a")
    clock.now += 15 * DAY
    origins.note("team", ["again"], "d", "a")
    clock.now += 15 * DAY
    assert came_from(origins, "team", "sig", "d", "a")
    clock.now += 1
    assert origins.find("team", "sig") is None
    assert came_from(origins, "team", "again", "d", "a")
    clock.now += 15 * DAY
    assert origins.find("team", "again") is None


def test_a_clock_that_was_wrong_does_not_keep_entries_for_ever(path: Path, clock: Clock) -> None:
    clock.now += 3650 * DAY
    early = Origins.create_or_open(path, 8, 30 * DAY, clock)
    early.note("team", [f"old-{number}" for number in range(8)], "d", "a")
    clock.now -= 3650 * DAY
    assert early.find("team", "old-1") is None
    values = [f"new-{number}" for number in range(8)]
    early.note("team", values, "d", "a")
    assert all(came_from(early, "team", value, "d", "a") for value in values)
    early.close()


def test_the_oldest_of_a_full_bucket_gives_way(path: Path, clock: Clock) -> None:
    small = Origins.create_or_open(path, 8, 30 * DAY, clock)
    for number in range(8):
        small.note("team", [f"v{number}"], "d", "a")
        clock.now += 10
    clock.now += DAY
    small.note("team", ["v0"], "d", "a")
    small.note("team", ["v8"], "d", "a")
    assert small.find("team", "v1") is None
    assert all(small.find("team", f"v{number}") for number in (0, *range(2, 9)))
    small.close()


def test_it_stays_as_large_as_it_was_made_and_for_its_owner_only(path: Path, clock: Clock) -> None:
    made = Origins.create_or_open(path, 1000, 30 * DAY, clock)
    size = path.stat().st_size
    assert size == 4096 + 1024 * 40
    assert path.stat().st_blocks * 512 >= size, "no holes: a full disk must not kill a process"
    made.note("team", (f"v{number}" for number in range(20_000)), "d", "a")
    assert path.stat().st_size == size
    assert sum(made.find("team", f"v{number}") is not None for number in range(20_000)) == 1024
    made.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"v19999" not in path.read_bytes()


def test_it_survives_a_restart_and_keeps_its_size(path: Path, clock: Clock) -> None:
    first = Origins.create_or_open(path, 1024, 30 * DAY, clock)
    first.note("team", ["sig"], "claude", "anthropic")
    first.close()
    second = Origins.create_or_open(path, 8192, 30 * DAY, clock)
    assert came_from(second, "team", "sig", "claude", "anthropic")
    second.close()
    assert path.stat().st_size == 4096 + 1024 * 40
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["origins", "origins.lock"]


def test_two_files_have_two_keys(tmp_path: Path, clock: Clock) -> None:
    files = []
    for name in ("a", "b"):
        one = Origins.create_or_open(tmp_path / name, 8, 30 * DAY, clock)
        one.note("team", ["sig"], "d", "a")
        one.close()
        files.append((tmp_path / name).read_bytes()[4096:])
    assert files[0] != files[1]


@pytest.mark.parametrize("damage", ["empty", "cut", "longer", "magic", "version", "slots", "key", "text"])
def test_a_damaged_file_is_set_aside_and_a_new_one_begins(
    path: Path, clock: Clock, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    Origins.create_or_open(path, 64, 30 * DAY, clock).close()
    data = bytearray(path.read_bytes())
    at = {"magic": 0, "version": 8, "slots": 12, "key": 20}.get(damage)
    if at is not None:
        data[at] ^= 1
    data = {"empty": b"", "cut": data[:-1], "longer": data + b"\0", "text": b"hello"}.get(damage, data)
    path.write_bytes(data)
    made = Origins.create_or_open(path, 64, 30 * DAY, clock)
    made.note("team", ["sig"], "d", "a")
    assert came_from(made, "team", "sig", "d", "a")
    made.close()
    assert path.with_name("origins.damaged").read_bytes() == data
    assert "set aside as origins.damaged" in caplog.text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_whole_file_is_never_set_aside(origins: Origins, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        Origins.create_or_open(path, 16, DAY).close()
    assert not caplog.records
    assert not path.with_name("origins.damaged").exists()


def test_what_a_crash_left_of_the_making_does_no_harm(path: Path, clock: Clock) -> None:
    path.parent.mkdir()
    path.with_name(".origins.new").write_bytes(b"half")
    Origins.create_or_open(path, 64, DAY, clock).close()
    assert not path.with_name(".origins.new").exists()


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    (tmp_path / "mine").write_text("mine")
    path.symlink_to(tmp_path / "mine")
    with pytest.raises(StateError, match="operator"):
        Origins.create_or_open(path, 64, DAY)
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_folder_in_its_place_is_for_the_operator(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StateError, match="operator"):
        Origins.create_or_open(path, 64, DAY)


# -- several processes ----------------------------------------------------------------------------------------------


def value_of(writer: int, number: int) -> str:
    return f"{number % 97}-{writer}"


def write_and_read(path: Path, writer: int, turns: int) -> None:
    """Note own values, and look for everybody's: an origin is the writer's, or none."""
    origins = Origins.create_or_open(path, 64, DAY)
    for number in range(turns):
        origins.note("team", [value_of(writer, number)], f"d{writer}", f"a{writer}")
        other = (writer + number) % 3
        found = origins.find("team", value_of(other, number))
        if found is not None and not (found.deployment_is(f"d{other}") and found.account_is(f"a{other}")):
            os._exit(3)
    os._exit(0)


def test_processes_that_write_the_same_buckets_never_read_a_wrong_origin(path: Path) -> None:
    processes = [SPAWN.Process(target=write_and_read, args=(path, writer, 30_000)) for writer in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert not path.with_name("origins.damaged").exists()
    origins = Origins.create_or_open(path, 64, DAY)
    found = [
        came_from(origins, "team", value_of(writer, number), f"d{writer}", f"a{writer}")
        for writer in range(3)
        for number in range(97)
    ]
    assert 32 <= sum(found) <= 64
    origins.close()


def note_for_ever(path: Path, voice: Connection) -> None:
    """Write the same 300 entries over and over, each time with another origin."""
    origins = Origins.create_or_open(path, 2**14, DAY)
    turn = 0
    while True:
        origins.note("team", [f"v{number}" for number in range(300)], f"d{turn % 2}", f"a{turn % 2}")
        if turn < 2:
            voice.send(turn)
        turn += 1


@pytest.mark.parametrize("delay", [0.0, 0.003, 0.01, 0.03, 0.1])
def test_a_writer_that_is_killed_leaves_what_it_noted(path: Path, delay: float) -> None:
    hears, speaks = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=note_for_ever, args=(path, speaks))
    process.start()
    speaks.close()
    assert hears.recv() == 0
    before = Origins.create_or_open(path, 8, DAY)
    assert before.find("team", "v299") is not None, "others see it at once"
    assert hears.recv() == 1
    time.sleep(delay)
    process.kill()
    process.join(20)
    after = Origins.create_or_open(path, 8, DAY)
    for origins in (before, after):
        found = [origins.find("team", f"v{number}") for number in range(300)]
        assert found.count(None) <= 1, "at most the entry that was being written is lost"
        known = [origin for origin in found if origin is not None]
        assert all(any(one.deployment_is(f"d{n}") and one.account_is(f"a{n}") for n in (0, 1)) for one in known)
        origins.close()
    hears.close()


def open_and_note(path: Path, writer: int) -> None:
    origins = Origins.create_or_open(path, 4096, DAY)
    origins.note("team", [f"from-{writer}"], f"d{writer}", "a")
    origins.close()


@pytest.mark.parametrize("before", [None, b"damaged"])
def test_processes_that_start_at_once_share_one_file(path: Path, before: bytes | None) -> None:
    path.parent.mkdir()
    if before is not None:
        path.write_bytes(before)
    processes = [SPAWN.Process(target=open_and_note, args=(path, writer)) for writer in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    origins = Origins.create_or_open(path, 4096, DAY)
    assert all(came_from(origins, "team", f"from-{writer}", f"d{writer}", "a") for writer in range(6))
    origins.close()
    if before is not None:
        assert path.with_name("origins.damaged").read_bytes() == before
