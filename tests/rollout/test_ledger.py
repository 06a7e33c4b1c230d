"""From records and feedback to units in order."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ajar.config.model import Metric, Route
from ajar.domain.feedback import Feedback
from ajar.domain.record import Attempt, InferenceRecord
from ajar.rollout.ledger import SETTLE_US, Ledger
from ajar.rollout.measures import gauges
from rollout.bench import ROUTE, SECOND, failed, record

if TYPE_CHECKING:
    from ajar.rollout.unit import Entered

MATURITY = 30 * SECOND
METRICS = {"solved": Metric(kind="boolean", role="primary", margin=0.05)}


def ledger(checks: bool = False, metrics: dict[str, Metric] = METRICS) -> Ledger:
    route = Route(primary="old", metrics=metrics, checks={"valid": {}} if checks else {})
    return Ledger("x", "new", gauges(route), {}, MATURITY)


def unit(name: int) -> str:
    return f"{name:016x}{0:016x}"


def seen(time: int, name: int | None, id_: str, epoch: int = 1, variant: str = "old", **fields: Any) -> InferenceRecord:
    values = {"experiment": "x", "epoch": epoch, "variant": variant, "deployment": variant}
    return record(time, id_, unit_hash=None if name is None else unit(name), **(values | fields))


def said(time: int, value: Any, *, inference: str | None = None, of: int | None = None, **fields: Any) -> Feedback:
    values: dict[str, Any] = {"id": f"f{time}", "route": ROUTE, "metric": "solved", "caller": "shop"}
    target = None if of is None else unit(of)
    return Feedback(time=time, value=value, inference=inference, unit_hash=target, **(values | fields))


def solved(entered: list[Entered]) -> list[float | None]:
    return [each.observed.values[0] for each in entered]


def test_a_unit_enters_once_its_time_is_over() -> None:
    book = ledger()
    book.take(seen(100, 1, "a"))
    assert book.advance(100 + MATURITY) == []
    (entered,) = book.advance(101 + MATURITY)
    assert (entered.epoch, entered.observed.time, entered.observed.unit, entered.observed.candidate) == (
        1,
        100,
        unit(1),
        False,
    )
    book.take(seen(200 + MATURITY, 1, "b"))
    assert book.advance(10 * MATURITY) == []  # once


def test_whose_caller_left_makes_up_no_dose() -> None:
    book = ledger(metrics={})
    left = {"status": 499, "error": "caller_left", "attempts": (Attempt("new", 0.0, 3.0, 5.0, None, "caller_left"),)}
    book.take(seen(0, 1, "a", variant="new", **left))
    book.take(seen(1, 2, "b", variant="new"))
    assert [each.observed.values for each in book.advance(2 * MATURITY)] == [(None,), (1.0,)]
    assert book.entered == {1: [0, 1]}


def test_order_is_by_assignment_not_by_arrival() -> None:
    book = ledger()
    for time, name in ((300, 3), (100, 9), (200, 1), (100, 2)):
        book.take(seen(time, name, f"i{name}"))
    assert [each.observed.unit for each in book.advance(MATURITY * 2)] == [unit(2), unit(9), unit(1), unit(3)]


def test_what_its_inferences_show_within_the_window_counts() -> None:
    book = ledger(metrics={})
    book.take(seen(0, 1, "a", variant="new", **failed("new")))
    book.take(seen(MATURITY, 1, "b", variant="new"))
    book.take(seen(MATURITY + 1, 1, "c", variant="new"))
    (entered,) = book.advance(MATURITY * 2)
    assert entered.observed.candidate
    assert entered.observed.values == (0.5,)
    assert book.counts.elsewhere == (0, 1)


def test_a_unit_belongs_to_the_first_epoch_that_saw_it() -> None:
    book = ledger(metrics={})
    book.take(seen(0, 1, "a", epoch=1))
    book.take(seen(10, 1, "b", epoch=2, variant="new", **failed("new")))
    book.take(seen(MATURITY * 3, 1, "c", epoch=2, variant="new"))
    (entered,) = book.advance(MATURITY * 9)
    assert (entered.epoch, entered.observed.candidate, entered.observed.values) == (1, False, (1.0,))


def test_a_worker_that_has_not_heard_of_the_new_epoch() -> None:
    book = ledger()
    book.take(seen(0, 1, "a", epoch=1))
    book.take(seen(10, 2, "b", epoch=2))
    book.take(seen(11, 3, "c", epoch=1))
    assert [each.epoch for each in book.advance(MATURITY * 2)] == [1, 2]
    assert [each.epoch for each in book.assigned()] == [1, 2]
    assert book.counts.stragglers == 1


def test_inferences_without_a_unit_are_counted() -> None:
    book = ledger()
    book.take(seen(0, None, "a"))
    book.take(seen(1, 1, "b"))
    book.take(record(2, "c", unit_hash=unit(2)))  # of no experiment
    assert (book.counts.inferences, book.counts.without_unit) == (2, 1)


def test_assignments_are_told_before_maturity_and_once() -> None:
    book = ledger()
    book.take(seen(100, 1, "a", variant="new"))
    book.take(seen(100, 1, "A", variant="new"))
    book.advance(100)
    assert book.assigned() == []
    book.advance(101)
    assert [each.candidate for each in book.assigned()] == [True]
    book.advance(MATURITY * 2)
    assert book.assigned() == []


def test_feedback_may_come_before_its_record() -> None:
    book = ledger()
    book.feedback(said(500, True, inference="a"))
    book.feedback(said(500, False, inference="of another route's experiment"))
    book.take(seen(100, 1, "a"))
    assert solved(book.advance(MATURITY * 2)) == [1.0]


def test_feedback_of_a_unit() -> None:
    book = ledger()
    book.feedback(said(50, False, of=1, id="before it began"))
    book.take(seen(100, 1, "a"))
    book.feedback(said(200, True, of=1))
    book.feedback(said(300, False, of=1, id="x", caller="somebody else"))
    book.feedback(said(101 + MATURITY, False, of=1, id="late"))
    assert solved(book.advance(MATURITY * 3)) == [1.0]


def test_a_unit_that_went_to_the_other_arm_is_not_rated_as_a_whole_any_more() -> None:
    book = ledger()
    book.take(seen(100, 1, "a", epoch=1))
    book.take(seen(200, 1, "b", epoch=2, variant="new"))
    book.feedback(said(150, True, of=1))
    book.feedback(said(250, False, of=1))
    assert solved(book.advance(MATURITY * 3)) == [1.0]


@pytest.mark.parametrize("late", [0, 1])
def test_a_correction_counts_if_it_is_in_time(late: int) -> None:
    book = ledger()
    book.take(seen(0, 1, "a"))
    book.feedback(said(MATURITY + late, True, inference="a", id="f"))
    book.feedback(said(5, False, inference="a", id="f"))
    assert solved(book.advance(MATURITY * 3)) == [0.0 if late else 1.0]


def test_nobody_rates_another_callers_inference() -> None:
    book = ledger()
    book.take(seen(0, 1, "a"))
    book.feedback(said(5, True, inference="a", caller="somebody else"))
    assert solved(book.advance(MATURITY * 3)) == [None]


def test_checks_are_waited_for_until_the_answers_end() -> None:
    book = ledger(checks=True, metrics={"valid": Metric(role="primary", margin=0.05)})
    book.take(seen(0, 1, "a", total_ms=2 * MATURITY / 1000))
    book.take(seen(1, 2, "b"))
    book.feedback(said(2 * MATURITY + 9, 1.0, inference="a", source="check", metric="valid", caller="ajar"))
    book.feedback(said(9, 0.0, inference="b", source="check", metric="valid"))
    assert book.advance(2 * MATURITY) == []  # whoever was assigned later waits as well
    assert solved(book.advance(2 * MATURITY + SETTLE_US + 1)) == [1.0, 0.0]


def test_what_was_read_twice_counts_once() -> None:
    book = ledger(metrics={})
    for _ in range(2):
        book.take(seen(0, 1, "a", **failed("old", "third")))
    book.take(seen(1, 1, "b"))
    assert [each.observed.values for each in book.advance(MATURITY * 2)] == [(0.5,)]
    assert book.counts.inferences == 2


times = st.integers(0, 4 * MATURITY)


@st.composite
def histories(draw: st.DrawFn) -> list[InferenceRecord | Feedback]:
    """Epochs grow with time, but for a worker that is late."""
    found: list[InferenceRecord | Feedback] = []
    for number in range(draw(st.integers(1, 14))):
        time, name = draw(times), draw(st.one_of(st.none(), st.integers(0, 5)))
        epoch = 1 + (time + draw(st.integers(-SECOND, SECOND)) > 2 * MATURITY)
        variant = "new" if (name or 0) % 2 or (epoch == 2 and name == 4) else "old"
        fields = failed(variant) if draw(st.booleans()) else {}
        fields["total_ms"] = draw(st.integers(1, 40_000))
        found.append(seen(time, name, f"i{number}", epoch, variant, **fields))
        for at in range(draw(st.integers(0, 2))):
            own = draw(st.booleans())
            target = {"inference": f"i{number}"} if own or name is None else {"of": name}
            source = draw(st.sampled_from(["caller", "check"])) if "inference" in target else "caller"
            metric = "valid" if source == "check" else "solved"
            when = time + draw(st.integers(1, 2 * MATURITY))
            id_ = f"f{number}{draw(st.integers(0, at))}"
            found.append(said(when, draw(st.booleans()), id=id_, source=source, metric=metric, **target))
    return found


@settings(max_examples=300, deadline=None)
@given(histories(), st.integers(0, 2**32), st.booleans())
def test_any_arrival_gives_the_same_units(history: list[InferenceRecord | Feedback], seed: int, checks: bool) -> None:
    """Whatever the order of arrival, as long as the watermark tells the truth: the same as reading all at once."""
    metrics = METRICS | {"valid": Metric(), "error": Metric()} if checks else METRICS
    whole = ledger(checks, metrics)
    for one in history:
        whole.take(one) if isinstance(one, InferenceRecord) else whole.feedback(one)
    expected = whole.advance(100 * MATURITY)
    random = Random(seed)
    live = ledger(checks, metrics)
    left, entered, assigned = list(history), [], []
    watermark = 0
    while left:
        watermark += random.randrange(MATURITY)
        due = [one for one in left if one.time < watermark or random.random() < 0.2]
        left = [one for one in left if one not in due]
        random.shuffle(due)
        for one in due:
            live.take(one) if isinstance(one, InferenceRecord) else live.feedback(one)
            if random.random() < 0.1:  # read twice
                live.take(one) if isinstance(one, InferenceRecord) else live.feedback(one)
        entered += live.advance(watermark)
        assigned += live.assigned()
    entered += live.advance(100 * MATURITY)
    assigned += live.assigned()
    assert entered == expected
    assert assigned == whole.assigned()
    assert live.entered == whole.entered
    assert live.counts.stragglers == whole.counts.stragglers
