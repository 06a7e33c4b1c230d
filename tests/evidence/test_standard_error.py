"""Standard errors of cases and of clusters of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.evidence.standard_error import standard_error

# The fixture of the clustered standard error in Inspect and in statsmodels' OLS on a constant with cov_type="cluster".
SCORES = np.array([1, 1, 0, 0, 1, 1, 1, 0, 0, 1], dtype=float)
CLUSTERS = [0, 0, 0, 1, 1, 1, 2, 2, 3, 3]

values = st.lists(st.floats(-100, 100), min_size=2, max_size=40).map(np.array)


def test_the_published_fixture() -> None:
    naive, clustered = standard_error(SCORES), standard_error(SCORES, CLUSTERS)
    assert naive.se == pytest.approx(0.163299, abs=5e-7)
    assert clustered.se == pytest.approx(0.046188, abs=5e-7)
    assert clustered.se is not None
    assert clustered.se / math.sqrt(4 / 3) == pytest.approx(0.0400, abs=1e-12)
    assert (naive.clusters, clustered.clusters, clustered.n) == (None, 4, 10)


@given(values)
def test_clusters_of_one_are_plain_cases(given: np.ndarray) -> None:
    plain, alone = standard_error(given), standard_error(given, np.arange(len(given)))
    assert alone.se == pytest.approx(plain.se, rel=1e-9, abs=1e-9)
    assert plain.se == pytest.approx(given.std(ddof=1) / math.sqrt(len(given)), rel=1e-9, abs=1e-9)
    assert alone.df == plain.df == len(given) - 1
    assert alone.units == plain.units == len(given)


@given(values, st.data())
def test_neither_the_order_nor_the_names_of_clusters_matter(given: np.ndarray, data: st.DataObject) -> None:
    labels = np.array(data.draw(st.lists(st.integers(0, 5), min_size=len(given), max_size=len(given))))
    order = np.array(data.draw(st.permutations(range(len(given)))))
    one, other = standard_error(given, labels), standard_error(given[order], (97 - 3 * labels)[order])
    assert other.mean == one.mean
    assert other.df == pytest.approx(one.df)
    assert (other.se is None) == (one.se is None)
    if one.se is not None:
        assert other.se == pytest.approx(one.se, rel=1e-6, abs=1e-9)


def brute_degrees(sizes: list[int], alike: float) -> float:
    """Satterthwaite's degrees from the matrices themselves, for cases that correlate by `alike` within a cluster."""
    owner = np.repeat(np.arange(len(sizes)), sizes)
    n = len(owner)
    covariance = np.where(owner[:, None] == owner[None, :], alike, 0.0) + (1 - alike) * np.eye(n)
    residuals = np.eye(n) - np.full((n, n), 1 / n)
    sums = (owner[None, :] == np.arange(len(sizes))[:, None]).astype(float) @ residuals
    form = sums @ covariance @ sums.T
    return float(np.trace(form) ** 2 / np.trace(form @ form))


@pytest.mark.parametrize("sizes", [[1, 2, 3, 4], [5] * 9 + [45], [3, 3, 3], [2, 50], list(range(1, 21))])
def test_degrees_of_freedom_are_those_of_the_harder_working_model(sizes: list[int]) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    found = standard_error(np.random.default_rng(1).normal(size=len(labels)), labels)
    assert found.df == pytest.approx(min(brute_degrees(sizes, 0.0), brute_degrees(sizes, 1.0)))
    assert 1 <= found.df <= len(sizes) - 1 + 1e-9


def test_one_giant_cluster_leaves_hardly_any_independent_ones() -> None:
    labels = [0] * 95 + list(range(1, 20)) * 5
    found = standard_error(np.random.default_rng(1).normal(size=190), labels)
    assert found.clusters == 20
    assert found.units == pytest.approx(3.8)
    assert found.df < 2


def test_equal_values_have_no_spread_whatever_rounding_leaves() -> None:
    found = standard_error(np.array([0.1] * 7 + [0.1] * 23), [at % 7 for at in range(30)])
    assert (found.se, found.mean, found.skew, found.apart) == (0.0, 0.1, 0.0, 0)


def test_one_unit_shows_no_spread() -> None:
    assert standard_error(np.array([3.0])).se is None
    assert standard_error(np.array([3.0, 5.0, 4.0]), [7, 7, 7]).se is None


def test_how_lopsided_it_is() -> None:
    found = standard_error(np.array([-1.0] * 4 + [0.0] * 96))
    p = 0.04
    assert found.skew == pytest.approx(-(1 - 2 * p) / math.sqrt(p * (1 - p)) / 10)
    assert found.apart == 4


def test_without_values_there_is_no_mean() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        standard_error(np.array([]))


def test_a_hundred_thousand_cases_take_milliseconds() -> None:
    import time

    rng = np.random.default_rng(1)
    given, labels = rng.normal(size=100_000), rng.integers(0, 5000, size=100_000)
    took = []
    for _ in range(3):
        started = time.perf_counter()
        standard_error(given, labels)
        took.append(time.perf_counter() - started)
    assert min(took) < 0.2
