"""What the records of rollouts rest on, held against the hashes that each of them has of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ajar.store.entry import Entry

_RECORD = "/record.json"


class _Decision(msgspec.Struct):
    rests_on: dict[str, str] = {}


class _Record(msgspec.Struct):
    decision: _Decision | None = None


def changed(state_dir: Path, entries: Iterable[Entry]) -> Iterator[str]:
    """A sentence for each file beside a record that is not what the record rests on.

    Only for records that are as the log vouches for them: what another one says of its files tells nothing.
    """
    newest = {entry.subject: entry for entry in entries if entry.subject.endswith(_RECORD)}
    for subject, entry in newest.items():
        record = _read(state_dir / subject)
        if record is None or hashlib.sha256(record).hexdigest() != entry.digest:
            continue
        folder = subject.removesuffix(_RECORD)
        for name, digest in sorted(_rests_on(record).items()):
            data = _read(state_dir / folder / name)
            if data is None:
                yield f"{folder}/{name}, which the record of entry {entry.number} rests on, is missing"
            elif hashlib.sha256(data).hexdigest() != digest:
                yield f"{folder}/{name} is not what the record of entry {entry.number} rests on: it was changed since"


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _rests_on(record: bytes) -> dict[str, str]:
    try:
        decision = msgspec.json.decode(record, type=_Record).decision
    except (msgspec.DecodeError, UnicodeDecodeError):  # another Ajar's: it is as it was written, and that is all
        return {}
    return {} if decision is None else decision.rests_on
