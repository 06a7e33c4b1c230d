"""Telling a target that has gone from one that answers, only not what it is asked just now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.evals.answer import Answer

if TYPE_CHECKING:
    from ajar.evals.run.breaker import Trip
    from ajar.evals.run.ledger import Ledger
    from ajar.evals.run.line import Line
    from ajar.evals.run.suite import Suite
    from ajar.evals.sample import Arm


class Probe:
    """Asks a target again what it has answered before, in this run or in an earlier part of it."""

    def __init__(self, suite: Suite, ledger: Ledger) -> None:
        self._suite = suite
        self._ledger = ledger

    async def confirm(self, line: Line, trip: Trip, arm: Arm | None = None) -> str | None:
        """Why the run must end, or None where the target answers after all.

        Where it has never answered, or the trip is sure, nothing is asked. `arm` is that of the line, if it has one.
        """
        if trip.sure:
            return trip.why
        body = line.good or self._answered(line, arm)
        if body is None:
            return trip.why
        said = (await line.ask(body)).said
        # Something else may have been answered meanwhile, and then a miss of this one says nothing.
        return None if isinstance(said, Answer) or not line.breaker.doubted else trip.why

    def _answered(self, line: Line, arm: Arm | None) -> bytes | None:
        case = None if arm is None else self._ledger.answered(arm)
        return None if case is None else line.asker.encode(self._suite.body(case))
