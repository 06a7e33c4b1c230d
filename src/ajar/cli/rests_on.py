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
        try:
            record = (state_dir / subject).read_bytes()
        except OSError:  # which is told of what the log itself vouches for
            continue
        if hashlib.sha256(record).hexdigest() != entry.digest:
            continue
        folder = subject.removesuffix(_RECORD)
        for name, digest in sorted(_rests_on(record).items()):
            if (wrong := _wrong(state_dir / folder / name, digest)) is not None:
                what, since = wrong
                yield f"{folder}/{name}{what} the record of entry {entry.number} rests on{since}"


def _wrong(path: Path, digest: str) -> tuple[str, str] | None:
    """What is wrong with a file, before and after the words that say who rests on it."""
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return ", which", ", is missing"
    except OSError as error:
        return ", which", f", cannot be read: {(error.strerror or str(error)).lower()}"
    return None if hashlib.sha256(data).hexdigest() == digest else (" is not what", ": it was changed since")


def _rests_on(record: bytes) -> dict[str, str]:
    try:
        decision = msgspec.json.decode(record, type=_Record).decision
    except (msgspec.DecodeError, UnicodeDecodeError):  # another Ajar's: it is as it was written, and that is all
        return {}
    return {} if decision is None else decision.rests_on
