"""What `ajar swap --plan` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ajar.rollout.counting import Arrivals, arrivals
from ajar.rollout.measures import gauges
from ajar.rollout.ordering import Asked, estimate, options
from ajar.rollout.plan import estimate as pure
from ajar.rollout.plan import units_until
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


def test_nothing_recorded(tmp_path: Path) -> None:
    found = estimate(tmp_path, config(), ROUTE, "new", now=NOW)
    assert (found.units, found.days) == (0, None)
    assert "unit" in found.advice[0]


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
