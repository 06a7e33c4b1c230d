"""The records and the feedback of one rollout: all that there is already, then what comes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ajar.domain.record import Attempt, InferenceRecord
from ajar.domain.usage import Usage
from ajar.traffic.feedback import FeedbackFollower, read_feedback
from ajar.traffic.filters import Filters
from ajar.traffic.follow import Follower
from ajar.traffic.marks import Marks
from ajar.traffic.query import open_traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ajar.domain.feedback import Feedback
    from ajar.traffic.query import Traffic

GRACE_US: Final = 2_000_000
"""Feedback is timed a moment before it is in its journal."""
_COLUMNS: Final = (
    "id, epoch_us(time) AS time, operation, route, config, caller, purpose, status, stream, total_ms, revision, "
    "experiment, epoch, unit_hash, variant, deployment, finish_reason, error, ttfb_ms, usage, attempts, copy_of"
)
_OF_EXPERIMENT: Final = (
    f"SELECT {_COLUMNS} FROM traffic WHERE experiment = $experiment ORDER BY epoch_us(traffic.time), id"  # noqa: S608
)
_OF_COPIES: Final = (
    f"SELECT {_COLUMNS} FROM traffic WHERE copy_of IS NOT NULL OR id IN "  # noqa: S608
    "(SELECT copy_of FROM traffic WHERE copy_of IS NOT NULL)"
)
_ROWS: Final = 10_000
_OVERLAP_US: Final = 60_000_000
"""What ended so long before the followers began is in the past alone."""


class Feed:
    """For one thread. `copies`: the copies of live inferences and those inferences, instead of an experiment's."""

    def __init__(self, state_dir: Path, route: str, experiment: str, since: int, *, copies: bool = False) -> None:
        """`since`: nothing before that time (microseconds since 1970 UTC) is of the rollout."""
        self._state_dir = state_dir
        self._route = route
        self._experiment = experiment
        self._since = since
        self._copies = copies
        self._records: Follower | None = None
        self._feedback: FeedbackFollower | None = None
        self._marks: Marks | None = None

    def poll(
        self,
        now: int,
        record: Callable[[InferenceRecord], object],
        feedback: Callable[[Feedback], object],
        passed: Callable[[int], object] = lambda _: None,
    ) -> int:
        """Hand over what is new, the first time everything, and return the watermark.

        No record of an inference of an experiment that began before it will come later, nor feedback taken in before
        it. The past of an experiment comes in the order of time, and `passed` is told the watermark on the way, so that
        not all of it has to be held at once. Raises StateError and OSError; then the next call begins anew.
        """
        watermark = self._watermark(now) - GRACE_US
        try:
            if self._records is None or self._feedback is None:
                self._begin(now, watermark, record, feedback, passed)
            else:
                for one in self._records.poll():
                    if self._concerns(one):
                        record(one)
                for said in self._feedback.poll():
                    if said.route == self._route:
                        feedback(said)
        except BaseException:
            self.close()
            raise
        return watermark

    def close(self) -> None:
        """Let go of the files."""
        for one in (self._records, self._feedback, self._marks):
            if one is not None:
                one.close()
        self._records = self._feedback = self._marks = None

    def _watermark(self, now: int) -> int:
        if self._marks is None:
            with suppress(FileNotFoundError):
                self._marks = Marks.open(self._state_dir / "run" / "marks")
        return now if self._marks is None else min(now, self._marks.watermark(now))

    def _begin(
        self,
        now: int,
        watermark: int,
        record: Callable[[InferenceRecord], object],
        feedback: Callable[[Feedback], object],
        passed: Callable[[int], object],
    ) -> None:
        # Followers first: what is written while the past is read comes from both, and is dropped from one.
        self._records = Follower(self._state_dir / "journal")
        self._feedback = FeedbackFollower(self._state_dir)
        for said in read_feedback(self._state_dir):
            if said.route == self._route and said.time >= self._since:
                feedback(said)
        known: set[str] = set()
        with open_traffic(self._state_dir) as traffic:
            for at, one in enumerate(self._past(traffic)):
                if one.time + one.total_ms * 1000 >= now - _OVERLAP_US:
                    known.add(one.id)
                if at % _ROWS == _ROWS - 1 and not self._copies:
                    passed(min(one.time, watermark))
                record(one)
        for one in self._records.poll():
            if self._concerns(one) and one.id not in known:
                record(one)

    def _concerns(self, record: InferenceRecord) -> bool:
        if record.time < self._since or record.route != self._route:
            return False
        return self._copies or record.experiment == self._experiment

    def _past(self, traffic: Traffic) -> Iterator[InferenceRecord]:
        filters = Filters(since=self._since, routes=(self._route,))
        if self._copies:
            found = traffic.query(_OF_COPIES, filters)
        else:
            found = traffic.query(_OF_EXPERIMENT, filters, experiment=self._experiment)
        for batch in found.to_arrow_reader(_ROWS):
            for row in batch.to_pylist():
                yield _record(row)


def _record(row: dict[str, Any]) -> InferenceRecord:
    """A row of `_COLUMNS` as the record that it was, without its bodies."""
    usage, attempts = row.pop("usage"), row.pop("attempts")
    return InferenceRecord(
        **row,
        usage=None if usage is None else msgspec.convert(usage, Usage),
        attempts=tuple(msgspec.convert(attempt, Attempt) for attempt in attempts or ()),
    )
