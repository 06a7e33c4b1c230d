"""Tango's interval, beside a likelihood that is searched through, and beside published ones."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from ajar.evidence.tango import score, tango


def brute_score(wins: int, losses: int, n: int, difference: float) -> float:
    """From the definition: the chance of a loss that is likeliest under `difference`, found by search."""

    def against(q: float) -> float:
        parts = [(wins, q + difference), (losses, q), (n - wins - losses, 1 - 2 * q - difference)]
        return -sum(count * math.log(max(chance, 1e-300)) for count, chance in parts if count)

    low, high = max(0.0, -difference), (1 - difference) / 2
    q = optimize.minimize_scalar(against, bounds=(low, high), method="bounded", options={"xatol": 1e-13}).x
    q = min((low, q, high), key=against)
    spread = math.sqrt(n * (2 * q + difference * (1 - difference)))
    return (wins - losses - n * difference) / spread


def brute_ends(wins: int, losses: int, n: int) -> tuple[float, float]:
    z, seen = stats.norm.ppf(0.975), (wins - losses) / n

    def end(sign: int, least: float, most: float) -> float:
        return optimize.brentq(lambda at: brute_score(wins, losses, n, at) - sign * z, least, most, xtol=1e-12)

    low, high = end(1, -1 + 1e-9, seen - 1e-9), end(-1, seen + 1e-9, 1 - 1e-9)
    return low, high


@pytest.mark.parametrize(
    ("wins", "losses", "n"),
    [(12, 2, 50), (1, 0, 44), (16, 2, 32), (0, 0, 30), (0, 5, 30), (20, 19, 40), (476, 147, 1000), (3, 0, 4)],
)
def test_as_a_search_through_the_likelihood_finds_it(wins: int, losses: int, n: int) -> None:
    low, high = tango(wins, losses, n, 0.95)
    assert (low, high) == pytest.approx(brute_ends(wins, losses, n), abs=2e-6)


# Complete response before and after consolidation therapy (Cavo 2012): the R package contingencytables 3.0.0, to M. W.
# Fagerland, S. Lydersen, P. Laake (2017), Statistical Analysis of Contingency Tables, chapter 8. Airway
# hyper-responsiveness before and after stem cell transplantation (Bentur 2009): the same, Statistics in Medicine (2014)
# 33:2850-2875, table V.
@pytest.mark.parametrize(
    ("wins", "losses", "n", "low", "high"), [(6, 16, 161, -0.1240, -0.0054), (1, 7, 21, -0.517, -0.026)]
)
def test_the_published_intervals(wins: int, losses: int, n: int, low: float, high: float) -> None:
    digits = len(str(abs(high))) - 2
    assert [round(float(end), digits) for end in tango(wins, losses, n, 0.95)] == [low, high]


def test_where_no_case_differs_it_is_known_in_closed_form() -> None:
    z = stats.norm.ppf(0.975)
    for n in (1, 2, 30, 600, 10**6):
        low, high = tango(0, 0, n, 0.95)
        assert (low, high) == pytest.approx((-z * z / (n + z * z), z * z / (n + z * z)), rel=1e-14)


cases = st.integers(1, 300).flatmap(
    lambda n: st.integers(0, n).flatmap(lambda b: st.tuples(st.just(b), st.integers(0, n - b), st.just(n)))
)


@settings(max_examples=200)
@given(cases, st.floats(0.5, 0.999))
def test_its_properties(counts: tuple[int, int, int], confidence: float) -> None:
    wins, losses, n = counts
    low, high = tango(wins, losses, n, confidence)
    seen = (wins - losses) / n
    assert -1 <= low <= seen <= high <= 1
    assert low < high
    other = tango(losses, wins, n, confidence)
    assert (-other[1], -other[0]) == (low, high)
    wider = tango(wins, losses, n, (1 + confidence) / 2)
    assert wider[0] <= low
    assert wider[1] >= high
    z = stats.norm.ppf((1 + confidence) / 2)
    for end, sign in ((low, 1), (high, -1)):
        if abs(end) < 1:
            # The score crosses the quantile between the neighbours of the end.
            nearby = [float(score(wins, losses, n, np.clip(end + step, -1, 1))) for step in (-1e-12, 1e-12)]
            assert nearby[0] >= sign * z >= nearby[1] or nearby == pytest.approx([sign * z] * 2, rel=1e-6)


@given(cases)
def test_the_score_falls_with_the_difference(counts: tuple[int, int, int]) -> None:
    scores = [float(score(*counts, at)) for at in np.linspace(-1, 1, 41)]
    assert all(one >= other for one, other in pairwise(scores))
    assert not any(math.isnan(each) for each in scores)


def test_the_extremes() -> None:
    assert tango(10, 0, 10, 0.95)[1] == 1.0
    assert tango(0, 10, 10, 0.95)[0] == -1.0
    low, high = tango(1, 0, 1, 0.95)
    assert -1 < low < 0 < high == 1
    assert float(score(0, 0, 9, 0.0)) == 0.0
    assert float(score(9, 0, 9, -1.0)) == math.inf


def test_arrays_are_taken_as_a_whole() -> None:
    low, high = tango([3, 0, 5], [1, 0, 5], 40, 0.9)
    for at, (wins, losses) in enumerate([(3, 1), (0, 0), (5, 5)]):
        assert (low[at], high[at]) == tango(wins, losses, 40, 0.9)


@pytest.mark.parametrize("counts", [(-1, 0, 5), (3, 3, 5), (0, 0, 0), (float("nan"), 0, 5)])
def test_what_cannot_be_is_named(counts: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="wins and losses"):
        tango(*counts, 0.95)


def test_differences_of_more_than_all_are_none() -> None:
    with pytest.raises(ValueError, match="between -1 and 1"):
        score(1, 1, 5, 1.5)
