"""The mean of one arm with its interval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ajar.evidence.mean import mean_of


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=50), st.floats(0.5, 0.999))
def test_without_clusters_it_is_students_interval(values: list[float], confidence: float) -> None:
    found = mean_of(values, confidence)
    half = stats.t.ppf((1 + confidence) / 2, len(values) - 1) * stats.sem(values)
    expected = (np.mean(values) - half, np.mean(values) + half)
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-7, abs=1e-9)
    assert (found.method, found.n, found.clusters) == ("t", len(values), None)
    assert found.low <= found.mean <= found.high


def test_clusters_widen_it() -> None:
    values = [float(at // 10 % 2) for at in range(200)]
    plain, clustered = mean_of(values, 0.95), mean_of(values, 0.95, [at // 10 for at in range(200)])
    assert clustered.method == "clustered-t"
    assert clustered.clusters == 20
    assert clustered.high - clustered.low > 3 * (plain.high - plain.low)


def test_known_ends_of_the_scale_are_not_passed() -> None:
    found = mean_of([1.0] * 40 + [0.0], 0.95, bounds=(0, 1))
    assert found.high == 1.0
    assert found.low < mean_of([1.0] * 40 + [0.0], 0.95).low


def test_values_that_are_all_the_same_are_still_uncertain() -> None:
    found = mean_of([1.0] * 50, 0.95, bounds=(0, 1))
    # An event that none of 50 cases showed may happen in 1 - 0.025^(1/50) of them: 7.1%, and this bound is above.
    assert 1 - found.low == pytest.approx(-np.log(0.025) / 50)
    assert 1 - found.low > 1 - 0.025 ** (1 / 50)
    assert found.se == 0.0


def test_one_value_says_nothing_of_its_spread() -> None:
    alone, scored = mean_of([0.5], 0.95), mean_of([0.5], 0.95, bounds=(0, 1))
    assert (alone.mean, alone.se) == (0.5, None)
    assert (scored.low, scored.high) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (([], 0.95), "at least one value"),
        (([1, float("nan")], 0.95), r"values\[1\] is nan"),
        (([float("inf")], 0.95), r"values\[0\] is inf"),
        (([1.0], 0), "confidence is 0"),
        (([1.0, 2.0], 0.95, [1]), "one cluster for each of the 2 cases"),
        (([[1.0]], 0.95), "one row"),
    ],
)
def test_what_cannot_be_is_named(arguments: tuple, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        mean_of(*arguments)


def test_bounds_are_kept() -> None:
    with pytest.raises(ValueError, match=r"values\[1\] is 2.0, and must be from 0 to 1"):
        mean_of([1, 2], 0.95, bounds=(0, 1))
    with pytest.raises(ValueError, match="smaller first"):
        mean_of([1], 0.95, bounds=(1, 0))
