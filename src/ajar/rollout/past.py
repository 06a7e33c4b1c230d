"""The past of a rollout, in the order of time, a part at a time: what it takes to read it does not grow with it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import duckdb
import msgspec

from ajar.errors import StateError
from ajar.rollout.index import Index, Moved
from ajar.rollout.sealed import Sealed
from ajar.traffic.arrow import pa
from ajar.traffic.frame import reader_of
from ajar.traffic.partitions import reading
from ajar.traffic.segments import Segment, list_segments

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from ajar.rollout.index import Block

_MANY: Final = 10_000
"""So many to twice as many records and values of feedback are in memory together."""


class _Head(msgspec.Struct, gc=False):
    """What tells whether a record or a value of feedback is of the rollout."""

    time: int
    route: str | None = None
    experiment: str | None = None


class Part(NamedTuple):
    """All from one time up to `end`, which is left out: as JSON, each with its time, and in that order."""

    end: int
    records: list[tuple[int, bytes]]
    feedback: list[tuple[int, bytes]]


class Past:
    """What there is of one experiment, or of its whole route, while workers, the sealer and others go on.

    Only an index of the files is kept. Each part is looked for anew by its times: where its records lie by then, and
    how often they were moved since the last one, does not matter. Every method may raise StateError and OSError.
    """

    def __init__(self, state_dir: Path, route: str, experiment: str | None, since: int) -> None:
        """`since`: nothing before that time is of the rollout. Without `experiment`: all of the route."""
        self.at = since
        """All before that time was handed out."""
        self._since = since
        self._route = route
        self._experiment = experiment
        self._folder = state_dir / "traffic"
        self._journal = Index(lambda: list_segments(state_dir / "journal"), self._time_of_record)
        self._feedback = Index(lambda: _feedback_files(state_dir / "feedback"), self._time_of_feedback)
        self._sealed = Sealed(self._folder, route, experiment, since)

    def newest(self, late: Callable[[], bool]) -> int | None:
        """The last time of all that is there now; None where it got `late` before that was known."""
        with _readable(self._folder):
            if not self._refresh(late):
                return None
        return max((block.high for block in self._blocks(self.at, 1 << 62)), default=self.at)

    def part(self, until: int, late: Callable[[], bool]) -> Part | None:
        """The next part of what lies before `until`; None where it got `late` before that was known.

        Whoever has handed it on sets `at` to its end.
        """
        while True:
            with suppress(Moved), _readable(self._folder):
                return self._part(until) if self._refresh(late) else None

    def close(self) -> None:
        """Let go of the database."""
        self._sealed.close()

    def _refresh(self, late: Callable[[], bool]) -> bool:
        # In this order: what is not in the journal any more is in a Parquet file by then.
        return self._journal.refresh(late) and self._sealed.refresh(late) and self._feedback.refresh(late)

    def _blocks(self, low: int, high: int) -> list[Block]:
        return [
            *self._journal.blocks(low, high, self._sealed.names),
            *self._sealed.blocks(low, high),
            *self._feedback.blocks(low, high),
        ]

    def _part(self, until: int) -> Part:
        low, high = self.at, self._end(until)
        records = [*self._journal.between(low, high, self._sealed.names), *self._sealed.between(low, high)]
        feedback = list(self._feedback.between(low, high))
        by_time = itemgetter(0)
        return Part(high, sorted(records, key=by_time), sorted(feedback, key=by_time))

    def _end(self, until: int) -> int:
        """So far that the part has many, and hardly more, as far as the index can tell."""
        blocks = self._blocks(self.at, until)
        begin, end = max(self.at, min((block.low for block in blocks), default=self.at)), until
        while end - begin > 1 and sum(block.within(begin, end) for block in blocks) > 2 * _MANY:
            end = begin + (end - begin) // 2
            blocks = [block for block in blocks if block.low < end]
        return end

    def _time_of_record(self, payload: bytes) -> int | None:
        head = _head(payload)
        if head is None or head.route != self._route or head.time < self._since:
            return None
        return head.time if self._experiment in (None, head.experiment) else None

    def _time_of_feedback(self, payload: bytes) -> int | None:
        head = _head(payload)
        return head.time if head and head.route == self._route and head.time >= self._since else None


_head = reader_of(_Head)


@contextmanager
def _readable(folder: Path) -> Generator[None]:
    """Keep Parquet files where they are meanwhile."""
    try:
        with reading(folder):
            yield
    except (duckdb.Error, pa.ArrowException) as error:
        raise StateError(
            f"Cannot read past traffic: {error}\nThe operator has to move a damaged file away, or free disk space."
        ) from error


def _feedback_files(folder: Path) -> list[Segment]:
    # Segments first: what is none any more when its turn comes is in its day's file by then.
    segments = list_segments(folder)
    return [*segments, *(Segment(path.name, path) for path in sorted(folder.glob("*.day")))]
