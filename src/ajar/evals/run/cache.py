"""Answers kept from run to run, for those who asked for it. A gate never uses them: they are no new evidence."""

from __future__ import annotations

import os
import sqlite3
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from ajar.errors import StateError
from ajar.evals.answer import Answer

if TYPE_CHECKING:
    from pathlib import Path

_decode = msgspec.json.Decoder(Answer).decode
_encode = msgspec.json.Encoder().encode


def key(base_url: str, body: bytes, repeat: int) -> bytes:
    """Of a request."""
    return sha256(b"%s\n%d\n%s" % (base_url.encode(), repeat, body)).digest()


class Cache:
    """One SQLite file, which several runs may share. A fault of it costs its answers only: the model is asked."""

    def __init__(self, path: Path) -> None:
        """Make the file where there is none. Raises StateError where it cannot be used."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._base = sqlite3.connect(path, timeout=5, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise StateError(f"the cache {path} cannot be used: {error}") from None
        try:
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = OFF")
            self._base.execute("CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, answer BLOB) WITHOUT ROWID")
        except sqlite3.Error as error:
            self._base.close()
            raise StateError(f"the cache {path} cannot be used: {error}; remove it to start anew") from None

    def get(self, key: bytes) -> Answer | None:
        """The answer that was put under this key."""
        try:
            row = self._base.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
            return None if row is None else _decode(row[0])
        except (sqlite3.Error, msgspec.DecodeError):
            return None

    def put(self, key: bytes, answer: Answer) -> None:
        """Keep an answer."""
        try:
            self._base.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, _encode(answer)))
        except sqlite3.Error:
            return

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()
