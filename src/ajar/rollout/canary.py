"""The stage in which a growing share of the units is the candidate's, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from ajar.evidence.live.decide import decide
from ajar.rollout import reins
from ajar.rollout.book import Book
from ajar.rollout.document import Epoch, Left, Step
from ajar.rollout.feed import Feed
from ajar.rollout.ledger import Ledger
from ajar.rollout.measures import gauges
from ajar.rollout.prices import prices
from ajar.rollout.shadowing import share_of_alpha

if TYPE_CHECKING:
    from ajar.evidence.live.decide import Decision
    from ajar.evidence.live.look import Look
    from ajar.rollout.desk import Desk
    from ajar.rollout.document import Rollout
    from ajar.rollout.reins import Reins

LOOK_EVERY_US: Final = 5_000_000


class Said(NamedTuple):
    """What the evidence says to do, and the number of the look that it rests on."""

    decision: Decision
    look: int


class Canary:
    """Of one rollout, while it runs. It has seen nothing before its first turn, and takes in all that there is first.

    Before it has, it does not look. Up to the last look before the restart the evidence said to hold on, and what came
    after that is the end of what is read: a look on the way could only repeat an old one, or tell a part of the truth.
    Orders, crashes and the hours that are over do not wait for it.
    """

    def __init__(self, desk: Desk, document: Rollout) -> None:
        self._desk = desk
        self._document = document
        config = desk.setting.snapshot.config
        route = config.routes[document.route]
        found = gauges(route)
        alpha = document.options.alpha
        if document.shadow is not None and document.shadow.verdict != "skipped":
            alpha -= share_of_alpha(found, alpha)
        maturity = int(route.maturity_s * 1e6)
        ledger = Ledger(document.id, document.candidate, found, prices(config), maturity)
        measures = tuple(gauge.measure for gauge in found)
        self._book = Book(ledger, measures, alpha, self._percent)
        document.measures = [measure.name for measure in measures]
        self._feed = Feed(desk.setting.state_dir, document.route, document.id, document.created)
        self._look = document.look
        self._stale: bool | None = None
        """Whether more is known than at the last look; None: nobody knows yet."""

    def turn(self, now: int) -> Said | None:
        """Take in what is new. Returns what the evidence says unless that is to hold on."""
        document = self._document
        ledger = self._book.ledger
        watermark = self._feed.poll(now, ledger.take, ledger.feedback, self._book.advance)
        moved = self._book.advance(watermark) > 0
        if self._desk.note_reading(document, self._feed.read_to):
            return None
        # After a restart everything was taken in again: a new look is due only if more came meanwhile.
        look = self._book.look() if self._stale is None else None
        self._stale = look != self._look if look is not None else self._stale or moved
        # A clock that was set back must not keep anybody from looking until it is where it was.
        due = self._stale and not 0 <= now - document.last_look < LOOK_EVERY_US
        if self._look is None or due:
            self._look, self._stale = look or self._book.look(), False
            self._count()
        decision = self._decide(self._look, now)
        if due or decision.kind != "hold":
            self._keep(self._look, decision, now)
        return None if decision.kind == "hold" else Said(decision, document.looks)

    def close(self) -> None:
        """Let go of the files."""
        self._feed.close()

    def _decide(self, look: Look, now: int) -> Decision:
        document, options = self._document, self._document.options
        step, epoch = document.step, document.epoch
        assert step is not None
        # The look may still be about units of the epoch before this one: they can show harm, but not end this step.
        present = epoch is not None and look.epoch == epoch.number
        last = present and len(document.steps) == len(options.steps)
        units = sum(each.candidate_units for each in step.epochs)
        minutes = sum((each.ended or now) - each.began for each in step.epochs) / 60e6
        done = present and units >= options.min_units and minutes >= options.step_minutes
        return decide(look, last=last, dose_done=done)

    def _keep(self, look: Look, decision: Decision, now: int) -> None:
        document = self._document
        body = {
            "step": len(document.steps),
            "look": msgspec.to_builtins(look),
            "decision": decision.kind,
            "why": decision.why,
        }
        number = self._desk.add_look(document, now, body)
        document.look = look
        if document.step is not None:
            document.step.look = number
        if decision.kind == "hold":
            self._desk.save(document)

    def _count(self) -> None:
        """Into the document, what entered in each epoch and what did not."""
        document, ledger = self._document, self._book.ledger
        for step in document.steps:
            for epoch in step.epochs:
                epoch.control_units, epoch.candidate_units = ledger.entered.get(epoch.number, (0, 0))
        counts = ledger.counts
        document.left = Left(
            inferences=counts.inferences,
            without_unit=counts.without_unit,
            control_inferences=counts.analysed[0],
            candidate_inferences=counts.analysed[1],
            control_elsewhere=counts.elsewhere[0],
            candidate_elsewhere=counts.elsewhere[1],
            late_feedback=counts.late,
            stragglers=counts.stragglers,
            pending_units=counts.pending,
        )

    def _percent(self, epoch: int) -> float:
        return next(step.percent for step in self._document.steps for each in step.epochs if each.number == epoch)


def begin_step(document: Rollout, hold: Reins, now: int, why: str) -> None:
    """Go to the next step; `why` the last one ended."""
    end_epoch(document, now)
    if document.step is not None:
        document.step.why = why
    percent = document.options.steps[len(document.steps)]
    document.steps.append(Step(percent=percent, epochs=[]))
    begin_epoch(document, hold, now, f"{document.candidate} gets {percent:g}% of the units")


def begin_epoch(document: Rollout, hold: Reins, now: int, why: str) -> None:
    """A new epoch of the present step: new units, with its share."""
    step = document.step
    assert step is not None
    number = document.epochs + 1
    revision = hold.make(why, **reins.split(document, step.percent, number))
    step.epochs.append(Epoch(number=number, revision=revision.number, began=now))
    hold.give(revision)


def end_epoch(document: Rollout, now: int) -> None:
    """No unit is assigned in the present epoch any more."""
    epoch = document.epoch
    if epoch is not None:
        epoch.ended = now
