from __future__ import annotations

import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command, op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from ajar.errors import StateError
from ajar.store import database as module
from ajar.store import migrations
from ajar.store.database import Database
from ajar.store.tables import REVISION, metadata, orders, rollouts

if TYPE_CHECKING:
    from pathlib import Path

SPAWN = multiprocessing.get_context("spawn")
ROW = {"route": "r", "state": "queued", "running": True, "created": 1, "updated": 1, "document": b"{}"}


def killed(target: Any, *arguments: Any) -> int | None:
    process = SPAWN.Process(target=target, args=arguments)
    process.start()
    process.join(60)
    return process.exitcode


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def open_and_add(state_dir: Path, name: str) -> None:
    with closing(Database.open(state_dir)) as database, database.writing() as connection:
        connection.execute(insert(rollouts).values(ROW | {"id": name, "route": name}))


def die_while_migrating(state_dir: Path) -> None:
    op.create_index = lambda *_, **__: die()  # type: ignore[assignment]
    Database.open(state_dir)


def die_after_a_commit_and_in_a_transaction(state_dir: Path) -> None:
    open_and_add(state_dir, "committed")
    with Database.open(state_dir).writing() as connection:
        connection.execute(insert(rollouts).values(ROW | {"id": "open", "route": "open"}))
        die()


def ids(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.execute(select(rollouts.c.id)).scalars())


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        with closing(Database.open(tmp_path / "state")) as database, database.reading():
            found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()}
    finally:
        os.umask(old)
    assert found == dict.fromkeys(("ajar.db", "ajar.db-wal", "ajar.db-shm", "ajar.db.lock"), 0o600)
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_what_is_written_is_on_the_disk(tmp_path: Path) -> None:
    with closing(Database.open(tmp_path)) as database, database.reading() as connection:
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")}
    assert found == {"journal_mode": "wal", "synchronous": 2}


def test_migrations_make_the_tables_of_the_code(database: Database) -> None:
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_sqlite_has_the_same_from_both(tmp_path: Path) -> None:
    def schema(path: Path) -> set[str]:
        query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name != 'alembic_version'"
        with create_engine(f"sqlite:///{path}").connect() as connection:
            rows = list(connection.execute(text(query)))
            connection.engine.dispose()
        return {" ".join(f"{kind} {name} {sql}".split()) for kind, name, sql in rows}

    Database.open(tmp_path).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    metadata.create_all(engine)
    engine.dispose()
    assert schema(tmp_path / "ajar.db") == schema(tmp_path / "other.db")


def test_the_code_knows_the_newest_migration(tmp_path: Path) -> None:
    with closing(Database.open(tmp_path)) as database, database.reading() as connection:
        script = ScriptDirectory.from_config(migrations.settings(connection))
        assert script.get_heads() == [REVISION]
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [REVISION]


def test_every_migration_counts_up(tmp_path: Path) -> None:
    with closing(Database.open(tmp_path)) as database, database.reading() as connection:
        script = ScriptDirectory.from_config(migrations.settings(connection))
        found = [revision.revision for revision in script.walk_revisions()]
    assert found == [f"{number:04}" for number in range(len(found), 0, -1)]


def test_alembic_is_loaded_only_where_a_migration_is_due(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys; from ajar.store.database import Database; "
        "Database.open(pathlib.Path(sys.argv[1])).close(); print('alembic' in sys.modules)"
    )
    said = [subprocess.check_output([sys.executable, "-c", program, tmp_path], text=True).strip() for _ in range(2)]
    assert said == ["True", "False"]


def test_a_migration_writes_nothing_to_the_terminal(tmp_path: Path) -> None:
    program = "import pathlib, sys; from ajar.store.database import Database; Database.open(pathlib.Path(sys.argv[1]))"
    ran = subprocess.run([sys.executable, "-W", "error", "-c", program, tmp_path], capture_output=True, check=True)
    assert (ran.stdout, ran.stderr) == (b"", b"")


def test_a_folder_may_be_called_anything(tmp_path: Path) -> None:
    Database.open(tmp_path / "100% #1?x=y & ü").close()
    assert (tmp_path / "100% #1?x=y & ü" / "ajar.db").exists()


def test_many_processes_open_a_new_one_at_once(tmp_path: Path) -> None:
    processes = [SPAWN.Process(target=open_and_add, args=(tmp_path, f"r{number}")) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    with closing(Database.open(tmp_path)) as database:
        assert ids(database) == {"r0", "r1", "r2", "r3"}


def test_a_migration_that_was_killed_never_was(tmp_path: Path) -> None:
    assert killed(die_while_migrating, tmp_path) == -signal.SIGKILL
    open_and_add(tmp_path, "a")
    with closing(Database.open(tmp_path)) as database:
        assert ids(database) == {"a"}


def test_a_kill_loses_what_was_not_committed_and_nothing_else(tmp_path: Path) -> None:
    assert killed(die_after_a_commit_and_in_a_transaction, tmp_path) == -signal.SIGKILL
    with closing(Database.open(tmp_path)) as database:
        assert ids(database) == {"committed"}


def test_a_newer_one_is_refused_and_left_alone(tmp_path: Path) -> None:
    with closing(Database.open(tmp_path)) as database, database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    with pytest.raises(StateError, match=r"ajar\.db: it was made by a newer Ajar \(its tables are revision 0999"):
        Database.open(tmp_path)


def test_one_of_an_unknown_revision_is_refused(tmp_path: Path) -> None:
    with closing(Database.open(tmp_path)) as database, database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(StateError, match="cannot be brought up to date"):
        Database.open(tmp_path)


@pytest.mark.parametrize("damage", ["garbage", "cut", "hollow", "foreign"])
def test_a_damaged_one_is_named_with_what_to_do(tmp_path: Path, damage: str) -> None:
    open_and_add(tmp_path, "a")
    path = tmp_path / "ajar.db"
    data = path.read_bytes()
    match damage:
        case "garbage":
            path.write_bytes(b"garbage" * 1000)
        case "cut":
            path.write_bytes(data[:5000])
        case "hollow":
            path.write_bytes(data[:100] + b"\xff" * (len(data) - 100))
        case _:
            path.write_bytes(b"")
            engine = create_engine(f"sqlite:///{path}")
            with engine.begin() as connection:
                connection.execute(text("CREATE TABLE rollouts (x)"))
            engine.dispose()
    with pytest.raises(
        StateError, match=r"ajar\.db: it is damaged \(.*Restore it from a backup; or stop Ajar and move"
    ):
        open_and_add(tmp_path, "b")


def test_one_that_others_may_write_is_refused(tmp_path: Path) -> None:
    Database.open(tmp_path).close()
    (tmp_path / "ajar.db").chmod(0o620)
    with pytest.raises(StateError, match=r"other users may write this file.*chmod 600"):
        Database.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match=r"file.*: (not a directory|file exists); run this as the user"):
        Database.open(tmp_path / "file")


def test_a_failed_block_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.writing() as connection:
            connection.execute(insert(rollouts).values(ROW | {"id": "a"}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ids(database) == set()


def test_what_names_no_rollout_is_forbidden(database: Database) -> None:
    order = {"rollout": "none", "kind": "abort", "by": "", "why": "", "time": 1, "done": False}
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(insert(orders).values(order))


def test_a_writer_waits_for_another(tmp_path: Path) -> None:
    with closing(Database.open(tmp_path)) as database, closing(Database.open(tmp_path)) as other:
        waiting = threading.Thread(target=open_and_add, args=(tmp_path, "second"))
        with database.writing() as connection:
            connection.execute(insert(rollouts).values(ROW | {"id": "first"}))
            waiting.start()
            waiting.join(0.2)
            assert waiting.is_alive()
            assert ids(other) == set(), "readers do not wait, and see nothing of it"
        waiting.join(30)
        assert ids(other) == {"first", "second"}


def test_one_that_is_kept_too_long_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE_S", 0.05)
    with (
        closing(Database.open(tmp_path)) as database,
        closing(Database.open(tmp_path)) as other,
        database.writing(),
        pytest.raises(StateError, match="another process has kept it"),
        other.writing(),
    ):
        pass


def test_opening_one_that_is_up_to_date_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Database.open(tmp_path).close()
    monkeypatch.setattr(command, "upgrade", lambda *_: pytest.fail("migrated again"))
    Database.open(tmp_path).close()
