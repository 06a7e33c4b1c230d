"""Comparisons of two models."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ajar.evidence.compare import compare
from ajar.evidence.mcnemar import mcnemar
from ajar.evidence.tango import tango

CONFIDENCE = 0.95


def binary(wins: int, losses: int, both: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    ours = np.repeat([1.0, 0.0, 1.0, 0.0], [wins, losses, both, neither])
    theirs = np.repeat([0.0, 1.0, 1.0, 0.0], [wins, losses, both, neither])
    return ours, theirs


def test_gpt_4_between_march_and_june() -> None:
    # LLMDrift, PRIME_FULL_EVAL.csv: 1,000 cases, .840 in March and .511 in June; 476 got lost and 147 were gained.
    ours, theirs = binary(147, 476, 364, 13)
    assert (ours.mean(), theirs.mean()) == (0.511, 0.840)
    found = compare(ours, theirs, CONFIDENCE, single=True)
    assert (found.wins, found.losses, found.ties, found.n) == (147, 476, 377, 1000)
    assert found.difference == pytest.approx(-0.329)
    assert found.mcnemar_p == pytest.approx(2.106e-41, rel=5e-4)
    assert (found.low, found.high) == tango(147, 476, 1000, CONFIDENCE)
    # With repeats it would be t's: the paired standard error is larger than the unpaired one here.
    paired = compare(ours, theirs, CONFIDENCE, single=False)
    assert paired.se == pytest.approx(0.022700, abs=5e-7)
    assert math.hypot(stats.sem(ours), stats.sem(theirs)) == pytest.approx(0.019613, abs=1e-5)
    assert np.corrcoef(ours, theirs)[0, 1] == pytest.approx(-0.356, abs=5e-4)


def test_single_binary_cases_get_tangos_interval_and_mcnemar_beside_it() -> None:
    found = compare(*binary(12, 2, 20, 10), CONFIDENCE, single=True)
    assert (found.method, found.se, found.df, found.limited) == ("tango", None, None, None)
    assert found.mcnemar_p == mcnemar(12, 2)
    assert (found.low, found.high) == tango(12, 2, 44, CONFIDENCE)


def test_clusters_take_the_same_cases_to_t() -> None:
    ours, theirs = binary(30, 20, 200, 50)
    found = compare(ours, theirs, CONFIDENCE, clusters=np.arange(300) // 3, single=True, bounds=(0, 1))
    assert (found.method, found.clusters, found.mcnemar_p) == ("clustered-t", 100, None)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=8, max_size=60))
def test_all_else_is_the_paired_t_test(pairs: list[tuple[float, float]]) -> None:
    ours, theirs = map(np.array, zip(*pairs, strict=True))
    differences = ours - theirs
    if differences.std() < 1e-6:
        return
    found = compare(ours, theirs, CONFIDENCE, single=False)
    expected = stats.ttest_rel(ours, theirs).confidence_interval(CONFIDENCE)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-7, abs=1e-9)
    assert found.low <= found.difference <= found.high
    assert found.se == pytest.approx(stats.sem(differences), rel=1e-7)
    assert found.smallest == pytest.approx(
        (stats.t.ppf(0.975, len(pairs) - 1) + stats.t.ppf(0.8, len(pairs) - 1)) * stats.sem(differences), rel=1e-7
    )


arms = st.integers(1, 60).flatmap(
    lambda n: st.tuples(*(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=n, max_size=n) for _ in "ab"))
)


@given(arms, st.sampled_from([None, (0.0, 1.0)]), st.floats(0.5, 0.99))
def test_the_arms_may_change_places(
    given: tuple[list[float], list[float]], bounds: tuple[float, float] | None, confidence: float
) -> None:
    found = compare(given[0], given[1], confidence, single=False, bounds=bounds)
    other = compare(given[1], given[0], confidence, single=False, bounds=bounds)
    assert (-other.high, -other.low, -other.difference) == pytest.approx((found.low, found.high, found.difference))
    assert (other.losses, other.wins, other.ties) == (found.wins, found.losses, found.ties)
    assert (other.limited, other.smallest) == (found.limited, pytest.approx(found.smallest))
    assert found.low <= found.difference <= found.high
    wider = compare(given[0], given[1], (1 + confidence) / 2, single=False, bounds=bounds)
    assert wider.low <= found.low
    assert wider.high >= found.high


@given(arms, st.randoms())
def test_the_order_of_cases_does_not_matter(given: tuple[list[float], list[float]], random) -> None:
    order = list(range(len(given[0])))
    random.shuffle(order)
    one = compare(given[0], given[1], CONFIDENCE, single=False, bounds=(0, 1))
    other = compare(
        [given[0][at] for at in order], [given[1][at] for at in order], CONFIDENCE, single=False, bounds=(0, 1)
    )
    assert (other.low, other.high, other.difference) == pytest.approx((one.low, one.high, one.difference))


def even(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of two arms that differ in many cases and evenly so."""
    rng = np.random.default_rng(n)
    return rng.uniform(0, 1, n), rng.uniform(0, 1, n)


@pytest.mark.parametrize(
    ("n", "clusters", "reason"),
    [
        (29, None, "there are 29 cases, and it takes 30"),
        (1, None, "there is 1 case, and it takes 30"),
        (30, None, None),
        (90, 9, "there are 9 clusters, and it takes 10"),
        (90, 1, "there is 1 cluster, and it takes 10"),
        (90, 10, None),
        (20, 10, "there are 20 cases, and it takes 30"),
    ],
)
def test_few_cases_or_clusters_cannot_pass(n: int, clusters: int | None, reason: str | None) -> None:
    labels = None if clusters is None else np.arange(n) % clusters
    assert compare(*even(n), CONFIDENCE, clusters=labels, single=False, bounds=(0, 1)).limited == reason


def test_few_binary_cases_cannot_pass() -> None:
    assert compare([1] * 9, [0] * 9, CONFIDENCE, single=True).limited == "there are 9 cases, and it takes 10"
    assert compare([1] * 10, [0] * 10, CONFIDENCE, single=True).limited is None


def test_a_scale_without_ends_takes_more_cases() -> None:
    found = compare(*even(599), CONFIDENCE, single=False)
    assert found.limited == "there are 599 cases, and it takes 600 where the scale has no ends"
    assert compare(*even(600), CONFIDENCE, single=False).limited is None
    clustered = compare(*even(1200), CONFIDENCE, clusters=np.arange(1200) // 4, single=False)
    assert clustered.limited == "there are 300 clusters, and it takes 600 where the scale has no ends"


@pytest.mark.parametrize(("ours", "theirs", "n"), [(0.51, 0.93, 12), (0.01, 0.37, 6)])
@pytest.mark.parametrize("ends", [True, False])
def test_the_difference_lies_within_its_interval(ours: float, theirs: float, n: int, ends: bool) -> None:
    # The mean of equal differences may be rounded to one step of the floats beyond the scale's end.
    bounds = (ours, theirs) if ends else None
    found = compare([ours] * n, [theirs] * n, CONFIDENCE, single=False, bounds=bounds)
    assert found.low <= found.difference <= found.high


@pytest.mark.parametrize("clusters", [None, np.arange(600) // 6])
def test_arms_that_never_differ_are_not_known_to_be_the_same(clusters: np.ndarray | None) -> None:
    same = np.ones(600)
    scored = compare(same, same, CONFIDENCE, clusters=clusters, single=False, bounds=(0, 1))
    units = 600 if clusters is None else 100
    assert scored.high == -scored.low == pytest.approx(3.689 / units, abs=1e-4)
    assert scored.limited is None
    assert scored.smallest == pytest.approx(scored.high)
    few = same[:599]
    unknown = compare(few, few, CONFIDENCE, clusters=None if clusters is None else clusters[:599], single=False)
    unit = "cases" if clusters is None else "clusters"
    assert unknown.limited == f"the difference is the same in all of the {unit}, which says too little of its spread"


def test_enough_cases_that_never_differ_say_something_without_ends_too() -> None:
    tokens = np.random.default_rng(1).integers(50, 350, 600).astype(float)
    found = compare(tokens, tokens, CONFIDENCE, single=False)
    assert found.limited is None
    assert found.high == -found.low == pytest.approx(3.689 / 600 * np.ptp(tokens), rel=1e-3)
    one = np.append(tokens[:-1], tokens[-1] + 1)
    assert compare(one, tokens, CONFIDENCE, single=False).limited is not None


def test_passes_and_fails_in_clusters_have_the_ends_of_a_share() -> None:
    same = np.ones(600)
    found = compare(same, same, CONFIDENCE, clusters=np.arange(600) // 6, single=True)
    assert (found.limited, found.width) == (None, 1)


def test_what_costs_nothing_in_any_case_is_free() -> None:
    nothing = np.zeros(200)
    found = compare(nothing, nothing, CONFIDENCE, single=False)
    assert (found.low, found.high, found.limited) == (0, 0, None)
    assert compare(nothing[:9], nothing[:9], CONFIDENCE, single=False).limited == "there are 9 cases, and it takes 30"
    once = np.append(nothing, 0.01)
    assert compare(once, once, CONFIDENCE, single=False).limited is not None


def test_a_few_differences_on_an_unknown_scale_say_too_little() -> None:
    ours = np.full(200, 80.0)
    theirs = ours.copy()
    theirs[:3] = 90
    found = compare(ours, theirs, CONFIDENCE, single=False)
    assert found.limited is not None
    assert "all but 3 of the cases" in found.limited
    assert compare(ours / 100, theirs / 100, CONFIDENCE, single=False, bounds=(0, 1)).limited is None


def test_one_case() -> None:
    for bounds in (None, (0.0, 1.0)):
        found = compare([1.0], [0.0], CONFIDENCE, single=False, bounds=bounds)
        assert (found.n, found.se, found.high) == (1, None, 1.0)
        assert found.low < 0


def test_no_case() -> None:
    for single in (True, False):
        found = compare([], [], CONFIDENCE, single=single, bounds=(0, 1))
        assert (found.n, found.low, found.high, found.smallest) == (0, -1.0, 1.0, 1.0)
        assert found.limited == "no case has a value of both models"


@pytest.mark.parametrize(
    ("call", "wrong"),
    [
        (lambda: compare([1], [1, 0], 0.95, single=True), "1 of candidate, 2 of baseline"),
        (lambda: compare([0.5], [1], 0.95, single=True), "single values must be 0 or 1"),
        (lambda: compare([1, math.nan], [1, 0], 0.95, single=False), r"candidate\[1\] is nan"),
        (lambda: compare([1, 1], [math.inf, 0], 0.95, single=False), r"baseline\[0\] is inf"),
        (lambda: compare([2], [1], 0.95, single=False, bounds=(0, 1)), r"candidate\[0\] is 2.0"),
        (
            lambda: compare([1, 1e101], [1, 0], 0.95, single=False),
            r"candidate\[1\] is 1e\+101, .* at most 1e\+100 in size",
        ),
        (lambda: compare([1], [1], 95, single=True), "confidence is 95"),
        (lambda: compare([1], [1], 0.95, single=False, clusters=[1, 2]), "one cluster for each of the 1 cases"),
    ],
)
def test_what_cannot_be_is_named(call, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        call()


def test_a_hundred_thousand_cases_take_milliseconds() -> None:
    import time

    ours, theirs = even(100_000)
    took = []
    for _ in range(3):
        started = time.perf_counter()
        compare(ours, theirs, CONFIDENCE, clusters=np.arange(100_000) // 20, single=False, bounds=(0, 1))
        took.append(time.perf_counter() - started)
    assert min(took) < 0.3
