from __future__ import annotations

import hashlib
import json
import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from ajar.store.audit import Audit
from ajar.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ajar.store.entry import Entry

TIME = 1_795_276_800_000_000  # 2026-11-21 16:00:00 UTC


@pytest.fixture
def entries(here: Path) -> list[Entry]:
    with closing(Database.open(here / ".ajar")) as database:
        audit = Audit(database)
        audit.append(TIME, "begun", "route:support", b"")
        audit.keep(TIME + 60_000_000, "promoted", "rollouts/a/record.json", b"{}")
        return audit.entries()


def test_all_is_well_in_one_line_with_the_head(entries: list[Entry], ajar: Callable[..., Any]) -> None:
    ran = ajar("audit", "verify")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "2 entries from 2026-11-21 16:00:00 to 2026-11-21 16:01:00 UTC, all as they were written. "
        f"Head: {entries[-1].hash}\n"
    )
    assert ajar("audit", "verify", "--json").json == {
        "entries": 2,
        "first": TIME,
        "last": TIME + 60_000_000,
        "head": entries[-1].hash,
        "problems": [],
    }


def test_a_change_is_told_and_fails(entries: list[Entry], here: Path, ajar: Callable[..., Any]) -> None:
    (here / ".ajar" / "rollouts" / "a" / "record.json").write_bytes(b"{ }")
    ran = ajar("audit", "verify")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == "rollouts/a/record.json is not what entry 2 vouches for: it was changed since\n"
    ran = ajar("audit", "verify", "--json")
    assert (ran.code, len(ran.json["problems"])) == (1, 1)


def test_what_a_record_rests_on_is_verified_too(here: Path, ajar: Callable[..., Any]) -> None:
    folder = here / ".ajar" / "rollouts" / "a"
    rests_on = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("looks.jsonl", "gate/out.json")}
    with closing(Database.open(here / ".ajar")) as database:
        record = json.dumps({"decision": {"state": "promoted", "rests_on": rests_on}}).encode()
        Audit(database).keep(TIME, "rollout", "rollouts/a/record.json", record)
    (folder / "gate").mkdir()
    for name in rests_on:
        (folder / name).write_text(name)
    assert ajar("audit", "verify").code == 0
    (folder / "looks.jsonl").write_text("looks.jsonl and one more")
    (folder / "gate" / "out.json").unlink()
    ran = ajar("audit", "verify")
    assert (ran.code, ran.out.splitlines()) == (
        1,
        [
            "rollouts/a/gate/out.json, which the record of entry 1 rests on, is missing",
            "rollouts/a/looks.jsonl is not what the record of entry 1 rests on: it was changed since",
        ],
    )
    assert len(ajar("audit", "verify", "--json").json["problems"]) == 2
    (folder / "looks.jsonl").unlink()
    (folder / "looks.jsonl").mkdir()
    ran = ajar("audit", "verify")
    assert (ran.code, ran.out.splitlines()[1:]) == (
        1,
        ["rollouts/a/looks.jsonl, which the record of entry 1 rests on, cannot be read: is a directory"],
    )


def test_a_head_that_was_noted_must_still_be_there(entries: list[Entry], ajar: Callable[..., Any]) -> None:
    assert ajar("audit", "verify", "--head", entries[0].hash).code == 0
    ran = ajar("audit", "verify", "--head", "0" * 64)
    assert ran.code == 1
    assert re.fullmatch(r"no entry has the hash 0{64}: the log was cut off before it, or written anew\n", ran.out)
    assert ajar("audit", "verify", "--head", "9f2c").code == 64


def test_entries_are_listed(entries: list[Entry], ajar: Callable[..., Any]) -> None:
    head, first, second = ajar("audit", "list").out.splitlines()
    assert head.split() == ["Entry", "Time", "(UTC)", "Kind", "Subject", "Hash"]
    assert first.split() == ["1", "2026-11-21", "16:00:00", "begun", "route:support", entries[0].hash[:16]]
    assert second.split()[4] == "rollouts/a/record.json"
    assert [one["hash"] for one in ajar("audit", "list", "--json").json] == [entry.hash for entry in entries]


def test_an_impossible_time_is_listed_as_it_is(entries: list[Entry], here: Path, ajar: Callable[..., Any]) -> None:
    with closing(Database.open(here / ".ajar")) as database, database.writing() as connection:
        connection.execute(text("UPDATE audit SET time = 9000000000000000000 WHERE number = 1"))
    assert "9000000000000000000" in ajar("audit", "list").out
    assert ajar("audit", "verify").code == 1


def test_mended_copies_are_told(entries: list[Entry], here: Path, ajar: Callable[..., Any]) -> None:
    (here / ".ajar" / "audit.jsonl").unlink()
    assert ajar("audit", "verify").code == 1
    with closing(Database.open(here / ".ajar")) as database:
        Audit(database).append(TIME, "begun", "route:support", b"")
    ran = ajar("audit", "verify")
    assert ran.code == 0
    assert "A copy had lost its end before: see the kind `mended` in `ajar audit list`." in ran.out


def test_an_empty_log_is_no_problem(here: Path, ajar: Callable[..., Any]) -> None:
    (here / ".ajar").mkdir()
    for verb in ("verify", "list"):
        ran = ajar("audit", verb)
        assert (ran.code, ran.out) == (0, "The audit log has no entry yet.\n")
    assert ajar("audit", "list", "--json").json == []
    assert ajar("audit", "verify", "--json").json["head"] is None


def test_without_a_state_it_could_not_run(here: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("audit", "verify", "--state-dir", "elsewhere")
    assert (ran.code, ran.err) == (
        3,
        f"ajar: {here / 'elsewhere'}: there is no such state directory, and so no audit log\n",
    )
    assert not (here / "elsewhere").exists()


def test_with_a_damaged_database_it_could_not_run(here: Path, ajar: Callable[..., Any]) -> None:
    (here / ".ajar").mkdir()
    (here / ".ajar" / "ajar.db").write_bytes(b"garbage" * 1000)
    ran = ajar("audit", "verify")
    assert ran.code == 3
    assert ".ajar/ajar.db: it is damaged" in ran.err
