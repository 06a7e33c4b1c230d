"""Means over epochs with unlike shares and unlike days."""

from __future__ import annotations

import numpy as np
import pytest

from ajar.evidence.live.moments import Moments
from ajar.evidence.live.strata import Strata


def of(values: list[float]) -> Moments:
    moments = Moments()
    for each in values:
        moments.add(each)
    return moments


def test_of_one_epoch_they_are_its_own() -> None:
    control, candidate = [1.0, 2.0, 4.0, 5.0], [2.0, 6.0]
    difference, error = Strata().plus(of(control), of(candidate)).difference()
    assert difference == pytest.approx(1.0)
    assert error == pytest.approx(np.sqrt(np.var(control, ddof=1) / 4 + np.var(candidate, ddof=1) / 2))
    difference, error = Strata().plus(of(control), of(candidate)).difference(1.1, 0.2)
    assert difference == pytest.approx(4 - 3.3 - 0.2)
    assert error == pytest.approx(np.sqrt(1.21 * np.var(control, ddof=1) / 4 + np.var(candidate, ddof=1) / 2))


def test_a_shift_between_epochs_makes_no_difference() -> None:
    # The candidate has few units on the good day and many on the bad one; on each it is as good as the control.
    good, bad = [0.9, 1.0] * 50, [0.1, 0.2] * 10
    strata = Strata().plus(of(good), of(good[:4])).plus(of(bad), of(bad))
    assert strata.difference()[0] == pytest.approx(0)
    assert of(good + bad).mean - of(good[:4] + bad).mean > 0.4


def test_unequal_differences_are_weighted_by_pairs() -> None:
    first, second = (of([0.0, 0.0, 0.0]), of([1.0, 1.0, 1.0])), (of([0.0] * 30), of([0.5] * 30))
    assert Strata().plus(*first).plus(*second).difference()[0] == pytest.approx((1.5 * 1 + 15 * 0.5) / 16.5)


def test_an_epoch_without_spread_is_left_out() -> None:
    assert Strata().plus(of([1.0, 2.0]), of([5.0])) == Strata()


def test_a_bounded_spread_is_never_nothing() -> None:
    ones = Strata().plus(of([1.0] * 50), of([1.0] * 8), bounded=True)
    with_four_more = [np.var([1.0] * n + [0.0, 1.0] * 2, ddof=1) / n for n in (50, 8)]
    assert ones.difference() == (0, pytest.approx(np.sqrt(sum(with_four_more))))
    assert Strata().plus(of([1.0] * 50), of([1.0] * 8)).difference()[1] == 0
