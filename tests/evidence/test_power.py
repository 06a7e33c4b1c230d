"""How many cases, and how small a difference."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ajar.evidence.power import (
    cases_needed,
    paired_variance,
    shares_needed,
    smallest_difference,
    smallest_share_difference,
    smallest_t_difference,
)

Z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)


def test_millers_sample_size() -> None:
    # Miller 2024, section 5: w^2 = 1/9, a difference of 3 points, and repeats without end.
    assert cases_needed(0.03, 1 / 9, 0.95) == 969
    assert pytest.approx(968.997, abs=5e-4) == Z**2 / 9 / 0.03**2
    assert smallest_difference(968.997, 1 / 9, 0.95) == pytest.approx(0.03, abs=1e-7)


@pytest.mark.parametrize(("repeats", "smallest"), [(10, 0.0757), (1, 0.1327)])
def test_millers_smallest_differences(repeats: int, smallest: float) -> None:
    variance = paired_variance(1 / 9, 1 / 6, 1 / 6, (repeats, repeats))
    assert smallest_difference(198, variance, 0.95) == pytest.approx(smallest, abs=5e-5)


@given(st.floats(0.001, 1), st.floats(0.0001, 2), st.floats(0.5, 0.999), st.floats(0.5, 0.99))
def test_one_formula_is_the_other_backwards(
    difference: float, variance: float, confidence: float, power: float
) -> None:
    n = cases_needed(difference, variance, confidence, power)
    assert smallest_difference(n, variance, confidence, power) <= difference * (1 + 1e-9)
    if n > 1:
        assert smallest_difference(n - 1, variance, confidence, power) >= difference * (1 - 1e-9)


def test_connors_sample_size() -> None:
    # Connor 1987: (1.959964 sqrt(.3) + .841621 sqrt(.3 - .01))^2 / .01
    expected = (1.959964 * math.sqrt(0.3) + 0.841621 * math.sqrt(0.29)) ** 2 / 0.01
    assert shares_needed(0.1, 0.3, 0.95) == math.ceil(expected) == 234


@given(st.integers(20, 5000), st.floats(0, 1))
def test_the_smallest_share_difference_takes_those_cases(n: int, differing: float) -> None:
    found = smallest_share_difference(n, differing, 0.95)
    assert 0 < found <= 1
    assert shares_needed(found, max(differing, found), 0.95) <= n + 1
    assert smallest_share_difference(n * 2, differing, 0.95) < found


def test_with_few_cases_no_difference_is_found_for_sure() -> None:
    assert smallest_share_difference(1, 0.0, 0.95) == 1.0


def test_few_degrees_of_freedom_take_a_larger_difference() -> None:
    expected = stats.t.ppf(0.975, 9) + stats.t.ppf(0.8, 9)
    assert smallest_t_difference(1.0, 9, 0.95) == pytest.approx(expected)
    assert smallest_t_difference(0.0, 0, 0.95) == 0.0


@pytest.mark.parametrize(
    ("call", "wrong"),
    [
        (lambda: cases_needed(0, 1, 0.95), "difference is 0"),
        (lambda: cases_needed(float("nan"), 1, 0.95), "difference is nan"),
        (lambda: cases_needed(1, -1, 0.95), "variance is -1"),
        (lambda: cases_needed(1, 1, 0.95, 1.0), "power is 1"),
        (lambda: cases_needed(1, 1, 95), "confidence is 95"),
        (lambda: shares_needed(0.4, 0.3, 0.95), "share that differs"),
        (lambda: smallest_difference(0, 1, 0.95), "n is 0"),
        (lambda: paired_variance(-1, 0, 0), "variances"),
        (lambda: paired_variance(1, 1, 1, (0, 1)), "repeats"),
    ],
)
def test_what_cannot_be_is_named(call, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        call()
