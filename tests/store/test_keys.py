from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.config.snapshot import KeyEntry
from ajar.errors import StateError
from ajar.store.keys import KeyFile

SPAWN = multiprocessing.get_context("spawn")


def create_some(folder: Path, number: int, count: int) -> None:
    for index in range(count):
        KeyFile(folder).create(f"caller-{number}-{index}", direct=False)


def die_before_the_rename(folder: Path) -> None:
    Path.replace = lambda *_: os._exit(9)  # type: ignore[assignment, method-assign]
    KeyFile(folder).create("late", direct=False)


def run(*processes: multiprocessing.process.BaseProcess) -> None:
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "state")


def test_a_key_is_found_by_id_and_proven_by_the_hash_of_its_secret(keys: KeyFile) -> None:
    entry, text = keys.create("web-shop", direct=True)
    matched = re.fullmatch(r"ajar_([0-9a-hjkmnp-tv-z]{12})_([0-9A-Za-z]{43})", text)
    assert matched
    assert entry == KeyEntry(matched[1], hashlib.sha256(matched[2].encode()).hexdigest(), "web-shop", True)
    assert keys.entries() == (entry,)
    assert keys.ever_created


def test_only_hashes_are_stored_where_only_the_owner_reads(keys: KeyFile) -> None:
    _, text = keys.create("a", direct=False)
    stored = b"".join(path.read_bytes() for path in keys.state_dir.iterdir())
    assert text.encode() not in stored
    assert text.rpartition("_")[2].encode() not in stored
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert stat.S_IMODE((keys.state_dir / "keys.lock").stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.state_dir.stat().st_mode) == 0o700


def test_no_two_keys_are_alike(keys: KeyFile) -> None:
    texts = {keys.create("same", direct=False)[1] for _ in range(20)}
    assert len({text.split("_")[1] for text in texts}) == len({text.split("_")[2] for text in texts}) == 20


def test_without_a_file_there_was_never_a_key(keys: KeyFile) -> None:
    assert (keys.all(), keys.entries(), keys.ever_created) == ((), (), False)
    assert not keys.state_dir.exists(), "looking makes nothing"


def test_a_revoked_key_is_gone_but_not_forgotten(keys: KeyFile) -> None:
    first, _ = keys.create("first", direct=False)
    second, _ = keys.create("second", direct=False)
    ended = keys.revoke(first.id)
    assert ended.revoked is not None
    assert ended.revoked >= ended.created
    assert keys.entries() == (second,)
    assert keys.revoke("second").id == second.id
    assert keys.entries() == ()
    assert keys.ever_created
    assert [key.name for key in keys.all()] == ["first", "second"]


def test_revoking_twice_changes_nothing(keys: KeyFile) -> None:
    keys.create("a", direct=False)
    first = keys.revoke("a")
    before = keys.path.stat()
    assert keys.revoke("a") == first
    assert keys.path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_name_means_its_valid_key(keys: KeyFile) -> None:
    old, _ = keys.create("a", direct=False)
    keys.revoke("a")
    new, _ = keys.create("a", direct=False)
    assert keys.revoke("a").id == new.id
    third, _ = keys.create("a", direct=False)
    fourth, _ = keys.create("a", direct=False)
    with pytest.raises(StateError, match=f"2 valid keys are named a: .* by id: {third.id}, {fourth.id}"):
        keys.revoke("a")
    assert len(keys.entries()) == 2
    assert keys.revoke(old.id).id == old.id


def test_an_unknown_key_is_named_as_such(keys: KeyFile) -> None:
    with pytest.raises(StateError, match="no key has this id or name"):
        keys.revoke("nobody")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"version":1}',
        '{"version":2,"keys":[]}',
        '{"version":1,"keys":[],"more":1}',
        '{"version":1,"keys":[{"id":"short","digest":"","name":"a","direct":false,"created":"2026-01-01T00:00:00Z"}]}',
        "\udcff",
    ],
)
def test_a_damaged_file_is_never_no_keys(keys: KeyFile, text: str) -> None:
    keys.state_dir.mkdir()
    data = text.encode("utf-8", "surrogateescape")
    keys.path.write_bytes(data)
    for read in (
        keys.entries,
        keys.all,
        lambda: keys.ever_created,
        lambda: keys.create("a", False),
        lambda: keys.revoke("a"),
    ):
        with pytest.raises(StateError, match=r"keys\.json: the key file is damaged or from a newer Ajar"):
            read()
    assert keys.path.read_bytes() == data


def test_an_id_that_stands_twice_is_damage(keys: KeyFile) -> None:
    keys.create("a", direct=False)
    document = json.loads(keys.path.read_text())
    document["keys"] *= 2
    keys.path.write_text(json.dumps(document))
    with pytest.raises(StateError, match="an id stands twice"):
        keys.entries()


@given(st.data())
def test_a_torn_file_is_never_fewer_keys(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    keys = KeyFile(tmp_path_factory.getbasetemp() / "torn")
    if not keys.path.exists():
        keys.create("a", direct=False)
    whole = keys.path.read_bytes()
    size = data.draw(st.integers(0, len(whole.rstrip()) - 1))
    keys.path.write_bytes(whole[:size])
    try:
        with pytest.raises(StateError):
            keys.entries()
    finally:
        keys.path.write_bytes(whole)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_not_believed(keys: KeyFile, mode: int) -> None:
    keys.create("a", direct=False)
    keys.path.chmod(mode)
    with pytest.raises(StateError, match="chmod 600"):
        keys.entries()


def test_what_the_file_system_refuses_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    keys = KeyFile(tmp_path / "file")
    with pytest.raises(StateError, match="run this as the user who runs `ajar serve`"):
        keys.create("a", direct=False)
    with pytest.raises(StateError, match="not a directory"):
        keys.entries()
    (tmp_path / "keys.json").mkdir()
    with pytest.raises(StateError, match="is a directory"):
        KeyFile(tmp_path).entries()


def test_processes_that_create_at_once_lose_nothing(keys: KeyFile) -> None:
    run(*(SPAWN.Process(target=create_some, args=(keys.state_dir, number, 5)) for number in range(4)))
    assert {key.name for key in keys.entries()} == {f"caller-{n}-{i}" for n in range(4) for i in range(5)}


def test_a_crash_between_write_and_rename_leaves_the_old_file(keys: KeyFile) -> None:
    entry, _ = keys.create("early", direct=False)
    before = keys.path.read_bytes()
    crash = SPAWN.Process(target=die_before_the_rename, args=(keys.state_dir,))
    run(crash)
    assert crash.exitcode == 9
    assert (keys.state_dir / "keys.json.new").exists()
    assert keys.path.read_bytes() == before
    assert keys.entries() == (entry,)
    keys.create("after", direct=False)
    assert [key.name for key in keys.all()] == ["early", "after"]
