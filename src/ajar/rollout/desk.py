"""What a running rollout works with: the store, the route's revision, the clock, and the files of its record."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ajar.rollout.document import Rollout, encode
from ajar.rollout.markdown import markdown
from ajar.store import atomic
from ajar.store.audit import Audit
from ajar.store.orders import Orders
from ajar.store.revisions import Revisions
from ajar.store.rollouts import RolloutRow, Rollouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ajar.rollout.setting import Setting
    from ajar.store.database import Database

KIND: Final = "rollout"
"""What the audit log calls a change record."""
_NOTE_EVERY_US: Final = 5_000_000
_AT_ONCE: Final = 1000
"""Looks that are in memory together: a week's are some 120,000, of 3 KB each."""


class Desk:
    """For one thread. Every method may raise StateError or OSError."""

    def __init__(
        self, setting: Setting, database: Database, log: Callable[[str], None], clock: Callable[[], int]
    ) -> None:
        self.setting = setting
        self.log = log
        self.clock = clock
        self.rollouts = Rollouts(database)
        self.orders = Orders(database)
        self.audit = Audit(database)
        self.revisions = Revisions(setting.state_dir)

    def folder(self, rollout: str) -> Path:
        """Where the rollout's files are; made where it is missing, for Ajar's user only."""
        path = self.setting.state_dir / "rollouts" / rollout
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def save(self, document: Rollout, *, files: bool = False) -> None:
        """Keep the document in the store; with `files`, also as JSON and Markdown beside it."""
        document.updated = self.clock()
        self.rollouts.save(row_of(document))
        if files:
            folder = self.folder(document.id)
            atomic.replace(folder / "record.json", encode(document))
            atomic.replace(folder / "record.md", markdown(document).encode())

    def note_reading(self, document: Rollout, read_to: int | None) -> bool:
        """Keep how far the past is read, now and again; whether there is more of it."""
        if read_to is None:
            if document.read_to is not None:
                document.read_to = None
                self.save(document)
            return False
        if document.read_to is None or self.clock() - document.updated >= _NOTE_EVERY_US:
            document.read_to = read_to
            self.save(document)
        return True

    def add_look(self, document: Rollout, time: int, body: dict[str, Any]) -> int:
        """Keep a look at the evidence in the store and in `looks.jsonl`; returns its number."""
        data = msgspec.json.encode(body)
        number = self.rollouts.add_look(document.id, time, data)
        document.looks, document.last_look = number, time
        with (self.folder(document.id) / "looks.jsonl").open("ab") as file:
            file.write(_line(number, time, data))
        return number

    def close_looks(self, document: Rollout) -> dict[str, str]:
        """Write `looks.jsonl` anew from the store, in case a crash came between the two; its digest, by its name."""
        digest = hashlib.sha256()
        if not self.rollouts.looks(document.id, most=1):
            return {}

        def written() -> Iterator[bytes]:
            last = 0
            while found := self.rollouts.looks(document.id, last, _AT_ONCE):
                data = b"".join(_line(*look) for look in found)
                digest.update(data)
                yield data
                last = found[-1][0]

        atomic.replace(self.folder(document.id) / "looks.jsonl", written())
        return {"looks.jsonl": digest.hexdigest()}

    def seal(self, document: Rollout) -> None:
        """The record is final: into the audit log with it, once, then out of the running ones."""
        data = encode(document)
        subject = f"rollouts/{document.id}/record.json"
        digest = hashlib.sha256(data).hexdigest()
        atomic.replace(self.folder(document.id) / "record.md", markdown(document).encode())
        if not any(entry.subject == subject and entry.digest == digest for entry in self.audit.entries()):
            self.audit.keep(document.updated, KIND, subject, data)
        self.rollouts.save(row_of(document))

    def tell(self, document: Rollout, text: str) -> None:
        """One line for the operator's log."""
        self.log(f"rollout {document.id} of route {document.route}: {' '.join(text.split())}")


def row_of(document: Rollout) -> RolloutRow:
    """The document as the store keeps it."""
    return RolloutRow(
        id=document.id,
        route=document.route,
        state=document.state,
        running=not document.ended,
        created=document.created,
        updated=document.updated,
        document=msgspec.json.encode(document),
    )


def digest_of(path: Path) -> str | None:
    """SHA-256 of a file; None where it cannot be read."""
    with suppress(OSError):
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return None


def private(path: Path) -> None:
    """Make a folder for Ajar's user only."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(path, 0o700)  # noqa: PTH101 - an existing one keeps its mode otherwise


def _line(number: int, time: int, body: bytes) -> bytes:
    return b'{"number":%d,"time":%d,"look":%b}\n' % (number, time, body)
