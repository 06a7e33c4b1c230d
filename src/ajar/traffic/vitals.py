"""What the health file knows of one deployment: the meaning of its cells, and how those of all workers add up.

Each field has one cell for each worker, and a last one for what dead workers left. A worker writes its own cells only.
Times are seconds of CLOCK_MONOTONIC, which all processes of a machine share; 0 stands for never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

IN_FLIGHT: Final = 0
WAITING: Final = 1
SUCCESSES: Final = 2
"""How many attempts ever ended well. Only its differences mean something."""
FAILURES: Final = 3
"""The same of those that failed while the breaker was closed."""
ROW: Final = 4
"""Failures since the last success on the machine; they count where `ROW_BASE` is the machine's `SUCCESSES`."""
ROW_BASE: Final = 5
OPENED: Final = 6
"""When the breaker last opened or a probe failed. Written after `UNTIL` and `PROBES`, which say more about it."""
UNTIL: Final = 7
PROBES: Final = 8
CLOSED: Final = 9
"""When a success last closed the breaker."""

MARK_FIELDS: Final = 3
"""A mark is a time, and `SUCCESSES` and `FAILURES` at that time: what came since is the difference."""
BUCKETS: Final = 6
BUCKET_S: Final = 5.0
RECOVERY: Final = BUCKETS
"""The mark of the last closing. Those before it are of the buckets: `bucket % BUCKETS` gives the number."""
_MARKS: Final = CLOSED + 1
FIELDS: Final = _MARKS + (BUCKETS + 1) * MARK_FIELDS

State = Literal["closed", "half-open", "open"]
_Mark = tuple[float, float, float]


def mark_field(number: int) -> int:
    """The first field of a mark."""
    return _MARKS + number * MARK_FIELDS


def bucket_of(time: float) -> int:
    """The five seconds that a time falls into."""
    return int(time // BUCKET_S)


class Count(NamedTuple):
    """Attempts that ended, and how many of them failed."""

    ended: float
    failed: float


class Standing(NamedTuple):
    """A breaker on the whole machine: when it opened and closed last, and since it opened, how many probes failed."""

    opened: float
    until: float
    probes: float
    closed: float

    @property
    def is_open(self) -> bool:
        """Whether it is not closed: open or half-open."""
        return self.opened > self.closed

    def state(self, now: float) -> State:
        """Open until its time is over, then half-open until a probe says more."""
        if not self.is_open:
            return "closed"
        return "open" if now < self.until else "half-open"

    def wait(self, now: float) -> float:
        """Seconds until a probe is allowed; 0 where the breaker is not open."""
        return max(0.0, self.until - now) if self.is_open else 0.0


class Vitals:
    """One deployment's cells as they were at one moment."""

    __slots__ = ("_cells", "_columns")

    def __init__(self, cells: Sequence[float], columns: int) -> None:
        self._cells = cells
        self._columns = columns

    @property
    def in_flight(self) -> int:
        """How many attempts run on the machine."""
        return int(sum(self._of(IN_FLIGHT)))

    @property
    def successes(self) -> float:
        """The sum over the workers."""
        return sum(self._of(SUCCESSES))

    @property
    def standing(self) -> Standing:
        """Whatever worker opened or closed it last."""
        opened, until, probes = max(zip(self._of(OPENED), self._of(UNTIL), self._of(PROBES), strict=True))
        return Standing(opened, until, probes, max(self._of(CLOSED)))

    @property
    def row(self) -> float:
        """Failures in a row on the machine."""
        base = self.successes
        return sum(row for row, since in zip(self._of(ROW), self._of(ROW_BASE), strict=True) if since == base)

    @property
    def history(self) -> Count:
        """What ended since the last closing, or the start."""
        closed = max(self._of(CLOSED))
        return self._after([mark if mark[0] >= closed else None for mark in self._marks(RECOVERY)])

    def window(self, now: float) -> Count:
        """What ended in this bucket and the five before it, and since the last closing."""
        since = max((bucket_of(now) - BUCKETS + 1) * BUCKET_S, *self._of(CLOSED))
        columns = zip(*map(self._marks, range(BUCKETS)), strict=True)
        return self._after([min((m for m in marks if m[0] and m[0] >= since), default=None) for marks in columns])

    def _of(self, field: int) -> Sequence[float]:
        start = field * self._columns
        return self._cells[start : start + self._columns]

    def _marks(self, number: int) -> Iterable[_Mark]:
        field = mark_field(number)
        return zip(self._of(field), self._of(field + 1), self._of(field + 2), strict=True)

    def _after(self, marks: list[_Mark | None]) -> Count:
        """What ended after each column's mark; where it has none, nothing counts."""
        ended = failed = 0.0
        for mark, good, bad in zip(marks, self._of(SUCCESSES), self._of(FAILURES), strict=True):
            if mark is not None:
                failed += bad - mark[2]
                ended += good - mark[1] + bad - mark[2]
        return Count(ended, failed)
