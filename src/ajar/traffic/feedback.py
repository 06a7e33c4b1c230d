"""Feedback and the results of checks: a journal of their own, in `state_dir/feedback`.

Its segments are not turned into Parquet. Those that were begun on a day (UTC) that is over are merged into one file of
that day, `<YYYY-MM-DD>.day`, of the same form. Whoever reads may see a value twice (while a day is merged, or after a
process died over that): the same `Feedback` again, of which `latest` keeps one.
"""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, BinaryIO, Final

from ajar.domain.feedback import Feedback
from ajar.domain.ids import uuid7_millis
from ajar.traffic.follow import Tail
from ajar.traffic.frame import frame_of, reader_of
from ajar.traffic.journal import Journal
from ajar.traffic.partitions import sync_directory
from ajar.traffic.segments import Frames, Segment, has_writer, list_segments, take_lock, to_stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_FOLDER: Final = "feedback"
_LONGEST_S: Final = 3600
"""Nothing waits for segments to be sealed, so they may be large."""
_AT_ONCE: Final = 200
"""Segments that one merge holds open."""

_feedback_of = reader_of(Feedback)


def feedback_journal(state_dir: Path, writer: str | int) -> Journal:
    """The journal that one process appends to; `writer` is a worker's number or the process's name.

    Raises nothing where it cannot be written: `append` does, and tries anew each time.
    """
    return Journal(state_dir / _FOLDER, writer, max_age_s=_LONGEST_S, must_start=False)


class FeedbackFollower(Tail[Feedback]):
    """What is taken in from now on. `poll` a few times a second."""

    def __init__(self, state_dir: Path, *, warn: Callable[[str], None] = to_stderr) -> None:
        super().__init__(state_dir / _FOLDER, _feedback_of, warn=warn)


def read_feedback(state_dir: Path, *, warn: Callable[[str], None] = to_stderr) -> Iterator[Feedback]:
    """Everything that was taken in by now, in no order; what is superseded is among it. Raises OSError."""
    folder = state_dir / _FOLDER
    # Segments first: what is none any more when its turn comes is in its day's file by then.
    for segment in list_segments(folder):
        file = segment.open()
        if file is not None:
            with file:
                growing = not segment.sealed and has_writer(file)
                yield from Frames(file, segment.path, _feedback_of, growing=growing, warn=warn)
    for path in sorted(folder.glob("*.day")):
        with path.open("rb") as file:
            yield from Frames(file, path, _feedback_of, warn=warn)


def latest(values: Iterable[Feedback]) -> list[Feedback]:
    """Those that count, oldest first: of one source, caller, route and id the one that was taken in last."""
    newest: dict[tuple[str, str, str, str], Feedback] = {}
    for value in values:
        key = value.source, value.caller, value.route, value.id
        known = newest.get(key)
        if known is None or known.time <= value.time:
            newest[key] = value
    return sorted(newest.values(), key=lambda value: (value.time, value.id))


def tidy(state_dir: Path, *, today: str | None = None, warn: Callable[[str], None] = to_stderr) -> int:
    """Merge the segments of days before `today` (`YYYY-MM-DD` in UTC) whose writers are done; how many those were.

    A process may die at any point of this without loss. Only one process may do this. Raises OSError.
    """
    folder = state_dir / _FOLDER
    today = today or f"{datetime.now(UTC):%Y-%m-%d}"
    merged = 0
    for day, segments in groupby(list_segments(folder), _day):
        if day is not None and day < today:
            waiting = list(segments)
            for at in range(0, len(waiting), _AT_ONCE):
                merged += _merge(folder, day, waiting[at : at + _AT_ONCE], warn)
    return merged


def _day(segment: Segment) -> str | None:
    """The day (UTC) on which it was begun; None where its name does not tell, and Ajar did not make it."""
    try:
        return f"{datetime.fromtimestamp(uuid7_millis(segment.id) / 1000, UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return None


def _merge(folder: Path, day: str, segments: list[Segment], warn: Callable[[str], None]) -> int:
    with ExitStack() as stack:
        taken: list[tuple[Segment, Frames[Feedback]]] = []
        for segment in segments:
            with suppress(FileNotFoundError):  # sealed since it was listed: the next time, then
                file = stack.enter_context(segment.path.open("rb"))
                if take_lock(file):
                    taken.append((segment, Frames(file, segment.path, _feedback_of, warn=warn)))
        if not taken:
            return 0
        _add(folder / f"{day}.day", [frames for _, frames in taken])
        for segment, frames in taken:
            if frames.damaged:  # for a person to look at
                segment.path.rename(segment.path.with_suffix(".damaged"))
            else:
                segment.path.unlink()
    sync_directory(folder)
    return len(taken)


def _add(path: Path, segments: Iterable[Frames[Feedback]]) -> None:
    """Add the segments to a day's file, which is replaced as a whole, and on disk before this returns."""
    beside = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
        if path.exists():
            with path.open("rb") as old:
                shutil.copyfileobj(old, file)
        size = file.tell() + _write(file, segments)
        file.flush()
        os.fsync(file.fileno())
    if size:
        beside.rename(path)
        sync_directory(path.parent)
    else:
        beside.unlink()


def _write(file: BinaryIO, segments: Iterable[Frames[Feedback]]) -> int:
    return sum(file.write(frame_of(payload)) for frames in segments for payload in frames.payloads())
