"""One entry of the audit log: what was decided, and proof of what stood before it."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import Final, Self

import msgspec

START: Final = "0" * 64
"""What the first entry has in place of the hash of one before it."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Entry `number` (from 1) was made at `time` (microseconds since 1970 UTC).

    `subject` is what it is about: a file, as a path within the state directory, or `word:name`. `digest` is the SHA-256
    of the document that it vouches for, `previous` the hash of the entry before it. `hash` is the SHA-256 of all the
    other fields as JSON with sorted keys, no blanks, in UTF-8.
    """

    number: int
    time: int
    kind: str
    subject: str
    digest: str
    previous: str
    hash: str

    @classmethod
    def after(cls, last: Entry | None, time: int, kind: str, subject: str, document: bytes) -> Self:
        """The entry that follows `last`; None: the first."""
        number, previous = (1, START) if last is None else (last.number + 1, last.hash)
        entry = cls(number, time, kind, subject, hashlib.sha256(document).hexdigest(), previous, "")
        return msgspec.structs.replace(entry, hash=entry.due_hash)

    @classmethod
    def read(cls, line: bytes) -> Self | None:
        """The entry of this line; None where it is not byte for byte what an entry's line is."""
        try:
            entry = msgspec.json.decode(line, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return entry if entry.line == line else None

    @property
    def line(self) -> bytes:
        """As it stands in `audit.jsonl`, its newline included."""
        return msgspec.json.encode(self, order="sorted") + b"\n"

    @property
    def due_hash(self) -> str:
        """What `hash` has to be."""
        fields = msgspec.structs.asdict(self)
        del fields["hash"]
        return hashlib.sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()

    @property
    def file(self) -> PurePosixPath | None:
        """The file that it vouches for, within the state directory; None where it is about something else."""
        return PurePosixPath(self.subject) if "/" in self.subject and ":" not in self.subject else None

    def follows(self, last: Entry | None) -> bool:
        """Whether it is whole, and stands right after `last`."""
        number, previous = (1, START) if last is None else (last.number + 1, last.hash)
        return (self.number, self.previous, self.hash) == (number, previous, self.due_hash)
