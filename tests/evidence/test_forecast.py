"""That one number of cases is told from another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ajar.evidence.compare import LEAST_CASES, LEAST_CLUSTERS, LEAST_ENDLESS, LEAST_SINGLE, compare
from ajar.evidence.forecast import Means, Shares, like
from ajar.evidence.power import shares_needed
from ajar.evidence.verdict import decide

if TYPE_CHECKING:
    from ajar.evidence.comparison import Comparison

RNG = np.random.default_rng(5)


def scores(n: int, spread: float = 0.2, **more) -> Comparison:
    values = np.clip(RNG.normal(0.5, spread, n), 0, 1)
    return compare(values, np.full(n, 0.5), 0.95, single=False, bounds=(0, 1), **more)


def binary(wins: int, losses: int, n: int) -> Comparison:
    ours = np.repeat([1.0, 0.0, 1.0], [wins, losses, n - wins - losses])
    theirs = np.repeat([0.0, 1.0, 1.0], [wins, losses, n - wins - losses])
    return compare(ours, theirs, 0.95, single=True)


def test_shares_are_connors() -> None:
    assert Shares(0.3).cases(0.1, 0.95, 0.8) == shares_needed(0.1, 0.3, 0.95) == 234
    assert Shares(0.3).smallest(234, 0.95, 0.8) == pytest.approx(0.1, rel=0.003)


def test_without_any_case_that_differs_it_still_takes_cases() -> None:
    found = like(binary(0, 0, 600))
    assert found.cases(0.02, 0.95, 0.8) == shares_needed(0.02, 0.02, 0.95) > 300


@pytest.mark.parametrize("confidence", [0.9, 0.999])
def test_few_passes_and_fails_find_nothing(confidence: float) -> None:
    found = Shares(1.0)
    least = found.cases(1.0, confidence, 0.8)
    assert least is not None
    assert least >= LEAST_SINGLE
    assert found.smallest(least, confidence, 0.8) is not None
    assert found.smallest(least - 1, confidence, 0.8) is None


@pytest.mark.parametrize("n", [40, 600])
def test_for_its_own_cases_it_is_what_the_comparison_says(n: int) -> None:
    one, other = scores(n), binary(n // 10, n // 20, n)
    assert like(one).smallest(n, 0.95, 0.8) == pytest.approx(one.smallest)
    assert like(other).smallest(n, 0.95, 0.8) == pytest.approx(other.smallest)


def test_fewer_cases_than_those_of_the_run() -> None:
    found = like(scores(2000))
    cases = found.cases(0.05, 0.95, 0.8)
    assert cases is not None
    assert 100 < cases < 200
    assert found.smallest(cases, 0.95, 0.8) == pytest.approx(0.05, rel=0.02)
    assert found.cases(0.9, 0.95, 0.8) == LEAST_CASES
    more, surer = found.cases(0.05, 0.95, 0.95), found.cases(0.05, 0.99, 0.8)
    assert more is not None
    assert surer is not None
    assert min(more, surer) > cases


def test_as_many_cases_as_are_asked_for_find_it() -> None:
    cases = like(scores(100)).cases(0.03, 0.95, 0.8)
    assert cases is not None

    def passes() -> bool:
        ours = np.clip(RNG.normal(0.53, 0.2, cases), 0, 1)
        return decide(compare(ours, np.full(cases, 0.5), 0.95, single=False, bounds=(0, 1)), 0).verdict == "PASS"

    assert sum(passes() for _ in range(500)) / 500 == pytest.approx(0.8, abs=0.1)


def test_it_takes_enough_clusters() -> None:
    found = like(scores(200, clusters=np.arange(200) % 5))
    assert found.cases(0.9, 0.95, 0.8) == 200 * LEAST_CLUSTERS // 5


def test_it_takes_enough_clusters_for_what_they_may_not_show() -> None:
    def clustered(count: int, shift: float) -> Comparison:
        differences = np.repeat(RNG.normal(shift, 0.02, count), 5)
        labels = np.arange(5 * count) // 5
        ours, theirs = (1 + differences) / 2, (1 - differences) / 2
        return compare(ours, theirs, 0.95, single=False, clusters=labels, bounds=(0, 1))

    found = clustered(60, 0.0)
    cases = like(found).cases(0.04, 0.95, 0.8)
    assert cases is not None
    assert cases > 5 * 3.69 / 0.04
    verdicts = [decide(clustered(-(-cases // 5), 0.04), 0.0).verdict for _ in range(300)]
    assert verdicts.count("PASS") / 300 >= 0.75
    assert found.smallest == pytest.approx(like(found).smallest(300, 0.95, 0.8))
    assert found.smallest > 3.68 / 60


def test_on_a_scale_without_ends_enough_cases_must_differ() -> None:
    ours = np.zeros(800)
    ours[:4] = [5, -5, 5, -5]
    found = like(compare(ours, np.zeros(800), 0.95, single=False))
    assert found.smallest(800, 0.95, 0.8) is None
    assert found.cases(1.0, 0.95, 0.8) == 2047
    assert found.smallest(2047, 0.95, 0.8) is not None


def test_on_a_scale_without_ends_clusters_count() -> None:
    values = RNG.normal(0, 10, 800)
    found = like(compare(values, np.zeros(800), 0.95, single=False, clusters=np.arange(800) // 4))
    assert found.cases(50, 0.95, 0.8) == 4 * LEAST_ENDLESS


def test_a_few_slow_cases_take_more_of_their_kind() -> None:
    values = np.append(RNG.normal(0, 10, 797), [120.0, 130, 140])
    found = like(compare(values, np.zeros(800), 0.95, single=False))
    cases = found.cases(10, 0.95, 0.8)
    assert cases is not None
    # Of the noise, a few lie out farthest too.
    assert 800 * 10.2 / 7 < cases < 800 * 10.3 / 3
    few, many = found.smallest(800, 0.95, 0.8), found.smallest(3000, 0.95, 0.8)
    assert few is not None
    assert many is not None
    assert few > 10 > 2 > many


def test_what_has_no_spread_says_nothing() -> None:
    same = np.full(300, 7.0)
    found = like(compare(same, same, 0.95, single=False))
    assert isinstance(found, Means)
    assert (found.cases(5, 0.95, 0.8), found.smallest(300, 0.95, 0.8)) == (None, None)
    with pytest.raises(ValueError, match="no spread"):
        like(compare([], [], 0.95, single=True))
