"""From records and feedback, in whatever order they come, to units in the order of their assignment. Pure.

Whoever reads the journal again from its beginning gets the same units in the same order, whenever `advance` is called:
a unit enters once the watermark has passed all that counts for it, and behind every unit that was assigned before it.
"""

from __future__ import annotations

from collections import Counter
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from ajar.evidence.live.observed import Observed
from ajar.rollout.measures import number_of, values
from ajar.rollout.outcome import outcome_of
from ajar.rollout.unit import Assigned, Counts, Entered, Inference, Unit, Word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ajar.config.model import Price
    from ajar.domain.feedback import Feedback
    from ajar.domain.record import InferenceRecord
    from ajar.rollout.measures import Gauge

SETTLE_US: Final = 5_000_000
"""So long after an answer's end its checks may take: the steward makes them as it reads the answers."""


class Ledger:
    """Units of one experiment. For one thread.

    A unit that has entered leaves 64 bits of its hash behind, about 100 bytes in Python: a later inference of it must
    not make it new. Feedback on inferences that are not of this experiment is kept until the watermark shows that.
    """

    def __init__(
        self,
        experiment: str,
        candidate: str,
        gauges: Sequence[Gauge],
        prices: Mapping[str, Price],
        maturity_us: int,
    ) -> None:
        self._experiment = experiment
        self._candidate = candidate
        self._gauges = tuple(gauges)
        self._prices = prices
        self._maturity = maturity_us
        self._checks = any(gauge.source == "check" for gauge in gauges)
        self._units: dict[str, Unit] = {}
        self._queue: list[tuple[int, str]] = []
        """Units by start; one that was found to have started earlier stands there twice."""
        self._seen: set[int] = set()
        self._newcomers: list[tuple[int, str]] = []
        self._inferences: dict[str, str] = {}
        self._waiting: dict[str, list[Feedback]] = {}
        self._waits: list[tuple[int, str]] = []
        self._epoch = 0
        self._told: list[Assigned] = []
        self._told_epoch = 0
        self._counts: Counter[str] = Counter()
        self.entered: dict[int, list[int]] = {}
        """By epoch, how many units of the control and of the candidate have entered and showed anything."""

    def take(self, record: InferenceRecord) -> None:
        """A record of the experiment; others are passed over, and so is one that was taken before."""
        if record.experiment != self._experiment or record.purpose != "live" or record.epoch is None:
            return
        self._counts["inferences"] += 1
        if record.unit_hash is None or record.variant is None:
            self._counts["without_unit"] += 1
            return
        key = record.unit_hash
        if _short(key) in self._seen:
            return
        unit = self._units.get(key)
        if unit is None:
            unit = self._units[key] = Unit()
            for feedback in self._waiting.pop(key, ()):
                _note(unit, feedback)
        if record.id in unit.inferences:
            self._counts["inferences"] -= 1
        elif record.time <= unit.start[0] + self._maturity:  # what comes later can only be later still
            self._add(key, unit, record, record.variant, record.epoch)

    def _add(self, key: str, unit: Unit, record: InferenceRecord, variant: str, epoch: int) -> None:
        ended = record.time + int(record.total_ms * 1000)
        outcome = outcome_of(record, variant, self._prices)
        unit.inferences[record.id] = Inference(record.time, ended, epoch, variant, record.caller, outcome)
        self._inferences[record.id] = key
        for feedback in self._waiting.pop(record.id, ()):
            _note(unit, feedback)
        if record.time < unit.start[0]:
            heappush(self._queue, (record.time, key))
            heappush(self._newcomers, (record.time, key))
        unit.start = min(unit.start, (record.time, record.id))

    def feedback(self, feedback: Feedback) -> None:
        """What was said of an inference or a unit of the same route; it may come before the inference's record."""
        if feedback.unit_hash is not None:
            target = feedback.unit_hash
        else:
            assert feedback.inference is not None
            target = self._inferences.get(feedback.inference, "")
        unit = self._units.get(target)
        if unit is not None:
            _note(unit, feedback)
        elif feedback.unit_hash is not None and _short(target) in self._seen:
            self._counts["late"] += 1
        else:
            waits_for = feedback.inference or target
            self._waiting.setdefault(waits_for, []).append(feedback)
            heappush(self._waits, (feedback.time, waits_for))

    def assigned(self) -> list[Assigned]:
        """The units that the last calls of `advance` found to be assigned, in the order of their assignment."""
        found, self._told = self._told, []
        return found

    def advance(self, watermark: int) -> list[Entered]:
        """The units that enter now. No record of an inference that began before the watermark may come later."""
        self._tell(watermark)
        found: list[Entered] = []
        while self._queue and self._queue[0][0] + self._maturity < watermark:
            time, key = self._queue[0]
            unit = self._units.get(key)
            if unit is None or unit.start[0] != time:
                heappop(self._queue)
                continue
            first = unit.inferences[unit.start[1]]
            ripe, window = self._window(unit, first)
            if ripe >= watermark:
                break
            heappop(self._queue)
            if first.epoch < self._epoch:
                self._counts["stragglers"] += 1
            else:
                self._epoch = first.epoch
                found.append(self._enter(key, unit, first, window))
            self._forget(key, unit)
        self._drop_waiting(watermark)
        return found

    @property
    def counts(self) -> Counts:
        """As of now."""
        told = self._counts
        return Counts(
            told["inferences"],
            told["without_unit"],
            (told["control"], told["candidate"]),
            (told["control_elsewhere"], told["candidate_elsewhere"]),
            told["late"],
            told["stragglers"],
            len(self._units),
        )

    def _window(self, unit: Unit, first: Inference) -> tuple[int, list[tuple[str, Inference]]]:
        """When all is there that counts for the unit, and the inferences that do."""
        end = first.time + self._maturity
        window = [
            (id_, each)
            for id_, each in unit.inferences.items()
            if each.epoch == first.epoch and each.time <= end and each.variant == first.variant
        ]
        window.sort(key=lambda pair: (pair[1].time, pair[0]))
        if not self._checks:
            return end, window
        return max(end, *(each.ended for _, each in window)) + SETTLE_US, window

    def _enter(self, key: str, unit: Unit, first: Inference, window: list[tuple[str, Inference]]) -> Entered:
        candidate = first.variant == self._candidate
        arm = "candidate" if candidate else "control"
        outcomes = [each.outcome for _, each in window if each.outcome is not None]
        self._counts[arm] += len(outcomes)
        self._counts[f"{arm}_elsewhere"] += sum(outcome.elsewhere for outcome in outcomes)
        # Whose callers all left showed nothing: such units must not make up the dose of a step.
        self.entered.setdefault(first.epoch, [0, 0])[candidate] += bool(outcomes)
        said = self._said(unit, first, dict(window))
        return Entered(first.epoch, Observed(first.time, key, candidate, values(self._gauges, outcomes, said)))

    def _tell(self, watermark: int) -> None:
        while self._newcomers and self._newcomers[0][0] < watermark:
            time, key = heappop(self._newcomers)
            unit = self._units.get(key)
            if unit is None or unit.start[0] != time:
                continue
            first = unit.inferences[unit.start[1]]
            if first.epoch >= self._told_epoch:
                self._told_epoch = first.epoch
                self._told.append(Assigned(first.epoch, first.variant == self._candidate))

    def _said(
        self, unit: Unit, first: Inference, window: Mapping[str, Inference]
    ) -> dict[tuple[str, str], list[float]]:
        """By source and metric, what counts. Of what has one id the last that was taken in by the end counts."""
        end = first.time + self._maturity
        # From here on the unit had another model: what is said of it as a whole is not said of this one any more.
        moved = min((each.time for each in unit.inferences.values() if each.variant != first.variant), default=end + 1)
        callers = {each.caller for each in window.values()}
        found: dict[tuple[str, str], list[float]] = {}

        def span(source: str, caller: str, word: Word) -> tuple[int, int]:
            if word.inference is None:
                return (first.time, min(end, moved - 1)) if caller in callers else (0, -1)
            of = window.get(word.inference)
            if of is None or (source == "caller" and of.caller != caller):
                return (0, -1)
            return (0, max(end, of.ended) + SETTLE_US if source == "check" else end)

        for (source, caller, _), words in sorted(unit.said.items()):
            spans = [(span(source, caller, word), word) for word in words]
            timely = [word for (low, high), word in spans if low <= word.time <= high]
            self._counts["late"] += sum(word.time > end + SETTLE_US for word in words)
            word = max(timely, key=lambda each: (each.time, repr(each)), default=None)
            number = None if word is None else number_of(word.value)
            if word is not None and number is not None:
                found.setdefault((source, word.metric), []).append(number)
        return found

    def _forget(self, key: str, unit: Unit) -> None:
        del self._units[key]
        self._seen.add(_short(key))
        for id_ in unit.inferences:
            self._inferences.pop(id_, None)

    def _drop_waiting(self, watermark: int) -> None:
        """What was said of an inference before the watermark, and is not ours by now, is of another experiment."""
        while self._waits and self._waits[0][0] < watermark:
            _, waits_for = heappop(self._waits)
            left = [feedback for feedback in self._waiting.pop(waits_for, ()) if feedback.time >= watermark]
            if left:
                self._waiting[waits_for] = left


def _note(unit: Unit, feedback: Feedback) -> None:
    word = Word(feedback.time, feedback.metric, feedback.value, feedback.inference)
    words = unit.said.setdefault((feedback.source, feedback.caller, feedback.id), [])
    if word not in words:
        words.append(word)


def _short(key: str) -> int:
    return int(key[:16], 16)
