"""The database in the state directory: opened by every process that needs it, brought up to date by the first."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final, Self

from sqlalchemy import Column, MetaData, String, Table, create_engine, event, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from ajar.errors import StateError
from ajar.store import atomic
from ajar.store.begun import DATABASE
from ajar.store.tables import REVISION

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

_PATIENCE_S: Final = 10
_version = Table("alembic_version", MetaData(), Column("version_num", String))


class Database:
    """Transactions over the tables of `store/tables.py`. May be used by several threads, each with its own transaction.

    What was written is on the disk when `writing` ends.
    """

    def __init__(self, state_dir: Path, url: URL) -> None:
        self.state_dir = state_dir
        self._url = url
        self._engine = _sqlite(url) if url.get_backend_name() == "sqlite" else create_engine(url)

    @classmethod
    def open(cls, state_dir: Path, url: str | None = None) -> Self:
        """`ajar.db` in the state directory, made where it is missing; with `url`, a database elsewhere.

        Raises StateError: damaged, of a newer Ajar, or out of reach.
        """
        path = state_dir / DATABASE
        try:
            state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            database = cls(state_dir, make_url(url) if url else URL.create("sqlite", database=str(path)))
            # Who opens takes turns: two must not migrate at once, nor switch a new file to its write-ahead log.
            with atomic.locked(state_dir / f"{DATABASE}.lock"):
                if url is None:
                    _present(path)
                try:
                    database._bring_up_to_date()
                except BaseException:
                    database.close()
                    raise
        except OSError as error:
            raise StateError(
                f"{error.filename or path}: {(error.strerror or str(error)).lower()}; run this as the user who runs "
                f"`ajar serve`, and see that this user may read and write {state_dir}"
            ) from error
        return database

    def close(self) -> None:
        """Let go of the file. No transaction may be open."""
        self._engine.dispose()

    @contextlib.contextmanager
    def reading(self) -> Generator[Connection]:
        """A transaction that sees one state throughout. Raises StateError."""
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Generator[Connection]:
        """A transaction, the only one that writes meanwhile; taken back where the block raises.

        Raises StateError, and IntegrityError where the tables forbid what was written.
        """
        with (
            self._explained(),
            self._engine.connect() as connection,
            connection.execution_options(begin="IMMEDIATE").begin(),
        ):
            yield connection

    def _bring_up_to_date(self) -> None:
        with self.reading() as connection:
            found = None
            if inspect(connection).has_table(_version.name):
                found = connection.execute(select(_version.c.version_num)).scalar()
        if found == REVISION:
            return
        if found is not None and str(found) > REVISION:
            raise StateError(
                f"{self._where}: it was made by a newer Ajar (its tables are revision {found}, this one knows those up "
                f"to {REVISION}). Run that Ajar, or restore the backup that was made before it"
            )
        from ajar.store import migrations

        with self.writing() as connection:
            migrations.upgrade(connection)

    @property
    def _where(self) -> str:
        return self._url.database or "" if self._url.get_backend_name() == "sqlite" else repr(self._url)

    @contextlib.contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise StateError(f"{self._where}: {self._sentence(error.orig)}") from error

    def _sentence(self, error: BaseException | None) -> str:
        said = (str(error).splitlines() or [""])[0].lower()
        match getattr(error, "sqlite_errorname", "").split("_")[1:2]:
            case ["BUSY"]:
                return f"another process has kept it for more than {_PATIENCE_S} seconds; try again"
            case ["FULL"]:
                return "its disk is full; free some space there"
            case ["CANTOPEN" | "READONLY" | "PERM" | "IOERR"]:
                return f"{said}; run this as the user who runs `ajar serve`, and see that its disk is well"
            case ["CORRUPT" | "NOTADB" | "ERROR"]:
                return (
                    f"it is damaged ({said}). Restore it from a backup; or stop Ajar and move it away, with the files "
                    f"{DATABASE}-wal and {DATABASE}-shm: then a new one begins, and the audit log comes back from "
                    "audit.jsonl"
                )
            case _:
                return said


def _present(path: Path) -> None:
    """See that the file is there and nobody else may change it. SQLite itself would make it readable to others.

    It must not be opened here where it is there: closing it again would end this process's locks on it.
    """
    if not path.exists():
        atomic.replace(path, b"")
    elif path.stat().st_mode & 0o022:
        raise StateError(
            f"{path}: other users may write this file, and so decide rollouts. Run `chmod 600 {path}`, then "
            "`ajar audit verify`"
        )


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _PATIENCE_S})

    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions begin as `begun` says, not when the driver thinks fit
        connection.text_factory = _text
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    def begun(connection: Connection) -> None:
        # A transaction that first reads and then writes would fail where another wrote in between: these lock first.
        connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'DEFERRED')}")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def _text(data: bytes) -> str:
    """Damaged text is shown rather than an error for all rows: the audit log has to tell which entry it is."""
    return data.decode(errors="replace")
