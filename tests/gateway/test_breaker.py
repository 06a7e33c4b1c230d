"""The rules of the breaker, as pure functions."""

from __future__ import annotations

from math import comb, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.gateway import breaker
from ajar.traffic.vitals import Count, Standing

NONE = Count(0, 0)


def trips_after(before: Count) -> int:
    """The length of the row that opens the breaker, after these attempts long ago."""
    return next(row for row in range(1, 99) if breaker.trips(row, Count(before.ended + row, before.failed + row), NONE))


@pytest.mark.parametrize(
    ("before", "row"),
    [
        (NONE, 5),
        (Count(1e6, 0), 5),
        (Count(1000, 30), 5),
        (Count(2, 1), 6),
        (Count(1000, 100), 6),
        (Count(1000, 200), 9),
        (Count(1000, 300), 12),
        (Count(1000, 900), 20),
    ],
)
def test_the_more_failed_before_the_longer_a_row_must_be(before: Count, row: int) -> None:
    assert trips_after(before) == row


def test_a_row_may_be_longer_than_the_history_that_is_known() -> None:
    assert breaker.trips(5, Count(2, 1), NONE)
    assert not breaker.trips(4, NONE, NONE)


@pytest.mark.parametrize(
    ("ended", "failed"), [(20, 17), (25, 20), (30, 22), (40, 27), (60, 36), (100, 54), (134, 67), (3000, 1500)]
)
def test_of_the_window_at_least_half_failed_and_not_by_chance(ended: int, failed: int) -> None:
    assert breaker.trips(1, NONE, Count(ended, failed))
    assert not breaker.trips(1, NONE, Count(ended, failed - 1))


def test_less_than_twenty_attempts_tell_nothing() -> None:
    assert not breaker.trips(1, NONE, Count(19, 19))


@given(st.integers(1, 200).flatmap(lambda ended: st.tuples(st.just(ended), st.integers(0, ended))))
def test_the_bound_is_a_bound(counts: tuple[int, int]) -> None:
    ended, failed = counts
    exactly = sum(comb(ended, k) * 0.3**k * 0.7 ** (ended - k) for k in range(failed, ended + 1))
    assert breaker.chance_bound(Count(ended, failed), 0.3) >= exactly * (1 - 1e-9)


def test_a_breaker_stays_open_for_5_s_then_10_then_20_then_40_then_60() -> None:
    assert [breaker.pause(probes, None, 0.0) for probes in (0, 1, 2, 3, 4, 5, 5000)] == [5, 10, 20, 40, 60, 60, 60]


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 100))
def test_jitter_takes_off_a_fifth_at_most(chance: float, probes: int) -> None:
    whole = breaker.pause(probes, None, 0.0)
    assert 0.8 * whole <= breaker.pause(probes, None, chance) <= whole


@pytest.mark.parametrize(
    ("told", "pause"), [(None, 4.0), (0.0, 4.0), (-3.0, 4.0), (4.5, 4.5), (30.0, 30.0), (3600.0, 60.0), (inf, 60.0)]
)
def test_the_upstreams_wish_lengthens_it_up_to_a_minute(told: float | None, pause: float) -> None:
    assert breaker.pause(0, told, 1.0) == pause


def test_the_least_bad_has_the_fewest_failed_probes_then_the_smaller_share_and_wait() -> None:
    def badness(probes: int, failed: int, until: float) -> float:
        return breaker.badness(Standing(100.0, until, probes, 0.0), Count(40, failed), 110.0)

    order = [badness(0, 20, 105.0), badness(0, 20, 113.0), badness(0, 40, 113.0), badness(1, 20, 120.0)]
    assert order == sorted(order)
    assert len(set(order)) == 4
    assert breaker.badness(Standing(100.0, 120.0, 4, 101.0), Count(40, 40), 110.0) == 0.0, "it is closed"
    assert badness(2, 0, 0.0) > 0.0
    unknown = breaker.badness(Standing(100.0, 100.0, 0, 0.0), NONE, 110.0)
    assert unknown == 1.0
