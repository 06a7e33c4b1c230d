"""That one number of cases is told from another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ajar.evidence.compare import LEAST_CASES, LEAST_CLUSTERS, LEAST_SINGLE, compare
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


def test_what_has_no_spread_says_nothing() -> None:
    same = np.full(300, 7.0)
    found = like(compare(same, same + 1, 0.95, single=False))
    assert isinstance(found, Means)
    assert (found.cases(5, 0.95, 0.8), found.smallest(300, 0.95, 0.8)) == (None, None)
    with pytest.raises(ValueError, match="no spread"):
        like(compare([], [], 0.95, single=True))
