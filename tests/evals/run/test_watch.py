from __future__ import annotations

import pytest

from ajar.evals.run.watch import Rate


def test_there_is_no_rate_before_the_first() -> None:
    rate = Rate(0, 5)
    assert rate.tell(0, 5) is None
    assert rate.tell(3, 5) is None


def test_a_steady_rate_is_known_at_once() -> None:
    rate = Rate(0, 100)
    for second in range(1, 50):
        assert rate.tell(second, 100 + 7 * second) == pytest.approx(7)


def test_the_newest_counts_most() -> None:
    rate = Rate(0, 0)
    count = 0
    for second in range(1, 101):
        count += 100 if second <= 50 else 10
        told = rate.tell(second, count)
    assert told == pytest.approx(10, rel=0.5)
