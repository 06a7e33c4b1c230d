"""`audit.jsonl`: the audit log's copy outside of the database, one line for each entry."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from ajar.store import atomic
from ajar.store.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NAME: Final = "audit.jsonl"


class AuditFile:
    """Whoever uses it holds the audit log's lock. Any method may raise OSError."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / NAME

    def entries(self) -> list[Entry | None]:
        """One for each line; None for a line that is none of an entry, and for a last one that is not finished."""
        *finished, rest = self._read().split(b"\n")
        entries = [Entry.read(line + b"\n") for line in finished]
        return [*entries, None] if rest else entries

    def last(self) -> tuple[Entry | None, bool]:
        """The last finished entry, and whether something unfinished stands after it."""
        finished, newline, rest = self._read().rpartition(b"\n")
        return Entry.read(finished[finished.rfind(b"\n") + 1 :] + newline), bool(rest)

    def cut_unfinished(self) -> None:
        """Drop what stands after the last newline."""
        data = self._read()
        os.truncate(self._path, data.rfind(b"\n") + 1)

    def append(self, entries: Iterable[Entry]) -> None:
        """Add these; they are on the disk when this returns, or not in the file when it raises."""
        if not self._path.exists():
            atomic.replace(self._path, b"")
        with self._path.open("r+b", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            try:
                _write(file.fileno(), b"".join(entry.line for entry in entries))
                os.fsync(file.fileno())
            except BaseException:
                file.truncate(end)
                raise

    def _read(self) -> bytes:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return b""


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
