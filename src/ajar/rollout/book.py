"""A rollout's trial as it follows from its records: units in their order, each in its epoch. Pure."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

from ajar.evidence.live.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.evidence.live.look import Look
    from ajar.evidence.live.measure import Measure
    from ajar.rollout.ledger import Ledger
    from ajar.rollout.unit import Assigned


class Book:
    """Brings what the ledger lets out to the trial.

    An epoch begins in the trial when all units of those before have entered, some `maturity` after it began on the
    route; until then its assignments wait, so that nothing is compared across epochs.
    """

    def __init__(
        self, ledger: Ledger, measures: tuple[Measure, ...], alpha: float, percent: Callable[[int], float]
    ) -> None:
        """`percent` tells the candidate's share of the units in an epoch (1, 2, …)."""
        self.ledger = ledger
        self._percent = percent
        self._trial = Trial(measures, alpha)
        self._assigned: deque[Assigned] = deque()
        self._told: Counter[int] = Counter()
        self._entered: Counter[int] = Counter()
        self._begin(1)

    @property
    def epoch(self) -> int:
        """The epoch that the trial is in."""
        return self._trial.epoch

    def advance(self, watermark: int) -> int:
        """Let enter what is due; how many units were assigned or entered."""
        entered = self.ledger.advance(watermark)
        assigned = self.ledger.assigned()
        for one in assigned:
            self._told[one.epoch] += 1
            self._assigned.append(one)
        for unit in entered:
            self._begin(unit.epoch)
            self._count()
            self._trial.add(unit.observed)
            self._entered[unit.epoch] += 1
        if self._assigned and self._is_over(self._assigned[0].epoch):
            self._begin(self._assigned[0].epoch)
        self._count()
        return len(entered) + len(assigned)

    def look(self) -> Look:
        """What is known now."""
        return self._trial.look()

    def _count(self) -> None:
        while self._assigned and self._assigned[0].epoch <= self._trial.epoch:
            one = self._assigned.popleft()
            if one.epoch == self._trial.epoch:
                self._trial.assigned(one.candidate)

    def _is_over(self, epoch: int) -> bool:
        """Whether no unit of an epoch before this one is still to enter."""
        return all(self._entered[each] == told for each, told in self._told.items() if each < epoch)

    def _begin(self, epoch: int) -> None:
        while self._trial.epoch < epoch:
            self._trial.begin_epoch(self._percent(self._trial.epoch + 1))
