"""Running mean and spread."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.evidence.live.moments import Moments

numbers = st.lists(st.floats(-1e6, 1e6), max_size=40)


def of(values: list[float]) -> Moments:
    moments = Moments()
    for each in values:
        moments.add(each)
    return moments


@given(numbers.filter(lambda values: len(values) > 1))
def test_as_numpy_has_them(values: list[float]) -> None:
    moments = of(values)
    assert (moments.n, moments.mean) == (len(values), pytest.approx(np.mean(values), abs=1e-6))
    assert moments.variance == pytest.approx(np.var(values, ddof=1), rel=1e-9, abs=1e-6)


@given(numbers, numbers)
def test_merged_is_as_one_after_the_other(one: list[float], other: list[float]) -> None:
    whole, merged = of(one + other), of(one).merged(of(other))
    assert merged.n == whole.n
    assert merged.mean == pytest.approx(whole.mean, abs=1e-6)
    assert merged.squares == pytest.approx(whole.squares, rel=1e-9, abs=1e-4)


def test_a_large_mean_costs_no_digits() -> None:
    assert of([1e9 + 1, 1e9 + 2, 1e9 + 3]).variance == pytest.approx(1)
