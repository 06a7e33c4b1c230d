"""The records and the feedback of one rollout: all that there is already, part by part, then what comes."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Final

from ajar.domain.feedback import Feedback
from ajar.rollout.pairs import HOLD_US
from ajar.rollout.past import Past
from ajar.traffic.feedback import FeedbackFollower
from ajar.traffic.follow import Follower
from ajar.traffic.frame import reader_of, record_of
from ajar.traffic.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ajar.domain.record import InferenceRecord

GRACE_US: Final = 2_000_000
"""Feedback is timed a moment before it is in its journal."""
TURN_S: Final = 0.3
"""So long one call may read the past: a call in a second, and the rest of it is for others."""
_ROWS: Final = 500
_STRIDE_US: Final = 5_000_000
_NEAR_US: Final = 5_000_000
_OVERLAP_US: Final = 60_000_000
"""What ended so long before the followers began is in the past alone."""

_feedback_of = reader_of(Feedback)


class Feed:
    """For one thread. `copies`: all inferences of the route and their copies, instead of an experiment's.

    The past is read up to the watermark, where nothing can come later. Only then the followers begin, and what was
    recorded until then but is behind the watermark comes from both, once: so little waits, however long the past is.
    """

    def __init__(self, state_dir: Path, route: str, experiment: str, since: int, *, copies: bool = False) -> None:
        """`since`: nothing before that time (microseconds since 1970 UTC) is of the rollout."""
        self._state_dir = state_dir
        self._route = route
        self._experiment = None if copies else experiment
        self._since = since
        self._records: Follower | None = None
        self._feedback: FeedbackFollower | None = None
        self._marks: Marks | None = None
        self._past: Past | None = None
        self._steps: Iterator[None] | None = None
        self._known: set[str] | None = None
        """While past and followers may give the same: what either gave. None where they cannot."""
        self._now = self._watermark = self._told = 0
        self._until = 0.0

    def poll(
        self,
        now: int,
        record: Callable[[InferenceRecord], object],
        feedback: Callable[[Feedback], object],
        passed: Callable[[int], object] = lambda _: None,
    ) -> int:
        """Hand over what is new, and return the watermark; `read_to` tells whether there is more.

        No record of an inference of an experiment that began before it will come later, nor feedback taken in before
        it. The past comes in the order of time, and `passed` is told the watermark on the way, so that not all of it
        has to be held at once. Raises StateError and OSError; then the next call begins anew.
        """
        self._now, self._watermark = now, self._mark(now) - GRACE_US
        self._record, self._said, self._passed = record, feedback, passed
        self._until = monotonic() + TURN_S
        try:
            if self._steps is None and self._records is None:
                self._past = Past(self._state_dir, self._route, self._experiment, self._since)
                self._steps = self._catch_up(self._past)
            self._follow()
            if self._steps is not None and self._past is not None:
                if any(self._late() for _ in self._steps):
                    return min(self._watermark, self._told)
                self._follow()  # what the past gave beyond where these began
                self._past.close()
                self._past = self._steps = self._known = None
        except BaseException:
            self.close()
            raise
        return self._watermark

    @property
    def read_to(self) -> int | None:
        """Up to when it has read the past; None: all of it."""
        return None if self._past is None else self._past.at

    def close(self) -> None:
        """Let go of the files."""
        for one in (self._records, self._feedback, self._marks, self._past):
            if one is not None:
                one.close()
        self._records = self._feedback = self._marks = self._past = self._steps = self._known = None

    def _mark(self, now: int) -> int:
        if self._marks is None:
            with suppress(FileNotFoundError):
                self._marks = Marks.open(self._state_dir / "run" / "marks")
        return now if self._marks is None else min(now, self._marks.watermark(now))

    def _late(self) -> bool:
        return monotonic() >= self._until

    def _settled(self) -> int:
        """All that began before that is recorded. No mark tells of copies: those of no pair take longer."""
        return self._watermark if self._experiment is not None else min(self._watermark, self._now - HOLD_US)

    def _catch_up(self, past: Past) -> Iterator[None]:
        """Step by step; between any two of them somebody may wait."""
        self._told = 0
        while self._settled() - past.at > _NEAR_US:
            yield from self._read(past, self._settled())
        self._records = Follower(self._state_dir / "journal")
        self._feedback = FeedbackFollower(self._state_dir)
        self._known = set()
        began = self._now - _OVERLAP_US
        while (newest := past.newest(self._late)) is None:
            yield
        yield from self._read(past, newest + 1, began)
        yield from self._pass(self._watermark)

    def _read(self, past: Past, until: int, known_from: int | None = None) -> Iterator[None]:
        while past.at < until:
            part = past.part(until, self._late)
            if part is not None:
                for _, payload in part.feedback:
                    if (said := _feedback_of(payload)) is not None:
                        self._said(said)
                for at, (time, payload) in enumerate(part.records, 1):
                    if (one := record_of(payload)) is not None:
                        self._take(one, known_from)
                    if not at % _ROWS:
                        yield from self._pass(time)
                past.at = part.end
                yield from self._pass(part.end)
            yield

    def _pass(self, time: int) -> Iterator[None]:
        """Up to there, by little at a time: after a gap, all units of the time before it are due at once."""
        time = min(time, self._watermark)  # beyond it nothing is passed, and a file may claim any time
        while self._told < time:
            self._told = min(self._told + _STRIDE_US, time) if self._told else time
            self._passed(self._told)
            yield

    def _take(self, one: InferenceRecord, known_from: int | None) -> None:
        """Hand over a record, unless it was: `known_from` on they may come again, once they have ended."""
        if self._known is not None:
            if one.id in self._known:
                return
            if known_from is None or one.time + one.total_ms * 1000 >= known_from:
                self._known.add(one.id)
        self._record(one)

    def _follow(self) -> None:
        if self._records is None or self._feedback is None:
            return
        for one in self._records.poll():
            if self._concerns(one):
                self._take(one, None)
        for said in self._feedback.poll():
            if said.route == self._route:
                self._said(said)

    def _concerns(self, record: InferenceRecord) -> bool:
        if record.time < self._since or record.route != self._route:
            return False
        return self._experiment in (None, record.experiment)
