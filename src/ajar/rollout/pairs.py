"""Live answers and their copies, put together: one pair for each unit, and the evidence that copies are worse. Pure."""

from __future__ import annotations

from heapq import heappop, heappush
from math import exp, fsum
from typing import TYPE_CHECKING, Final, NamedTuple

from ajar.evidence.live.betting import Betting
from ajar.gateway.live_copy import chosen
from ajar.rollout.document import PairStanding
from ajar.rollout.ledger import SETTLE_US
from ajar.rollout.measures import number_of
from ajar.rollout.outcome import OPERATORS, outcome_of

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from ajar.config.model import Price
    from ajar.domain.feedback import Feedback
    from ajar.domain.record import InferenceRecord
    from ajar.rollout.measures import Gauge
    from ajar.rollout.outcome import Outcome

HOLD_US: Final = 900_000_000
"""A live inference whose copy has not ended by then has none."""
_DAY_US: Final = 86_400_000_000


class _Live(NamedTuple):
    time: int
    outcome: Outcome | None
    unit: str
    failed: bool


class _Copy(NamedTuple):
    live: str
    outcome: Outcome | None


class Scale:
    """One measure over pairs. Values lie in [0, 1], and more is better."""

    def __init__(self, gauge: Gauge) -> None:
        self.gauge = gauge
        self.pairs = 0
        self.live = 0.0
        self.copy = 0.0
        self.betting = Betting()

    def add(self, live: float, copy: float) -> None:
        """The next pair."""
        self.pairs += 1
        self.live += live
        self.copy += copy
        self.betting.add(copy - live)

    def lacks_copy(self, live: float, share: float) -> None:
        """The next live answer that nobody copied because it failed: its copy is taken for the best that there is.

        `share` of the answers that were to be copied have copies: it weighs no more than one of them.
        """
        self.betting.add(share * (1.0 - live))

    @property
    def standing(self) -> PairStanding:
        """As of now."""
        n = self.pairs
        e = exp(min(self.betting.log_worse, 700.0))
        return PairStanding(self.gauge.metric, n, self.live / n if n else None, self.copy / n if n else None, e)


class Pairs:
    """Of one shadow. A copy enters with its live inference a moment after its own end, so that its checks are made.

    Copies enter in the order in which they ended, so that a replay gives the same. Compared are the automatic flags,
    the route's checks, and each latency that has a margin: by which answer took longer than the other by the margin.
    What callers say has no place here: nobody saw the copies.

    Only what was answered is copied. Were the control's failures left out, an equal candidate's would tell against it;
    so of them as large a share counts, as if their copies had been good; and so many of these fewer as copies of what
    was answered are missing.
    """

    def __init__(
        self, control: str, candidate: str, gauges: Sequence[Gauge], prices: Mapping[str, Price], share: float
    ) -> None:
        """`share` of the live inferences are copied."""
        self._control = control
        self._candidate = candidate
        self._prices = prices
        self._share = share
        self.scales = [Scale(gauge) for gauge in gauges if _can_pair(gauge)]
        self._live: dict[str, _Live] = {}
        self._ages: list[tuple[int, str]] = []
        self._copies: dict[str, _Copy] = {}
        self._queue: list[tuple[int, str]] = []
        self._answered = self._copied = 0
        """Live ones that were to be copied, and were answered; and those of their copies that say anything."""
        self._checked: dict[str, list[tuple[int, str, float]]] = {}
        self._check_ages: list[tuple[int, str]] = []
        self._units: set[str] = set()
        self._known: set[str] = set()
        self.copies = self.pairs = self.incomplete = 0
        self.copying: Container[int] = ()
        """The revisions of the route under which copies are made."""
        self.spent: dict[int, float] = {}
        """USD by day (of days since 1970 UTC)."""
        self.most = 1.0
        """The highest that `e` ever was: what it reached once counts."""

    @property
    def e(self) -> float:
        """The mean of the measures' e-processes, which is one itself."""
        if not self.scales:
            return 1.0
        return fsum(scale.standing.e for scale in self.scales) / len(self.scales)

    def take(self, record: InferenceRecord) -> None:
        """A live inference or a copy; each may come again. Of live ones, those that are to be copied are kept."""
        if record.copy_of is not None:
            self._take_copy(record)
        elif record.purpose == "live" and record.id not in self._live and chosen(record.id, self._share):
            unit = record.unit_hash or record.id
            outcome = outcome_of(record, self._control, self._prices)
            # A request that was itself at fault would have come to nothing with the candidate too.
            failed = record.status >= 500 or record.status in OPERATORS
            self._live[record.id] = _Live(record.time, outcome, unit, failed)
            heappush(self._ages, (record.time, record.id))
            if record.revision in self.copying and (failed or record.error is None):
                heappush(self._queue, (_settled(record), record.id))

    def feedback(self, feedback: Feedback) -> None:
        """A check's result."""
        number = number_of(feedback.value)
        if feedback.source != "check" or feedback.inference is None or number is None:
            return
        checked = self._checked.setdefault(feedback.inference, [])
        if not checked:
            heappush(self._check_ages, (feedback.time, feedback.inference))
        checked.append((feedback.time, feedback.metric, number))

    def advance(self, watermark: int) -> int:
        """Let enter what is due; how many pairs did."""
        before = self.pairs
        while self._queue and self._queue[0][0] < watermark:
            due, id_ = heappop(self._queue)
            copy = self._copies.pop(id_, None)
            if copy is not None:
                self._copied += copy.outcome is not None
                self._pair(due, id_, copy)
            elif (live := self._live.get(id_)) is not None and live.failed:
                self._lacks_copy(due, id_, live)
            else:
                self._answered += 1
            self.most = max(self.most, self.e)
        for ages, kept in ((self._ages, self._live), (self._check_ages, self._checked)):
            while ages and ages[0][0] + HOLD_US < watermark:
                kept.pop(heappop(ages)[1], None)
        return self.pairs - before

    def _take_copy(self, record: InferenceRecord) -> None:
        assert record.copy_of is not None
        if record.id in self._known or record.deployment not in (None, self._candidate):
            return
        self._known.add(record.id)
        self.copies += 1
        outcome = outcome_of(record, self._candidate, self._prices)
        if outcome is not None and outcome.cost_usd:
            day = record.time // _DAY_US
            self.spent[day] = self.spent.get(day, 0.0) + outcome.cost_usd
        self._copies[record.id] = _Copy(record.copy_of, outcome)
        heappush(self._queue, (_settled(record), record.id))

    def _pair(self, due: int, id_: str, copy: _Copy) -> None:
        live = self._live.get(copy.live)
        if live is None or live.outcome is None or copy.outcome is None or due > live.time + HOLD_US:
            self.incomplete += 1
            return
        if live.unit in self._units:
            return
        self._units.add(live.unit)
        self.pairs += 1
        for scale in self.scales:
            gauge = scale.gauge
            if gauge.source == "check":
                values = self._check(copy.live, gauge, due), self._check(id_, gauge, due)
            else:
                values = _recorded(gauge, live.outcome, copy.outcome)
            if values[0] is not None and values[1] is not None:
                scale.add(values[0], values[1])

    def _lacks_copy(self, due: int, id_: str, live: _Live) -> None:
        if live.outcome is None or live.unit in self._units:
            return
        self._units.add(live.unit)
        # Of the answers before it so many have copies; one more of each, so that the first is not left out.
        share = min(1.0, (self._copied + 1) / (self._answered + 1))
        for scale in self.scales:
            gauge = scale.gauge
            if gauge.source == "check":
                value = self._check(id_, gauge, due)
            else:
                value = _flag(gauge, live.outcome) if gauge.measure.kind == "bounded" else None
            if value is not None:
                scale.lacks_copy(value, share)

    def _check(self, inference: str, gauge: Gauge, due: int) -> float | None:
        told = self._checked.get(inference, ())
        found = [(time, value) for time, metric, value in told if metric == gauge.metric and time <= due]
        if not found:
            return gauge.missing
        value = min(1.0, max(0.0, max(found)[1]))
        return 1.0 - value if gauge.flipped else value


def _can_pair(gauge: Gauge) -> bool:
    measure = gauge.measure
    if gauge.source in ("caller", "missing"):
        return False
    return measure.kind == "bounded" or (gauge.metric in ("ttfb_ms", "total_ms") and measure.margin is not None)


def _recorded(gauge: Gauge, live: Outcome, copy: Outcome) -> tuple[float | None, float | None]:
    ours, theirs = getattr(live, gauge.metric), getattr(copy, gauge.metric)
    if ours is None or theirs is None:
        return None, None
    if gauge.measure.kind == "bounded":
        return _flag(gauge, live), _flag(gauge, copy)
    slower = 1 + (gauge.measure.margin or 0.0)
    return float(ours <= theirs * slower), float(theirs <= ours * slower)


def _flag(gauge: Gauge, outcome: Outcome) -> float:
    return float(getattr(outcome, gauge.metric) != gauge.flipped)


def _settled(record: InferenceRecord) -> int:
    """When its checks are made."""
    return record.time + int(record.total_ms * 1000) + SETTLE_US
