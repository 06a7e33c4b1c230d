"""What `ajar swap --plan` says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from ajar.config.model import Metric
from ajar.domain.feedback import Feedback
from ajar.rollout.counting import Arrivals, arrivals
from ajar.rollout.measures import gauges
from ajar.rollout.ordering import Asked, estimate, options
from ajar.rollout.plan import _lasting, units_until
from ajar.rollout.plan import estimate as pure
from ajar.traffic.feedback import feedback_journal
from ajar.traffic.journal import Journal
from rollout.bench import ROUTE, SECOND, config, record

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400 * SECOND
NOW = 100 * DAY


def planned(arrivals: Arrivals, **swap: object):  # type: ignore[no-untyped-def]
    route = config(swap=swap).routes[ROUTE]
    return pure(route, options(route, Asked()), gauges(route), arrivals)


def test_units_are_counted_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", 0)
    for number in range(100):
        journal.append(record(NOW - 10 * DAY + number * DAY // 10, f"i{number}", unit_hash=f"{number // 2:032x}"))
    journal.append(record(NOW - DAY, "x"))
    journal.append(record(NOW - DAY, "y", route="another", unit_hash="cd"))
    journal.append(record(NOW - 20 * DAY, "z", unit_hash="long ago"))
    journal.close()
    found = arrivals(tmp_path, ROUTE, NOW)
    assert (found.requests, found.without_unit, found.units, found.failed) == (101, 1, 50, 0)
    assert found.days == pytest.approx(10)
    assert found.fresh == 25
    assert found.a_day == pytest.approx(5)


def test_the_same_people_every_day_are_no_new_units(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", 0)
    for number in range(200):
        journal.append(record(NOW - 10 * DAY + number * DAY // 20, f"i{number}", unit_hash=f"{number % 20:032x}"))
    journal.close()
    assert arrivals(tmp_path, ROUTE, NOW).a_day == 0
    found = estimate(tmp_path, config(), ROUTE, "new", now=NOW)
    assert found.days is None
    assert any("hopeless" in said for said in found.advice)


def test_what_callers_said_tells_how_many_are_good(tmp_path: Path) -> None:
    metric = Metric(role="primary", kind="boolean")
    table = config(metrics={"solved": metric})
    assert estimate(tmp_path, table, ROUTE, "new", now=NOW).assumed
    feedback = feedback_journal(tmp_path, 0)
    for number in range(40):
        told = {"metric": "solved", "value": number % 4 > 0, "caller": "c", "inference": f"i{number}"}
        feedback.append(Feedback(id=f"f{number}", time=NOW - DAY, route=ROUTE, **told))
        feedback.append(Feedback(id=f"g{number}", time=NOW - 30 * DAY, route=ROUTE, **told | {"value": False}))
        feedback.append(Feedback(id=f"h{number}", time=NOW - DAY, route="another", **told | {"value": False}))
        feedback.append(Feedback(id=f"k{number}", time=NOW - DAY, route=ROUTE, **told | {"metric": "liked"}))
        feedback.append(Feedback(id=f"l{number}", time=NOW - DAY, route=ROUTE, source="check", **told | {"value": 0.0}))
    feedback.append(
        Feedback(id="f0", time=NOW - 2, route=ROUTE, metric="solved", value=True, caller="c", inference="i0")
    )
    feedback.close()
    found = estimate(tmp_path, table, ROUTE, "new", now=NOW)
    assert (found.primary, found.assumed) == ("solved", False)
    assert found.base == pytest.approx(31 / 40), "the last word of f0 counts"
    fails = config(metrics={"solved": structs.replace(metric, missing="fail")})
    assert estimate(tmp_path, fails, ROUTE, "new", now=NOW).assumed, "who says nothing is not counted here"


def test_what_is_better_low_is_turned_round(tmp_path: Path) -> None:
    feedback = feedback_journal(tmp_path, 0)
    for number, value in enumerate((1, 2, 2, 5)):
        told = {"metric": "effort", "value": value, "caller": "c", "inference": f"i{number}"}
        feedback.append(Feedback(id=f"f{number}", time=NOW - DAY, route=ROUTE, **told))
    feedback.close()
    effort = Metric(role="primary", kind="rating", scale=(1, 5), better="down")
    found = estimate(tmp_path, config(metrics={"effort": effort}), ROUTE, "new", now=NOW)
    assert found.base == pytest.approx(1 - 6 / 16)


def test_nothing_recorded(tmp_path: Path) -> None:
    found = estimate(tmp_path, config(), ROUTE, "new", now=NOW)
    assert (found.units, found.days) == (0, None)
    assert "unit" in found.advice[0]
    assert found.assumed
    assert not any("is not found within" in said for said in found.unseen)  # nothing is known about time


def test_much_traffic_decides_soon() -> None:
    found = planned(Arrivals(10, 100_000, 0, 5_000, 100_000, 50_000))
    assert found.units_a_day == 10_000
    assert found.base == pytest.approx(0.95)
    assert found.days is not None
    assert found.days < 1
    assert [step.percent for step in found.steps] == [10, 50]
    drops = {(power.percent, power.drop): power.units for power in found.powers}
    assert drops[50, 0.15] is not None
    assert drops[50, 0.05] is not None
    assert drops[50, 0.15] < drops[50, 0.05]
    assert found.advice[0].startswith("as planned")
    assert len(found.advice) == 1
    assert not found.assumed
    assert planned(Arrivals(10, 900, 0, 0, 900, 450), steps=(1, 50)).base == 0.999


def test_times_are_in_units_that_can_be_read() -> None:
    soon = planned(Arrivals(10 / 1440, 100_000, 0, 5_000, 100_000, 50_000), step_minutes=1)
    assert re.fullmatch(r"as planned: about 1\d\d s until an equal candidate is promoted", soon.advice[0])
    assert "less than a day is recorded" in soon.advice[1]
    minutes = planned(Arrivals(0.1, 20_000, 0, 1_000, 20_000, 10_000))
    assert re.fullmatch(r"as planned: about \d+ min until an equal candidate is promoted", minutes.advice[0])
    hours = planned(Arrivals(10, 4_000, 0, 200, 3_000, 2_400), max_hours=12)
    assert any(said.endswith("is not found within 12 h at 50%") for said in hours.unseen)
    assert planned(Arrivals(0.000136, 9, 0, 0, 9, 9)).days_recorded == 0.000136


def test_little_traffic_is_told_to_split_evenly_or_not_at_all() -> None:
    some = planned(Arrivals(10, 4_000, 0, 200, 3_000, 2_400), steps=(1, 5))
    assert any("1:1" in said for said in some.advice)
    few = planned(Arrivals(10, 50, 0, 2, 50, 25))
    assert any("hopeless" in said for said in few.advice)
    assert any("a drop of 5 points" in said for said in few.unseen)


def test_the_simulation_agrees_with_the_published_medians() -> None:
    # Medians of the candidate's units for one metric at 95 %, a margin of 3 points and alpha 0.05, a share of 5 %.
    assert units_until(5, 0.95, 0.15, 0.03, 0.05) == pytest.approx(58, rel=0.25)
    assert units_until(5, 0.95, 0.05, 0.03, 0.05) == pytest.approx(205, rel=0.25)
    assert units_until(5, 0.95, None, 0.03, 0.05) == pytest.approx(398, rel=0.35)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (99.7, "100 days"),
        (12.0, "12 days"),
        (9.97, "10 days"),
        (3.46, "3.5 days"),
        (99.8 / 1440, "100 min"),
        (1234, "1,234 days"),
    ],
)
def test_a_time_is_told_in_plain_numbers(days: float, words: str) -> None:
    assert _lasting(days) == words
