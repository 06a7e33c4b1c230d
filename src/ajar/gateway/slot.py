"""One deployment's health, as a worker sees it and tells the other workers of the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.gateway import breaker
from ajar.traffic import vitals as field
from ajar.traffic.vitals import BUCKET_S, BUCKETS, RECOVERY, State, Vitals, bucket_of, mark_field

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.traffic.cells import Cell
    from ajar.traffic.health import HealthFile


class Slot:
    """A handle. An attempt calls `begin`, then `ended_well`, or `end` with `failed` or without.

    Every `now` and `began` is a `time.monotonic()`.
    """

    __slots__ = (
        "_chance",
        "_claims",
        "_closed_at",
        "_file",
        "_in_flight",
        "_in_flights",
        "_is_open",
        "_openings",
        "_successes",
        "_turn_at",
        "_values",
        "_worker",
        "index",
    )

    def __init__(
        self,
        file: HealthFile,
        worker: int,
        index: int,
        openings: Cell,
        claims: set[int],
        chance: Callable[[], float],
    ) -> None:
        """`openings` counts them; `claims`, which all slots of a worker share, holds those whose probe is its own."""
        self._file = file
        self._values = file.values
        self._worker = worker
        self._openings = openings
        self._claims = claims
        self._chance = chance
        self.move(index)

    def move(self, index: int) -> None:
        """Stand for this slot of the file from now on: the deployment had left the config, and lost its old one."""
        self.index = index
        self._in_flight = self._cell(field.IN_FLIGHT)
        first = self._in_flight - self._worker
        self._in_flights = slice(first, first + self._file.workers)
        self._successes = self._cell(field.SUCCESSES)
        self._turn_at = 0.0
        self._closed_at = 0.0
        self._is_open = False

    def begin(self) -> None:
        """An attempt begins."""
        self._values[self._in_flight] += 1.0

    def end(self) -> None:
        """An attempt that began is over, however it ended."""
        self._values[self._in_flight] -= 1.0

    def in_flight(self) -> int:
        """How many attempts run on the machine."""
        return int(sum(self._values[self._in_flights].tolist()))

    def queued(self, count: int) -> None:
        """So many wait in this worker until they may begin."""
        self._write(field.WAITING, count)

    def elsewhere(self) -> int:
        """How many wait in the other workers."""
        mine = self._cell(field.WAITING)
        first = mine - self._worker
        values = self._values
        return int(sum(values[first : first + self._file.workers].tolist()) - values[mine])

    def state(self, now: float) -> State:
        """Where the breaker stands: closed, open, or half-open, when one probe may be sent.

        Other workers' doings are known here once `Health.trouble` was asked; so with `until`.
        """
        return self._read().standing.state(now) if self._is_open else "closed"

    def until(self, now: float) -> float:
        """Seconds until a probe may be sent; 0 where the breaker is not open."""
        return self._read().standing.wait(now) if self._is_open else 0.0

    def badness(self, now: float) -> float:
        """Orders deployments whose breakers are not closed, the least bad first; 0 for a closed one."""
        vitals = self._read()
        return breaker.badness(vitals.standing, vitals.window(now), now)

    def claim(self, now: float) -> bool:
        """Whether the caller may send the machine's one probe. It must `release` then; a worker's death does so too."""
        if self.index in self._claims or not self._file.lock(self.index):
            return False
        if self._read().standing.state(now) != "half-open":  # another's probe ended before the lock was free
            self._file.unlock(self.index)
            return False
        self._claims.add(self.index)
        return True

    def release(self) -> None:
        """The probe that `claim` allowed is over, whatever came of it."""
        if self.index in self._claims:
            self._claims.discard(self.index)
            self._file.unlock(self.index)

    def ended_well(self, now: float, began: float) -> None:
        """`end` and `succeeded` in one: nearly every attempt's way out."""
        values = self._values
        values[self._in_flight] -= 1.0
        if now >= self._turn_at or self._is_open:
            self.succeeded(now, began)
        else:
            values[self._successes] += 1.0

    def succeeded(self, now: float, began: float) -> None:
        """An attempt went well. That closes the breaker, unless it opened after the attempt began."""
        if now >= self._turn_at:
            self._turn(now)
        self._values[self._successes] += 1.0
        if self._is_open:
            self._recover(now, began)

    def failed(self, now: float, began: float, told: float | None = None, *, probe: bool = False) -> None:
        """An attempt failed. `told`: the upstream's retry-after, in seconds; `probe`: it is what `claim` allowed.

        While the breaker is not closed, other attempts than the probe tell nothing new but what they were `told`; nor
        do those that began before it closed.
        """
        vitals = self._read()
        opened, until, probes, closed = standing = vitals.standing
        if not standing.is_open:
            if began >= closed:
                self._count_failure(now, closed, vitals.successes)
                self._judge(now, told)
        elif probe:
            self._open(now, probes + 1, told)
        elif told is not None and now + breaker.heeded(told) > until:
            self._write_opening(opened, now + breaker.heeded(told), probes)

    def refresh(self) -> bool:
        """Take note of what other workers did to the breaker. Returns whether it is not closed."""
        standing = self._read().standing
        if standing.closed > self._closed_at:
            self._begin_anew(standing.closed)
        self._is_open = standing.is_open
        return self._is_open

    def _recover(self, now: float, began: float) -> None:
        standing = self._read().standing
        if standing.is_open and began > standing.opened:
            self._write(field.CLOSED, now)
            self._file.note_change(self._worker)
            self.refresh()

    def _judge(self, now: float, told: float | None) -> None:
        vitals = self._read()
        if not vitals.standing.is_open and breaker.trips(vitals.row, vitals.history, vitals.window(now)):
            self._open(now, 0, told)
            self._openings.add(1)

    def _open(self, now: float, probes: float, told: float | None) -> None:
        self._write_opening(now, now + breaker.pause(probes, told, self._chance()), probes)
        self._is_open = True
        self._file.note_change(self._worker)

    def _write_opening(self, opened: float, until: float, probes: float) -> None:
        self._write(field.UNTIL, until)
        self._write(field.PROBES, probes)
        self._write(field.OPENED, opened)  # last: from here on the others see it

    def _count_failure(self, now: float, closed: float, base: float) -> None:
        if closed > self._closed_at:
            self._begin_anew(closed)
        if now >= self._turn_at:
            self._turn(now)
        self._values[self._cell(field.FAILURES)] += 1.0
        if self._values[self._cell(field.ROW_BASE)] != base:
            self._write(field.ROW, 0.0)
            self._write(field.ROW_BASE, base)
        self._values[self._cell(field.ROW)] += 1.0

    def _turn(self, now: float) -> None:
        """Begin a bucket."""
        bucket = bucket_of(now)
        number = bucket % BUCKETS
        begun = self._values[self._cell(mark_field(number))]
        if not begun or bucket_of(begun) != bucket:
            self._mark(number, now)
        self._turn_at = (bucket + 1) * BUCKET_S

    def _begin_anew(self, closed: float) -> None:
        """What came before the closing counts no longer."""
        self._closed_at = closed
        self._mark(bucket_of(closed) % BUCKETS, closed)
        self._mark(RECOVERY, closed)

    def _mark(self, number: int, time: float) -> None:
        first = mark_field(number)
        self._write(first, 0.0)  # no mark, while it is half written
        self._write(first + 1, self._values[self._successes])
        self._write(first + 2, self._values[self._cell(field.FAILURES)])
        self._write(first, time)

    def _write(self, number: int, value: float) -> None:
        self._values[self._cell(number)] = value

    def _cell(self, number: int) -> int:
        return self._file.cell(self.index, number, self._worker)

    def _read(self) -> Vitals:
        return self._file.vitals(self.index)
