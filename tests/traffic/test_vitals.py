"""What the cells of several workers mean together."""

from __future__ import annotations

import pytest

from ajar.traffic.vitals import (
    BUCKETS,
    CLOSED,
    FAILURES,
    FIELDS,
    IN_FLIGHT,
    OPENED,
    PROBES,
    RECOVERY,
    ROW,
    ROW_BASE,
    SUCCESSES,
    UNTIL,
    WAITING,
    Count,
    Standing,
    Vitals,
    mark_field,
)


def vitals(*columns: dict[int, float]) -> Vitals:
    """Cells by field for each process; what is not given is 0."""
    return Vitals([column.get(field, 0.0) for field in range(FIELDS) for column in columns], len(columns))


def mark(number: int, time: float, good: float, bad: float) -> dict[int, float]:
    first = mark_field(number)
    return {first: time, first + 1: good, first + 2: bad}


def test_no_two_fields_share_a_cell() -> None:
    fields = [IN_FLIGHT, WAITING, SUCCESSES, FAILURES, ROW, ROW_BASE, OPENED, UNTIL, PROBES, CLOSED]
    fields += [mark_field(number) + part for number in range(BUCKETS + 1) for part in range(3)]
    assert sorted(fields) == list(range(FIELDS))
    assert RECOVERY == BUCKETS


def test_nothing_is_known_at_first() -> None:
    fresh = vitals({}, {})
    assert fresh.in_flight == 0
    assert fresh.standing == Standing(0, 0, 0, 0)
    assert not fresh.standing.is_open
    assert (fresh.row, fresh.history, fresh.window(3.0)) == (0, Count(0, 0), Count(0, 0))


def test_attempts_in_flight_add_up() -> None:
    assert vitals({IN_FLIGHT: 2.0}, {IN_FLIGHT: 3.0}, {}).in_flight == 5


def test_the_last_opening_and_the_last_closing_count_whoever_they_were_of() -> None:
    first = {OPENED: 10.0, UNTIL: 99.0, PROBES: 7.0, CLOSED: 20.0}
    second = {OPENED: 30.0, UNTIL: 35.0, PROBES: 0.0, CLOSED: 5.0}
    assert vitals(first, second).standing == Standing(30.0, 35.0, 0.0, 20.0)
    longer = {OPENED: 30.0, UNTIL: 40.0, PROBES: 0.0}
    assert vitals(first, second, longer).standing.until == 40.0, "of the same opening the longer wait"


@pytest.mark.parametrize(
    ("standing", "now", "state", "wait"),
    [
        (Standing(0, 0, 0, 0), 1.0, "closed", 0.0),
        (Standing(10, 15, 0, 0), 12.0, "open", 3.0),
        (Standing(10, 15, 0, 0), 15.0, "half-open", 0.0),
        (Standing(10, 15, 0, 11), 12.0, "closed", 0.0),
        (Standing(10, 15, 0, 10), 12.0, "closed", 0.0),
        (Standing(16, 26, 1, 11), 17.0, "open", 9.0),
    ],
)
def test_a_breaker_is_open_then_half_open_until_a_success(
    standing: Standing, now: float, state: str, wait: float
) -> None:
    assert (standing.state(now), standing.wait(now)) == (state, wait)


def test_a_row_counts_only_since_the_last_success_on_the_machine() -> None:
    first = {SUCCESSES: 40.0, ROW: 2.0, ROW_BASE: 47.0}
    second = {SUCCESSES: 7.0, ROW: 1.0, ROW_BASE: 47.0}
    third = {ROW: 9.0, ROW_BASE: 46.0}
    assert vitals(first, second, third).row == 3
    assert vitals(first, second | {SUCCESSES: 8.0}, third).row == 0


def test_the_window_is_this_bucket_and_the_five_before_it() -> None:
    one = {SUCCESSES: 100.0, FAILURES: 50.0}
    one |= mark(0, 61.0, 10.0, 5.0) | mark(1, 35.5, 1.0, 1.0) | mark(2, 43.0, 4.0, 2.0)
    other = {SUCCESSES: 30.0, FAILURES: 3.0} | mark(1, 39.9, 25.0, 1.0)
    idle = {SUCCESSES: 1000.0, FAILURES: 1000.0} | mark(3, 17.0, 2.0, 2.0)
    assert vitals(one, other, idle).window(64.9) == Count(99 + 49 + 5 + 2, 49 + 2), "from 35 on"
    assert vitals(one, other, idle).window(65.0) == Count(96 + 48, 48), "from 40 on"
    assert vitals(one, other, idle).window(89.9) == Count(90 + 45, 45), "from 60 on"
    assert vitals(one, other, idle).window(90.0) == Count(0, 0)


def test_what_lies_before_a_closing_is_in_no_window_and_no_history() -> None:
    one = {SUCCESSES: 100.0, FAILURES: 50.0, CLOSED: 62.0}
    one |= mark(0, 62.0, 80.0, 40.0) | mark(5, 55.0, 1.0, 1.0) | mark(RECOVERY, 62.0, 80.0, 40.0)
    unaware = {SUCCESSES: 30.0, FAILURES: 3.0} | mark(0, 61.0, 25.0, 1.0) | mark(RECOVERY, 31.0, 1.0, 1.0)
    assert vitals(one, unaware).window(64.0) == Count(30, 10)
    assert vitals(one, unaware).history == Count(30, 10)
    assert vitals({SUCCESSES: 6.0, FAILURES: 2.0}, {SUCCESSES: 1.0}).history == Count(9, 2), "from the start"


def test_a_machine_that_was_just_started_has_a_window_too() -> None:
    assert vitals({SUCCESSES: 3.0, FAILURES: 1.0} | mark(0, 0.5, 1.0, 0.0)).window(2.0) == Count(3, 1)
