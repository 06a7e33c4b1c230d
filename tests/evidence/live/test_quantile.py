"""Evidence of larger quantiles, beside published numbers, all outcomes and brute force."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.evidence.live.quantile import Coins, log_larger, quantile_p_value


def test_as_confseq_has_it() -> None:
    ours = np.arange(1, 201.0)
    found = [quantile_p_value(ours, ours + 30, p, 200) for p in (0.5, 0.9)] + [
        quantile_p_value(ours, ours + 60, 0.5, 200)
    ]
    assert found == pytest.approx([0.214695, 3.41185e-4, 1.31348e-6], rel=3e-6)
    # More of its digits, from its header compiled.
    assert found == pytest.approx([0.214694674757, 0.000341185379928, 1.31347769265e-06], rel=1e-9)


def test_either_way_round_is_the_same() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=80), rng.normal(0.5, size=61)
    assert quantile_p_value(a, b, 0.5, 100) == pytest.approx(quantile_p_value(b, a, 0.5, 100))
    assert quantile_p_value(a, a, 0.5, 100) == 1


# BetaBinomialMixture of confseq 0.0.11, t_opt 500, alpha_opt .05: two-sided and one-sided, for counts of 20.
MIXTURES = [
    (0.5, 0, 2.35386545475, -1.21467548553),
    (0.5, 3, 1.07509748457, -0.966478180226),
    (0.5, 19, 1.87584684447, 2.2239706375),
    (0.95, 0, 22.5810199043, -2.66617262166),
    (0.95, 10, 6.07877664671, -1.95423113318),
    (0.95, 20, 0.133264671513, 0.380788096749),
]


@pytest.mark.parametrize(("p", "count", "either", "more"), MIXTURES)
def test_the_mixtures_are_those_of_confseq(p: float, count: int, either: float, more: float) -> None:
    counts = np.array([float(count)])
    assert float(Coins(p, 500, sided=False).either(count / 20, 20)) == pytest.approx(either, rel=1e-10)
    assert float(Coins(p, 500, sided=True).more(counts, 20)[0]) == pytest.approx(more, rel=1e-10)
    # Fewer below p is more above 1 - p.
    assert float(Coins(1 - p, 500, sided=True).fewer(20 - counts, 20)[0]) == pytest.approx(more, rel=1e-10)


@pytest.mark.parametrize("p", [0.5, 0.95])
def test_coins_make_no_evidence_on_average(p: float) -> None:
    coins, n, counts = Coins(p, 100, sided=True), 40, np.arange(41.0)
    for chance, evidence, fair in ((p, coins.more, True), (p / 2, coins.more, False), (p, coins.fewer, True)):
        likely = np.array([math.comb(n, int(k)) * chance**k * (1 - chance) ** (n - k) for k in counts])
        mean = float((likely * np.exp(evidence(counts, n))).sum())
        assert mean == pytest.approx(1) if fair else mean < 1


values = st.lists(st.integers(0, 12), min_size=1, max_size=60).map(lambda each: np.sort(np.array(each, dtype=float)))


@given(values, values, st.sampled_from([0.5, 0.8, 0.95]))
def test_the_smallest_over_every_place(larger, other, p: float) -> None:
    coins = Coins(p, 50, sided=True)
    places = np.concatenate([[-1.0], np.arange(0, 12.6, 0.5)])
    every = [
        float(coins.fewer(np.array([(larger <= x).sum()]), len(larger))[0])
        + float(coins.more(np.array([(other < x).sum()]), len(other))[0])
        for x in places
    ]
    assert log_larger(larger, other, coins) == pytest.approx(min(every), abs=1e-9)


@pytest.mark.parametrize(("ours", "theirs"), [((0.5, 0.3, 0.2), (0.5, 0.3, 0.2)), ((0.6, 0.2, 0.2), (0.4, 0.3, 0.3))])
def test_not_larger_makes_no_evidence_on_average(ours: tuple[float, ...], theirs: tuple[float, ...]) -> None:
    # All outcomes of four units an arm that have one of three values; the first arm's median is not larger.
    coins, mean = Coins(0.5, 8, sided=True), 0.0
    sorted_outcomes = {}
    for name, chances in (("ours", ours), ("theirs", theirs)):
        found: dict[tuple[int, ...], float] = {}
        for outcome in product(range(3), repeat=4):
            key = tuple(sorted(outcome))
            found[key] = found.get(key, 0.0) + math.prod(chances[each] for each in outcome)
        sorted_outcomes[name] = found
    for one, chance in sorted_outcomes["ours"].items():
        for other, likely in sorted_outcomes["theirs"].items():
            mean += chance * likely * math.exp(log_larger(np.array(one, float), np.array(other, float), coins))
    assert mean <= 1


def test_it_finds_a_larger_quantile_and_not_a_smaller_one() -> None:
    rng = np.random.default_rng(1)
    slow, fast = np.sort(rng.lognormal(0.5, 0.5, 2000)), np.sort(rng.lognormal(0, 0.5, 2000))
    coins = Coins(0.95, 500, sided=True)
    assert log_larger(slow, fast, coins) > math.log(1000)
    assert log_larger(fast, slow, coins) < 0


@pytest.mark.parametrize("p", [0.5, 0.95])
def test_many_units_stay_within_the_floats(p: float) -> None:
    rng = np.random.default_rng(1)
    a, b = np.sort(rng.random(40_000)), np.sort(rng.random(40_000))
    coins = Coins(p, 500, sided=True)
    assert -30 < log_larger(a, b, coins) < 2
    assert log_larger(a + 1, b, coins) > 1000
    # Where the incomplete beta function is no float any more, its first term goes on without a step.
    counts = np.arange(0.0, 40_001.0)
    for evidence in (coins.more(counts, 40_000), -coins.fewer(counts, 40_000)):
        assert np.isfinite(evidence).all()
        assert (np.diff(evidence) > -0.05).all()


def test_without_units_there_is_no_evidence() -> None:
    coins = Coins(0.5, 100, sided=True)
    assert log_larger(np.array([]), np.array([1.0]), coins) == log_larger(np.array([1.0]), np.array([]), coins) == 0
