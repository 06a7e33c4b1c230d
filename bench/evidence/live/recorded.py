"""The same canary from its very beginning: records of inferences, the ledger, the book, the trial, the decision."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from ajar.config.model import Route
from ajar.domain.record import Attempt, InferenceRecord
from ajar.evidence.assign import CONTROL, arm_at, place
from ajar.evidence.live.decide import decide
from ajar.rollout.book import Book
from ajar.rollout.ledger import Ledger
from ajar.rollout.measures import gauges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ladder import End, Plan
    from numpy.random import Generator

SECOND: Final = 1_000_000
GAP: Final = 60 * SECOND
"""Between the first requests of two units."""
MATURITY: Final = 50 * SECOND
EXPERIMENT: Final = "simulated"
ROUTE: Final = Route(primary="old")
"""Without metrics of its own: `error` decides."""
OLD, NEW = "old", "new"


def recorded(number: int, time: int, unit: str, assigned: str, good: bool, epoch: int | None) -> InferenceRecord:
    """A request that the assigned deployment answered, or at which it failed. Without an epoch: in no experiment."""
    error = None if good else "upstream_500"
    return InferenceRecord(
        id=f"{number:x}",
        time=time,
        operation="chat",
        route="r",
        config="",
        caller="c",
        purpose="live",
        status=200 if good else 502,
        stream=False,
        total_ms=800.0,
        experiment=None if epoch is None else EXPERIMENT,
        epoch=epoch,
        unit_hash=unit,
        variant=None if epoch is None else assigned,
        deployment=assigned,
        error=error,
        attempts=(Attempt(assigned, 0.0, error=error),),
    )


class Canary:
    """The ladder's rule over a book, as the conductor has it over the journal."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        measures = tuple(gauge.measure for gauge in gauges(ROUTE))
        ledger = Ledger(EXPERIMENT, NEW, gauges(ROUTE), {}, MATURITY)
        self.book = Book(ledger, measures, plan.alpha, lambda epoch: plan.steps[epoch - 1])
        self.epoch = 1
        self._count = 0

    def request(self, time: int, unit: str, good: Sequence[bool]) -> None:
        """One of a unit; `good` says whether the control and the candidate would do well by it."""
        arm = arm_at((self._plan.steps[self.epoch - 1],), place(EXPERIMENT, unit))
        self._count += 1
        name = OLD if arm == CONTROL else NEW
        self.book.ledger.take(recorded(self._count, time, unit, name, good[arm], self.epoch))

    def before(self, time: int, unit: str, good: bool) -> None:
        """One that the incumbent answered before there was an experiment."""
        self._count += 1
        self.book.ledger.take(recorded(self._count, time, unit, OLD, good, None))

    def turn(self, watermark: int) -> End | None:
        """Take in what is due, look, and go to the next step or tell the end."""
        self.book.advance(watermark)
        look = self.book.look()
        present = self.book.epoch == self.epoch
        last = present and self.epoch == len(self._plan.steps)
        units = self.book.ledger.entered.get(self.epoch, [0, 0])[1]
        decision = decide(look, last=last, dose_done=present and units >= self._plan.min_units)
        if decision.kind == "advance":
            self.epoch += 1
        elif decision.kind != "hold":
            return decision.kind, look.candidate_units_ever
        return None

    def end(self) -> End:
        """Nothing was decided."""
        return "none", self.book.look().candidate_units_ever


def names(rng: Generator, count: int) -> list[str]:
    """Units' hashes, others in each run."""
    key = int(rng.integers(1 << 60)).to_bytes(8, "big")
    return [blake2b(b"%d" % at, key=key, digest_size=16).hexdigest() for at in range(count)]


def play(
    plan: Plan, units: Sequence[str], hits: Sequence[Sequence[int]], each: int, history: int, again: Generator | None
) -> End:
    """Units come one a minute, of whose `each` requests so many go well as `hits` says by arm and unit.

    The incumbent has answered the first `history` of them before. With every unit one that was there before comes
    `again`, drawn by this generator.
    """
    canary = Canary(plan)
    for at in range(history):
        for good in _spread(hits[CONTROL][at], each):
            canary.before(at * GAP, units[at], good)
    for at in range(history, len(units)):
        time = at * GAP
        goods = zip(*(_spread(arm[at], each) for arm in hits), strict=True)
        for which, good in enumerate(goods):
            canary.request(time + which * (MATURITY // each), units[at], good)
        if again is not None and at:
            who = int(again.integers(at))
            canary.request(time + SECOND, units[who], [again.random() * each < arm[who] for arm in hits])
        if (at + 1 - history) % plan.every == 0:
            found = canary.turn(time + GAP)
            if found is not None:
                return found
    return canary.end()


def _spread(hits: int, each: int) -> list[bool]:
    return [which < hits for which in range(each)]
