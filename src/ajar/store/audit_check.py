"""What is wrong with an audit log: pure, but for reading the documents. Each problem is a sentence."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ajar.store.entry import START, Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


def broken(copy: str, entries: Iterable[Entry | None]) -> Iterator[str]:
    """Where the chain of this copy does not hold. None stands for what cannot be read as an entry."""
    due, previous = 1, START
    for entry in entries:
        if entry is None:
            yield f"{copy}: what stands in the place of entry {due} is none, or no more"
            due, previous = due + 1, ""
            continue
        if entry.number > due:
            yield f"{copy}: {span(due, entry.number - 1)} missing before entry {entry.number}"
        elif entry.number < due:
            yield f"{copy}: entry {entry.number} stands in the place of entry {due}"
        if entry.hash != entry.due_hash:
            yield f"{copy}: entry {entry.number} was changed after it was written: its hash is not that of what it says"
        elif entry.number == due and previous not in ("", entry.previous):
            yield f"{copy}: entry {entry.number} does not follow the entry before it: one of the two was replaced"
        due, previous = entry.number + 1, entry.hash


def differing(one: str, first: Sequence[Entry | None], other: str, second: Sequence[Entry | None]) -> Iterator[str]:
    """Where two copies do not say the same: the first such entry, and which copy ends too early."""
    ours, theirs = _numbered(first), _numbered(second)
    for number in sorted(ours.keys() & theirs.keys()):
        if ours[number] != theirs[number]:
            yield f"entry {number} is not the same in {one} and in {other}"
            break
    ends = (max(ours, default=0), one), (max(theirs, default=0), other)
    (short, cut), (long, whole) = sorted(ends)
    if short < long:
        yield f"{cut} ends with entry {short}: {span(short + 1, long)} in {whole} only, the end was cut off"


def misplaced(state_dir: Path, entries: Sequence[Entry | None]) -> Iterator[str]:
    """Which files are not what the last entry about them vouches for."""
    latest = {entry.subject: entry for entry in entries if entry is not None and entry.file is not None}
    for subject, entry in latest.items():
        if entry.file is None or entry.file.is_absolute() or ".." in entry.file.parts:
            yield f"entry {entry.number} is about {subject}, which is no file within {state_dir}"
            continue
        try:
            data = (state_dir / entry.file).read_bytes()
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            yield f"{subject}, which entry {entry.number} vouches for, cannot be read: {why}"
        else:
            if hashlib.sha256(data).hexdigest() != entry.digest:
                yield f"{subject} is not what entry {entry.number} vouches for: it was changed since"


def span(first: int, last: int) -> str:
    """Which entries they are, with their verb."""
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"


def _numbered(entries: Sequence[Entry | None]) -> Mapping[int, Entry]:
    return {entry.number: entry for entry in entries if entry is not None}
