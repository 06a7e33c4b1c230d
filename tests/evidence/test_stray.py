"""Cases that lie farther out than the other side's."""

from __future__ import annotations

import numpy as np
import pytest

from ajar.evidence.stray import Stray, Strays, strays

EVEN = np.arange(-10.0, 11)


def told(stray: Stray) -> tuple[int, float]:
    return stray.count, stray.moved


def test_what_is_as_wide_on_both_sides_has_one_and_it_moves_little() -> None:
    found = strays(EVEN)
    assert told(found.low) == told(found.high) == (1, pytest.approx(1 / 21))


def test_those_beyond_the_second_farthest_of_the_other_side() -> None:
    found = strays(np.append(EVEN, [-100.0, 30]))
    assert told(found.low) == (1, pytest.approx((100 - 10) / 23))
    # One on each side hides none of the others.
    both = strays(np.append(EVEN, [-100.0, -90, 80]))
    assert told(both.low) == (2, pytest.approx((100 - 10.5 + 90 - 10.5) / 24, rel=0.02))
    assert both.low.few
    assert not both.high.few


def test_of_clusters_their_means() -> None:
    values = np.repeat(np.append(EVEN, -100.0), 3)
    labels = np.repeat(np.arange(22), 3)
    assert strays(values, labels).low == strays(np.append(EVEN, -100.0)).low


def test_eight_are_enough() -> None:
    values = np.append(np.tile(EVEN, 10), [-100.0] * 8)
    assert strays(values).low.count == 8
    assert not strays(values).low.few
    assert strays(values[1:-1]).low.few


@pytest.mark.parametrize("values", [np.zeros(1), np.zeros(9)])
def test_there_may_be_none(values: np.ndarray) -> None:
    assert strays(values) == Strays()
