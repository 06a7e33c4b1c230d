"""The audit log: a chain of hashes over all that was decided, in two copies, the database and `audit.jsonl`.

An entry is inserted, then written to the file, then committed. So a crash can leave the file one entry ahead, or with
an unfinished line, and nothing else: whoever comes next finishes that. All else that is wrong was done by somebody.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import insert, select

from ajar.errors import StateError
from ajar.store import atomic, audit_check
from ajar.store.audit_file import NAME, AuditFile
from ajar.store.entry import Entry
from ajar.store.tables import audit

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from sqlalchemy import Connection

    from ajar.store.database import Database

__all__ = ["Audit", "Entry"]

_log = logging.getLogger(__name__)
_DATABASE: Final = "ajar.db"
_COLUMNS: Final = [audit.c[name] for name in Entry.__struct_fields__]
MENDED: Final = "mended"
"""The kind of an entry that says: a copy had lost its end, and got it back from the other."""


class Audit:
    """Every method takes its turn among all processes, and may raise StateError.

    None may be called within a transaction: they have their own.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state_dir = database.state_dir
        self._file = AuditFile(database.state_dir)

    def append(self, time: int, kind: str, subject: str, document: bytes) -> Entry:
        """Vouch for the document. It is in both copies, on the disk, when this returns.

        After an error it may be there all the same. A copy that had lost its end gets it back first, and an entry of
        kind `mended` says so; one that was changed otherwise stays as it is, for `verify` to tell.
        """
        with self._turn() as connection:
            last = self._levelled(connection, time)
            return self._add(connection, Entry.after(last, time, kind, subject, document))

    def keep(self, time: int, kind: str, subject: str, document: bytes) -> Entry:
        """Write the document into the file `subject` and vouch for it: `verify` never sees one without the other."""
        with self._turn() as connection:
            last = self._levelled(connection, time)
            path = self._state_dir / subject
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            atomic.replace(path, document)
            return self._add(connection, Entry.after(last, time, kind, subject, document))

    def entries(self) -> list[Entry]:
        """All that can be read in the database, in order."""
        with self._turn() as connection:
            return [entry for entry in _rows(connection) if entry is not None]

    def verify(self, head: str | None = None) -> list[str]:
        """What is wrong, a sentence each; empty where nothing is.

        `head` is the hash of an entry that was noted elsewhere: it must still be there.
        """
        with self._turn() as connection:
            rows, lines = _rows(connection), self._file.entries()
            found = [
                *audit_check.broken(_DATABASE, rows),
                *audit_check.broken(NAME, lines),
                *audit_check.differing(_DATABASE, rows, NAME, lines),
                *audit_check.misplaced(self._state_dir, max(rows, lines, key=len)),
            ]
        if head is not None and head not in {entry.hash for entry in rows if entry is not None}:
            found.append(f"no entry has the hash {head}: the log was cut off before it, or written anew")
        return found

    @contextlib.contextmanager
    def _turn(self) -> Generator[Connection]:
        try:
            with atomic.locked(self._state_dir / "audit.lock"), self._database.writing() as connection:
                self._finish(connection)
                yield connection
        except OSError as error:
            raise StateError(
                f"{error.filename or self._state_dir}: {(error.strerror or str(error)).lower()}; see that the user who "
                f"runs `ajar serve` may read and write {self._state_dir}, and that its disk has room"
            ) from error

    def _finish(self, connection: Connection) -> None:
        """Finish what a crash interrupted."""
        last, (written, unfinished) = _last(connection), self._file.last()
        if unfinished and written == last:
            self._file.cut_unfinished()
        elif not unfinished and written is not None and written.follows(last):
            _insert(connection, [written])

    def _levelled(self, connection: Connection, time: int) -> Entry | None:
        """The last entry, after the shorter copy got from the longer what it lacks."""
        last, (written, unfinished) = _last(connection), self._file.last()
        if written == last and not unfinished:
            return last
        if unfinished:
            self._file.cut_unfinished()
        rows, lines = _rows(connection), self._file.entries()
        common, longer = min(len(rows), len(lines)), max(rows, lines, key=len)
        whole = [entry for entry in longer if entry is not None]
        if rows[:common] != lines[:common] or any(audit_check.broken("", longer)):
            _log.error("the audit log was tampered with: `ajar audit verify` tells where")
            return last
        lacking = whole[common:]
        if rows is longer:
            self._file.append(lacking)
        else:
            _insert(connection, lacking)
        lost = f"{NAME if rows is longer else _DATABASE}:{common + 1}-{len(whole)}"
        _log.error("the audit log had lost entries, and got them back from its other copy: %s", lost)
        return self._add(connection, Entry.after(whole[-1], time, MENDED, lost, b""))

    def _add(self, connection: Connection, entry: Entry) -> Entry:
        _insert(connection, [entry])
        self._file.append([entry])
        return entry


def _rows(connection: Connection) -> list[Entry | None]:
    return [_entry(row) for row in connection.execute(select(*_COLUMNS).order_by(audit.c.number))]


def _entry(row: Sequence[Any]) -> Entry | None:
    try:
        return msgspec.convert(dict(zip(Entry.__struct_fields__, row, strict=True)), Entry)
    except msgspec.ValidationError:
        return None


def _last(connection: Connection) -> Entry | None:
    """Its number and hash are what the next one needs, whatever became of the rest."""
    row = connection.execute(select(*_COLUMNS).order_by(audit.c.number.desc()).limit(1)).first()
    if row is None:
        return None
    fields: dict[str, Any] = dict(zip(Entry.__struct_fields__, row, strict=True))
    return msgspec.structs.replace(Entry(**fields), hash=str(fields["hash"]))


def _insert(connection: Connection, entries: Sequence[Entry]) -> None:
    connection.execute(insert(audit), [msgspec.structs.asdict(entry) for entry in entries])
