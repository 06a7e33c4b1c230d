"""Which unit belongs to which arm."""

from __future__ import annotations

import random
from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ajar.evidence.assign import arm_at, place, unit_hash

SALT = bytes(range(32))
UNITS = [unit_hash(SALT, "r", b"unit-%d" % number) for number in range(20_000)]

places = st.floats(0, 1, exclude_max=True)


def test_known_answers() -> None:
    """Whoever changes these gives each unit of a running experiment another model."""
    one, other = unit_hash(SALT, "support-triage", b"user-1"), unit_hash(b"", "r", "Zoë".encode())
    assert one == "45e548c4ca8ff17aa7c62a442e417288"
    assert other == "b47bf14c6819e7236536f82059a196ea"
    assert (place("exp-1", one), place("exp-2", one), place("exp-1", other)) == (
        0.04270127242271948,
        0.1421034271866367,
        0.5045047317448879,
    )


def test_salt_route_and_unit_make_another_hash_each() -> None:
    made = [
        unit_hash(SALT, "r", b"u"),
        unit_hash(SALT[1:], "r", b"u"),
        unit_hash(SALT, "ru", b""),
        unit_hash(SALT, "r", b"v"),
        unit_hash(SALT, "r", b"u" * 100_000),
    ]
    assert len(set(made)) == len(made)
    assert all(len(each) == 32 for each in made)


def test_places_are_uniform() -> None:
    drawn = [place("e", unit) for unit in UNITS]
    assert min(drawn) >= 0
    assert max(drawn) < 1
    assert stats.kstest(drawn, "uniform").pvalue > 0.001


def test_a_units_place_in_one_experiment_says_nothing_of_its_place_in_another() -> None:
    first, second = ([place(name, unit) for unit in UNITS] for name in ("e", "e2"))
    assert abs(stats.pearsonr(first, second).statistic) < 4 / sqrt(len(UNITS))
    quarters = [[0] * 4 for _ in range(4)]
    for one, other in zip(first, second, strict=True):
        quarters[int(4 * one)][int(4 * other)] += 1
    assert stats.chi2_contingency(quarters).pvalue > 0.001


@pytest.mark.parametrize("percents", [(1.0,), (5.0,), (50.0,), (0.0,), (10.0, 20.0)])
def test_shares_are_met(percents: tuple[float, ...]) -> None:
    arms = [arm_at(percents, place("e", unit)) for unit in UNITS]
    for arm, percent in enumerate(percents, 1):
        low, high = stats.binom.interval(0.9999, len(UNITS), percent / 100)
        assert low <= arms.count(arm) <= high


def test_the_edges() -> None:
    last = (2**53 - 1) * 2.0**-53
    assert [arm_at((100.0,), at) for at in (0.0, 0.5, last)] == [1, 1, 1]
    assert [arm_at((0.0,), at) for at in (0.0, 0.5, last)] == [0, 0, 0]
    assert [arm_at((), at) for at in (0.0, last)] == [0, 0]
    assert [arm_at((25.0, 25.0), at) for at in (0.0, 0.2499, 0.25, 0.4999, 0.5)] == [1, 1, 2, 2, 0]


@given(st.lists(st.floats(0, 100), min_size=2, max_size=6).map(sorted), places)
def test_while_the_share_grows_no_unit_of_the_candidate_falls_back_to_the_control(
    steps: list[float], at: float
) -> None:
    for before, after in pairwise(arm_at((percent,), at) for percent in steps):
        assert after >= before


@given(st.lists(st.tuples(st.floats(0, 25), st.floats(0, 25)), min_size=1, max_size=3), places)
def test_nor_with_several_candidates(shares: list[tuple[float, float]], at: float) -> None:
    before = [percent for percent, _ in shares]
    after = [percent + more for percent, more in shares]
    if arm_at(before, at):
        assert arm_at(after, at)


def test_units_that_come_in_any_order_get_the_same() -> None:
    shuffled = random.Random(1).sample(UNITS, 1000)
    once = {unit: arm_at((5.0,), place("e", unit)) for unit in shuffled}
    assert once == {unit: arm_at((5.0,), place("e", unit)) for unit in reversed(shuffled)}
