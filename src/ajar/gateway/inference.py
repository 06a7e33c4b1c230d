"""One inference while it runs: its identity, its clock, its attempts, and in the end its record."""

from __future__ import annotations

from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING, Any

from ajar.domain.ids import uuid7
from ajar.domain.record import Attempt, InferenceRecord
from ajar.gateway.outcome import well

if TYPE_CHECKING:
    import asyncio

    from ajar.domain.dialog.losses import Losses
    from ajar.domain.ids import Ids
    from ajar.domain.record import Purpose
    from ajar.errors import AjarError
    from ajar.gateway.meters import Meters
    from ajar.gateway.pieces import Pieces
    from ajar.gateway.plan import Plan
    from ajar.gateway.recorder import Recorder
    from ajar.gateway.target import Target
    from ajar.gateway.translation import Translation
    from ajar.gateway.watch import Pulse
    from ajar.wire.facts import Facts
    from ajar.wire.fronts import PassingStream

LEFT = 499
"""The status of an inference whose caller left first (nginx's convention)."""


class Inference:
    """Filled as the request goes along. `conclude` writes the record, once; later calls do nothing."""

    __slots__ = (
        "_attempt_start",
        "_attempts",
        "_clock",
        "_concluded",
        "_first_byte",
        "_meters",
        "_open",
        "_probe",
        "_recorder",
        "_time",
        "caller",
        "config",
        "copy_of",
        "deployment",
        "facts",
        "id",
        "losses",
        "notes",
        "operation",
        "plan",
        "pulse",
        "purpose",
        "reader",
        "request",
        "response",
        "sent",
        "status",
        "stream",
        "task",
    )

    def __init__(
        self,
        operation: str,
        config: str,
        caller: str,
        purpose: Purpose,
        plan: Plan,
        stream: bool,
        task: asyncio.Task[Any],
        recorder: Recorder,
        meters: Meters,
        ids: Ids | None = None,
    ) -> None:
        """`task` is what runs it. With `ids`, the caller can give feedback on it."""
        self.id = uuid7() if ids is None else ids.new(caller, plan.route or "")
        self.operation = operation
        self.config = config
        self.caller = caller
        self.purpose: Purpose = purpose
        self.plan = plan
        self.stream = stream
        self.task = task
        self.deployment: str | None = None
        self.facts: Facts | None = None
        self.losses: Losses | None = None
        self.notes: tuple[str, ...] = ()
        """Why what the request carries did not choose the deployment."""
        self.pulse: Pulse | None = None
        """What looks after its answer's pauses, and keeps a stream's caller connected."""
        self.reader: PassingStream | Translation | None = None
        """What the caller's stream comes through, once it does."""
        self.request: bytes | None = None
        self.response: Pieces | None = None
        """What the caller gets, where it is to be recorded or checked."""
        self.copy_of: str | None = None
        """The live inference's id, where this one is asked for beside it."""
        self.status: int | None = None
        """What the record says, once it is kept."""
        self._recorder = recorder
        self._meters = meters
        self._time = time_ns() // 1000
        self._clock = perf_counter_ns()
        self._attempts: list[Attempt] = []
        self._attempt_start = 0
        self._first_byte: int | None = None
        self._open: Target | None = None
        self._probe = False
        self.sent = False
        """Whether anything of the current attempt's request went out."""
        self._concluded = False
        meters.in_flight.add(1)
        if plan.arm is not None:
            recorder.unfinished[self.id] = self._time

    def begin_attempt(self, target: Target, *, probe: bool = False) -> None:
        """An attempt at `target`, which counts as in flight, starts now; `probe` says that it holds the only one."""
        self.deployment = target.name
        self._open = target
        self._probe = probe
        self.sent = False
        self.facts = None
        self._attempt_start = perf_counter_ns()
        self._first_byte = None

    def mark_sent(self) -> None:
        """The current attempt's request goes out: from now on the deployment may work for it."""
        self.sent = True

    def first_byte(self) -> None:
        """The current attempt's answer begins to arrive: a stream's first event, or the head of any other answer."""
        if self._first_byte is None:
            self._first_byte = perf_counter_ns()

    def content_came(self) -> None:
        """The current attempt's stream has begun well. As a probe that is all it had to find out."""
        self.first_byte()
        target = self._open
        if self._probe and target is not None:
            self._probe = False
            target.door.passed(self._attempt_start / 1e9, perf_counter_ns() / 1e9)

    def end_attempt(self, status: int | None, error: str | None, told: float | None = None) -> None:
        """The current attempt is over, if there is one; `error` is None where its answer was whole.

        What it says of the deployment's health is told there; `told` is after how many seconds the deployment asked to
        be tried again.
        """
        target = self._open
        if target is None:
            return
        self._open = None
        start, first, now = self._attempt_start, self._first_byte, perf_counter_ns()
        # Milliseconds to the microsecond. Dividing an integer is five times as fast as `round`.
        began, total = (start - self._clock) // 1000 / 1000, (now - start) // 1000 / 1000
        ttfb = None if first is None else (first - start) // 1000 / 1000
        self._attempts.append(Attempt(target.name, began, ttfb, total, status, error))
        fine = True if error is None else well(status, error)
        target.door.left(fine, start / 1e9, now / 1e9, told, probe=self._probe)

    @property
    def began(self) -> float:
        """When it began, on the monotonic clock."""
        return self._clock / 1e9

    @property
    def took_ms(self) -> float:
        """How long the last attempt took."""
        return (self._attempts[-1].total_ms or 0.0) if self._attempts else 0.0

    def attempt_age(self) -> float:
        """Seconds since the current attempt began."""
        return (perf_counter_ns() - self._attempt_start) / 1e9

    @property
    def time_s(self) -> int:
        """When it began, in seconds since 1970 UTC."""
        return self._time // 1_000_000

    @property
    def attempts(self) -> int:
        """How many attempts were begun."""
        return len(self._attempts) + (self._open is not None)

    @property
    def between_events(self) -> bool:
        """Whether what the caller has of a stream ends where an event does."""
        return self.reader is None or self.reader.whole

    @property
    def concluded(self) -> bool:
        """Whether the record was written, or cannot be."""
        return self._concluded

    def conclude(self, status: int, error: AjarError | str | None = None) -> None:
        """Keep the record. To be called before the last byte of the answer is sent.

        Raises JournalError where the answer must not be finished, because its record cannot be kept.
        """
        if self._concluded:
            return
        self._concluded = True
        if self._open is not None:
            self.end_attempt(None, "internal_error")
        self._meters.in_flight.add(-1)
        facts, plan = self.facts, self.plan
        arm = plan.arm
        copied = plan.copying if self.copy_of is not None else None
        # By position, in the order of the fields: by name it takes five times as long.
        record = InferenceRecord(
            self.id,
            self._time,
            self.operation,
            plan.route,
            self.config,
            self.caller,
            self.purpose,
            status,
            self.stream,
            (perf_counter_ns() - self._clock) // 1000 / 1000,
            plan.revision,
            arm.experiment if arm is not None else copied.experiment if copied is not None else None,
            None if arm is None else arm.epoch,
            plan.unit_hash,
            arm.variant if arm is not None else copied.target.name if copied is not None else None,
            self.deployment,
            facts.model if facts else None,
            facts.finish_reason if facts else None,
            error if error is None or isinstance(error, str) else error.outcome,
            None if self._first_byte is None else (self._first_byte - self._clock) // 1000 / 1000,
            facts.counts() if facts else None,
            facts.raw() if facts else None,
            tuple(self._attempts),
            self.losses.names if self.losses else (),
            _text(self.request) if plan.keep_bodies else None,
            _text(None if self.response is None else self.response.whole()) if plan.keep_bodies else None,
            self.copy_of,
        )
        self._recorder.keep(record)
        self.status = status


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "replace")
