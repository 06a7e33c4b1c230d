from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import stat
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, text, update

from ajar.errors import StateError
from ajar.store import audit_file
from ajar.store.audit import Audit
from ajar.store.audit_file import AuditFile
from ajar.store.database import Database
from ajar.store.entry import Entry
from ajar.store.tables import audit as table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPAWN = multiprocessing.get_context("spawn")
COLUMNS = ("number", "time", "kind", "subject", "digest", "previous", "hash")


def append_some(state_dir: Path, who: str, count: int) -> None:
    with closing(Database.open(state_dir)) as database:
        for number in range(count):
            Audit(database).append(number, "test", f"process:{who}", b"%d" % number)


def die_between_the_copies(state_dir: Path) -> None:
    appended = AuditFile.append

    def die(self: AuditFile, entries: Any) -> None:
        appended(self, entries)
        os.kill(os.getpid(), signal.SIGKILL)

    AuditFile.append = die  # type: ignore[method-assign]
    append_some(state_dir, "late", 1)


def die_within_the_line(state_dir: Path) -> None:
    def die(descriptor: int, data: bytes) -> None:
        os.write(descriptor, data[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    audit_file._write = die
    append_some(state_dir, "late", 1)


def die_before_the_file(state_dir: Path) -> None:
    AuditFile.append = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign, assignment]
    append_some(state_dir, "late", 1)


def killed(target: Any, *arguments: Any) -> None:
    process = SPAWN.Process(target=target, args=arguments)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


class Log:
    """An audit log of six entries, with both copies within reach."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.audit = Audit(database)
        self.folder = database.state_dir
        self.path = self.folder / "audit.jsonl"
        for number in range(1, 7):
            self.audit.append(1_795_000_000_000_000 + number, "test", f'route:"ü"\x1f\n{number}', b"%d" % number)

    def execute(self, statement: Any) -> None:
        with self.database.writing() as connection:
            connection.execute(statement)

    def lines(self) -> list[bytes]:
        return self.path.read_bytes().splitlines(keepends=True)


@pytest.fixture
def log(database: Database) -> Log:
    return Log(database)


def test_what_was_appended_is_in_both_copies(log: Log) -> None:
    entries = log.audit.entries()
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert [entry.line for entry in entries] == log.lines()
    assert all(entry.follows(last) for last, entry in zip([None, *entries], entries, strict=False))
    assert log.audit.verify() == []
    assert log.audit.append(1, "last", "word:name", b"").follows(entries[-1])


def test_an_empty_log_has_nothing_wrong(database: Database) -> None:
    assert (Audit(database).verify(), Audit(database).entries()) == ([], [])
    assert Audit(database).verify("0" * 64) == [
        f"no entry has the hash {'0' * 64}: the log was cut off before it, or written anew"
    ]


def test_only_the_owner_reads_the_file(log: Log) -> None:
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    assert stat.S_IMODE((log.folder / "audit.lock").stat().st_mode) == 0o600


def test_each_line_is_synced(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append(os.fstat(descriptor).st_size), sync(descriptor)))
    log.audit.append(1, "test", "word:name", b"")
    assert synced == [log.path.stat().st_size]


def test_two_processes_make_one_chain(tmp_path: Path) -> None:
    processes = [SPAWN.Process(target=append_some, args=(tmp_path, who, 200)) for who in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(300)
    with closing(Database.open(tmp_path)) as database:
        entries = Audit(database).entries()
        assert Audit(database).verify() == []
    assert [entry.number for entry in entries] == list(range(1, 401))
    for who in "ab":
        assert [entry.time for entry in entries if entry.subject == f"process:{who}"] == list(range(200))
    assert len(list(itertools.groupby(entries, lambda entry: entry.subject))) > 2, "they took turns"


def test_threads_make_one_chain(log: Log) -> None:
    threads = [threading.Thread(target=log.audit.append, args=(1, "test", f"w:{n}", b"")) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(log.audit.entries()) == 16
    assert log.audit.verify() == []


@pytest.mark.parametrize(
    ("death", "kept"), [(die_between_the_copies, 1), (die_within_the_line, 0), (die_before_the_file, 0)]
)
@pytest.mark.parametrize("first", ["verify", "append", "entries"])
def test_a_kill_between_the_copies_is_repaired(tmp_path: Path, death: Any, kept: int, first: str) -> None:
    append_some(tmp_path, "early", 2)
    killed(death, tmp_path)
    with closing(Database.open(tmp_path)) as database:
        audit = Audit(database)
        if first == "verify":
            assert audit.verify() == []
        elif first == "append":
            assert audit.append(1, "test", "word:name", b"").number == 3 + kept
        assert len(audit.entries()) == 2 + kept + (first == "append")
        assert [entry.line for entry in audit.entries()] == (tmp_path / "audit.jsonl").read_bytes().splitlines(True)
        assert audit.verify() == []
        assert "mended" not in {entry.kind for entry in audit.entries()}


def test_a_kill_before_the_first_entry_is_repaired_too(tmp_path: Path) -> None:
    killed(die_within_the_line, tmp_path)
    with closing(Database.open(tmp_path)) as database:
        assert Audit(database).append(1, "test", "word:name", b"").number == 1
        assert Audit(database).verify() == []


def test_what_cannot_be_written_leaves_no_trace(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: bytes) -> None:
        os.write(descriptor, data[:50])
        raise OSError(28, "No space left on device")

    before = log.path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(audit_file, "_write", full)
        with pytest.raises(StateError, match="no space left on device"):
            log.audit.append(1, "test", "word:name", b"")
    assert log.path.read_bytes() == before
    assert len(log.audit.entries()) == 6
    assert log.audit.verify() == []


def test_a_changed_row_is_named(log: Log) -> None:
    log.execute(update(table).where(table.c.number == 3).values(kind="other"))
    assert log.audit.verify() == [
        "ajar.db: entry 3 was changed after it was written: its hash is not that of what it says",
        "entry 3 is not the same in ajar.db and in audit.jsonl",
    ]


def test_a_row_made_anew_with_a_hash_that_fits_is_named(log: Log) -> None:
    entries = log.audit.entries()
    other = Entry.after(entries[1], 1, "other", "word:name", b"")
    log.execute(update(table).where(table.c.number == 3).values(msgspec.structs.asdict(other)))
    assert log.audit.verify() == [
        "ajar.db: entry 4 does not follow the entry before it: one of the two was replaced",
        "entry 3 is not the same in ajar.db and in audit.jsonl",
    ]


def test_a_missing_row_and_a_missing_line_are_named(log: Log) -> None:
    log.execute(delete(table).where(table.c.number.in_([2, 3])))
    lines = log.lines()
    del lines[4]
    log.path.write_bytes(b"".join(lines))
    assert log.audit.verify() == [
        "ajar.db: entries 2 to 3 are missing before entry 4",
        "audit.jsonl: entry 5 is missing before entry 6",
    ]


def test_lines_in_another_order_are_named(log: Log) -> None:
    lines = log.lines()
    lines[1], lines[2] = lines[2], lines[1]
    log.path.write_bytes(b"".join(lines))
    found = log.audit.verify()
    assert found[0] == "audit.jsonl: entry 2 is missing before entry 3"
    assert "audit.jsonl: entry 2 stands in the place of entry 4" in found


def test_a_database_that_was_cut_off_is_named_then_mended_for_all_to_see(log: Log) -> None:
    head = log.audit.entries()[-1].hash
    log.execute(delete(table).where(table.c.number > 4))
    said = ["ajar.db ends with entry 4: entries 5 to 6 are in audit.jsonl only, the end was cut off"]
    assert log.audit.verify() == said
    assert log.audit.verify() == said, "looking repairs nothing"
    log.audit.append(9, "test", "word:name", b"")
    assert log.audit.verify(head) == []
    assert [(entry.kind, entry.subject) for entry in log.audit.entries()[6:]] == [
        ("mended", "ajar.db:5-6"),
        ("test", "word:name"),
    ]


@pytest.mark.parametrize(("kept", "lost"), [(5, "6-6"), (2, "3-6"), (0, "1-6")])
def test_a_file_that_was_cut_off_is_named_then_mended_for_all_to_see(log: Log, kept: int, lost: str) -> None:
    log.path.write_bytes(b"".join(log.lines()[:kept]))
    (found,) = log.audit.verify()
    assert found.startswith(f"audit.jsonl ends with entry {kept}: ")
    log.audit.append(9, "test", "word:name", b"")
    assert log.audit.verify() == []
    assert log.audit.entries()[6].subject == f"audit.jsonl:{lost}"


def test_a_file_that_was_cut_off_within_a_line_is_named_then_mended(log: Log) -> None:
    log.path.write_bytes(log.path.read_bytes()[:-1])
    assert log.audit.verify() == [
        "audit.jsonl: what stands in the place of entry 6 is none, or no more",
        "audit.jsonl ends with entry 5: entry 6 is in ajar.db only, the end was cut off",
    ]
    log.audit.append(9, "test", "word:name", b"")
    assert log.audit.verify() == []
    assert log.audit.entries()[6].subject == "audit.jsonl:6-6"


def test_a_file_that_was_removed_is_named(log: Log) -> None:
    log.path.unlink()
    assert log.audit.verify() == [
        "audit.jsonl ends with entry 0: entries 1 to 6 are in ajar.db only, the end was cut off"
    ]


def test_a_log_that_was_tampered_with_goes_on_and_stays_marked(log: Log) -> None:
    log.execute(update(table).where(table.c.number == 6).values(kind="other", hash="x"))
    assert log.audit.append(9, "test", "word:name", b"").number == 7
    assert "ajar.db: entry 6 was changed" in log.audit.verify()[0]
    assert "mended" not in {entry.kind for entry in log.audit.entries()}


def test_only_a_head_kept_elsewhere_shows_a_log_that_was_written_anew(log: Log) -> None:
    head = log.audit.entries()[3].hash
    assert log.audit.verify(head) == []
    log.execute(delete(table))
    log.path.unlink()
    for number in range(6):
        log.audit.append(number, "test", "word:forged", b"")
    assert log.audit.verify() == []
    assert log.audit.verify(head) == [f"no entry has the hash {head}: the log was cut off before it, or written anew"]


def test_a_file_must_be_what_the_last_entry_about_it_vouches_for(log: Log) -> None:
    log.audit.keep(7, "begun", "rollouts/a/record.json", b"old")
    log.audit.keep(8, "ended", "rollouts/a/record.json", b"new")
    path = log.folder / "rollouts" / "a" / "record.json"
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)
    assert log.audit.verify() == []
    path.write_bytes(b"neW")
    assert log.audit.verify() == ["rollouts/a/record.json is not what entry 8 vouches for: it was changed since"]
    path.write_bytes(b"old")
    assert len(log.audit.verify()) == 1, "an older state is none that is vouched for any more"
    path.unlink()
    assert log.audit.verify() == [
        "rollouts/a/record.json, which entry 8 vouches for, cannot be read: no such file or directory"
    ]


def test_no_file_elsewhere_is_read(log: Log) -> None:
    log.audit.append(7, "test", "../secret", b"")
    (log.folder.parent / "secret").write_bytes(b"")
    assert log.audit.verify() == [f"entry 7 is about ../secret, which is no file within {log.folder}"]


def test_types_that_do_not_belong_into_a_row_are_named(tmp_path: Path) -> None:
    with closing(Database.open(tmp_path)) as database:
        log = Log(database)
        log.execute(text("UPDATE audit SET time = 'soon' WHERE number = 2"))
        log.execute(text("UPDATE audit SET kind = x'ff' WHERE number = 6"))
        assert log.audit.verify()[:2] == [
            "ajar.db: what stands in the place of entry 2 is none, or no more",
            "ajar.db: what stands in the place of entry 6 is none, or no more",
        ]
        assert log.audit.append(1, "test", "word:name", b"").number == 7


@pytest.fixture(scope="module")
def one_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    with closing(Database.open(tmp_path_factory.mktemp("log"))) as database:
        yield Log(database)


@given(data=st.data())
def test_any_changed_byte_of_the_file_is_found(one_log: Log, data: st.DataObject) -> None:
    whole = one_log.path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255))
    assume(byte != whole[place])
    try:
        one_log.path.write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
        assert one_log.audit.verify()
    finally:
        one_log.path.write_bytes(whole)
    assert one_log.audit.verify() == []


@given(data=st.data(), number=st.integers(1, 6), column=st.sampled_from(COLUMNS))
def test_any_changed_byte_of_a_row_is_found(one_log: Log, data: st.DataObject, number: int, column: str) -> None:
    entries = one_log.audit.entries()
    old = getattr(entries[number - 1], column)
    if isinstance(old, int):
        new: Any = old ^ (data.draw(st.integers(1, 255)) << 8 * data.draw(st.integers(0, 6)))
        assume(column != "number" or new not in range(1, 7))
    else:
        raw = bytearray(old.encode())
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != raw[place]))
        new = bytes(raw)
    change = f"UPDATE audit SET {column} = {':new' if isinstance(new, int) else 'CAST(:new AS TEXT)'} WHERE number = :n"
    try:
        one_log.execute(text(change).bindparams(new=new, n=number))
        assert one_log.audit.verify()
    finally:
        one_log.execute(delete(table))
        with one_log.database.writing() as connection:
            connection.execute(insert(table), [msgspec.structs.asdict(entry) for entry in entries])
    assert one_log.audit.verify() == []
