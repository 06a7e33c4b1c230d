"""Keeping the record of each inference, and the operator's rule for when one cannot be kept."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Literal

from ajar.errors import JournalError

if TYPE_CHECKING:
    from ajar.domain.record import InferenceRecord
    from ajar.gateway.meters import Meters
    from ajar.traffic.journal import Journal

Rule = Literal["refuse", "serve"]

_log = logging.getLogger("ajar.gateway")
_SAY_EVERY_S = 60.0
_UNRECORDED = "the record of this inference cannot be kept, so it is not answered; the operator's log says why"
_RETRY_AFTER_S = 5
_TRY_EVERY_S = 0.5
_MEANWHILE = {
    "refuse": "Until then no inference is answered",
    "serve": "Until then answers go out without a record",
}


class Recorder:
    """The journal, the counts, and `rule`: what becomes of an answer whose record the journal does not take.

    Every record is tried anew, so that it goes on by itself when the disk has room again. The operator hears of the
    first failure at once, and then of all that happened at most once a minute.
    """

    def __init__(self, journal: Journal, meters: Meters, rule: Rule) -> None:
        self.rule: Rule = rule
        self.unfinished: dict[str, int] = {}
        """When each inference of an experiment began, by its id, until its record was kept or lost."""
        self._journal = journal
        self._meters = meters
        self._failing = False
        self._broken = False
        self._next_try = 0.0
        self._unkept = 0
        self._said_at = -_SAY_EVERY_S

    def require(self) -> None:
        """Raise JournalError before anything is asked that could not be answered: a deployment would bill for it."""
        if self._broken and self.rule == "refuse" and not self._mended():
            raise JournalError(_UNRECORDED, retry_after=_RETRY_AFTER_S)

    def _mended(self) -> bool:
        """Whether the journal takes records again. Tried now and then only: many may ask meanwhile."""
        now = monotonic()
        if now < self._next_try:
            return False
        self._next_try = now + _TRY_EVERY_S
        try:
            self._journal.require()
        except JournalError as error:
            self._tell(error, unkept=0)
            return False
        self._broken = False
        return True

    def keep(self, record: InferenceRecord) -> None:
        """Append the record, then count it.

        Raises JournalError where it cannot be kept and the rule is `refuse`: then the answer must not be finished.
        """
        try:
            self._journal.append(record)
        except JournalError as error:
            self._broken = True
            self._tell(error)
            if self.rule == "refuse":
                self._meters.refused(error.code)
                # Which file and why is for the operator, not for callers.
                raise JournalError(_UNRECORDED, retry_after=_RETRY_AFTER_S) from None
            self._meters.records_lost.add(1)
        else:
            self._broken = False
            if self._failing:
                self._tell_the_end()
        finally:
            if self.unfinished:
                self.unfinished.pop(record.id, None)
        self._meters.record(record)

    def _tell(self, error: JournalError, unkept: int = 1) -> None:
        self._failing = True
        self._unkept += unkept
        if self._due():
            meanwhile = _MEANWHILE[self.rule]
            lost = f" Records not kept: {self._unkept}" if self._unkept else ""
            _log.error("%s %s (server.journal_full).%s", error, meanwhile, lost)
            self._unkept = 0

    def _tell_the_end(self) -> None:
        """A disk that is all but full takes one record and not the next: the end, too, is told once a minute."""
        if self._due():
            self._failing = False
            _log.warning("The traffic journal takes records again. Not kept since the last line: %d", self._unkept)
            self._unkept = 0

    def _due(self) -> bool:
        now = monotonic()
        if now - self._said_at < _SAY_EVERY_S:
            return False
        self._said_at = now
        return True
