"""One inference while it runs: its identity, its clock, its attempts, and in the end its record."""

from __future__ import annotations

import logging
from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING

from ajar.domain.ids import uuid7
from ajar.domain.record import Attempt, InferenceRecord
from ajar.errors import JournalError

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.record import Purpose
    from ajar.errors import AjarError
    from ajar.gateway.meters import Meters
    from ajar.gateway.plan import Plan
    from ajar.gateway.target import Target
    from ajar.traffic.journal import Journal
    from ajar.wire.facts import Facts

_log = logging.getLogger("ajar.gateway")
_UNRECORDED = "the record of this inference cannot be kept, so it is not answered; the operator's log says why"

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
        "_journal",
        "_meters",
        "_time",
        "caller",
        "config",
        "deployment",
        "facts",
        "id",
        "losses",
        "notes",
        "operation",
        "plan",
        "purpose",
        "request",
        "response",
        "stream",
    )

    def __init__(
        self,
        operation: str,
        config: str,
        caller: str,
        purpose: Purpose,
        plan: Plan,
        stream: bool,
        journal: Journal,
        meters: Meters,
    ) -> None:
        self.id = uuid7()
        self.operation = operation
        self.config = config
        self.caller = caller
        self.purpose: Purpose = purpose
        self.plan = plan
        self.stream = stream
        self.deployment: str | None = None
        self.facts: Facts | None = None
        self.losses: Losses | None = None
        self.notes: tuple[str, ...] = ()
        """Why what the request carries did not choose the deployment."""
        self.request: bytes | None = None
        self.response: list[bytes] | None = None
        self._journal = journal
        self._meters = meters
        self._time = time_ns() // 1000
        self._clock = perf_counter_ns()
        self._attempts: list[Attempt] = []
        self._attempt_start = 0
        self._first_byte: int | None = None
        self._concluded = False
        meters.in_flight.add(1)

    def begin_attempt(self, target: Target) -> None:
        """An attempt at `target` starts now."""
        self.deployment = target.name
        self._attempt_start = perf_counter_ns()
        self._first_byte = None

    def first_byte(self) -> None:
        """The current attempt's answer begins to arrive: a stream's first event, or the head of any other answer."""
        if self._first_byte is None:
            self._first_byte = perf_counter_ns()

    def end_attempt(self, status: int | None, error: str | None) -> None:
        """The current attempt is over; `error` is None where its answer was whole."""
        start, first = self._attempt_start, self._first_byte
        self._attempts.append(
            Attempt(
                self.deployment or "",
                _ms(start - self._clock),
                None if first is None else _ms(first - start),
                _ms(perf_counter_ns() - start),
                status,
                error,
            )
        )

    @property
    def time_s(self) -> int:
        """When it began, in seconds since 1970 UTC."""
        return self._time // 1_000_000

    @property
    def attempts(self) -> int:
        """How many attempts have ended."""
        return len(self._attempts)

    @property
    def concluded(self) -> bool:
        """Whether the record is in the journal."""
        return self._concluded

    def conclude(self, status: int, error: AjarError | str | None = None) -> None:
        """Append the record, then count it. To be called before the last byte of the answer is sent.

        Raises JournalError where the record cannot be kept: then the answer must not be finished.
        """
        if self._concluded:
            return
        self._concluded = True
        self._meters.in_flight.add(-1)
        facts = self.facts
        record = InferenceRecord(
            id=self.id,
            time=self._time,
            operation=self.operation,
            route=self.plan.route,
            config=self.config,
            caller=self.caller,
            purpose=self.purpose,
            status=status,
            stream=self.stream,
            total_ms=_ms(perf_counter_ns() - self._clock),
            deployment=self.deployment,
            upstream_model=facts.model if facts else None,
            finish_reason=facts.finish_reason if facts else None,
            error=error if error is None or isinstance(error, str) else error.code,
            ttfb_ms=None if self._first_byte is None else _ms(self._first_byte - self._clock),
            usage=facts.counts() if facts else None,
            usage_raw=facts.raw() if facts else None,
            attempts=tuple(self._attempts),
            dropped=self.losses.names if self.losses else (),
            request=None if self.request is None else _text(self.request),
            response=None if self.response is None else _text(b"".join(self.response)),
        )
        try:
            self._journal.append(record)
        except JournalError as error:
            # Which file and why is for the operator, not for callers.
            _log.error("%s", error)
            self._meters.refused(error.code)
            raise JournalError(_UNRECORDED, retry_after=5) from None
        self._meters.record(record)


def _ms(nanoseconds: int) -> float:
    """Milliseconds to the microsecond. Dividing an integer is five times as fast as `round`."""
    return nanoseconds // 1000 / 1000


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
