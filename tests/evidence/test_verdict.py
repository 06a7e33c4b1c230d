"""Verdicts, their reasons, and what would settle them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.evidence.compare import compare
from ajar.evidence.verdict import cases_to_fail, decide

if TYPE_CHECKING:
    from ajar.evidence.comparison import Comparison

WITHIN = "which is within the margin of 3 points"
BEYOND = "which is more than the margin of 3 points"
ORDER = ("FAIL", "INCONCLUSIVE", "PASS")


def single(wins: int, losses: int, n: int, confidence: float = 0.95) -> Comparison:
    ours = np.repeat([1.0, 0.0], [n - losses, losses])
    theirs = np.repeat([0.0, 1.0], [wins, n - wins])
    return compare(ours, theirs, confidence, single=True)


def graded(shift: float, n: int = 300, seed: int = 1) -> Comparison:
    rng = np.random.default_rng(seed)
    theirs = rng.uniform(0.3, 0.7, n)
    return compare(theirs + shift + rng.normal(0, 0.1, n), theirs, 0.95, single=False)


@pytest.mark.parametrize(
    ("found", "margin", "verdict", "why"),
    [
        (
            single(0, 0, 600),
            0.03,
            "PASS",
            f"the candidate is at most 0.64 points worse, {WITHIN}",
        ),
        (
            single(0, 0, 125),
            0.03,
            "PASS",
            f"the candidate is at most 2.98 points worse, {WITHIN}",
        ),
        (single(60, 5, 600), 0.03, "PASS", "the candidate is at least 6.8 points better"),
        (
            single(5, 60, 600),
            0.03,
            "FAIL",
            f"the candidate is at least 6.8 points worse, {BEYOND}",
        ),
        (single(5, 60, 600), 0.0, "FAIL", "the candidate is at least 6.8 points worse"),
        (
            single(5, 6, 200),
            0.03,
            "INCONCLUSIVE",
            "the candidate is between 4.3 points worse and 3.2 points better, and the margin is 3 points; "
            "about 777 cases would settle it",
        ),
        (
            single(0, 0, 3),
            0.03,
            "INCONCLUSIVE",
            "this comparison cannot pass: there are 3 cases, and it takes 10; about 125 cases would settle it",
        ),
    ],
)
def test_verdicts_say_why(found: Comparison, margin: float, verdict: str, why: str) -> None:
    ruling = decide(found, margin)
    assert (ruling.verdict, ruling.why) == (verdict, why)


def test_what_was_seen_may_be_the_margin_itself() -> None:
    ruling = decide(single(2, 5, 100), 0.03)
    assert ruling.needed is None
    assert ruling.why.endswith("the difference seen is the margin itself, which no number of cases would settle")


def test_less_may_be_better() -> None:
    rng = np.random.default_rng(1)
    theirs = rng.normal(500, 50, 600)
    slower = compare(theirs + rng.normal(40, 30, 600), theirs, 0.95, single=False)
    ruling = decide(slower, 20, "down", unit="ms")
    assert (ruling.verdict, ruling.why) == (
        "FAIL",
        "the candidate is at least 36 ms worse, which is more than the margin of 20 ms",
    )
    assert decide(slower, 20, "up", unit="ms").why.startswith("the candidate is at least 36 ms better")
    assert decide(slower, 50, "down", unit="ms").verdict == "PASS"
    assert ruling.p_fail < 1e-9


comparisons = st.one_of(
    st.integers(1, 200).flatmap(
        lambda n: st.integers(0, n).flatmap(lambda w: st.builds(single, st.just(w), st.integers(0, n - w), st.just(n)))
    ),
    st.builds(graded, st.floats(-0.2, 0.2), st.integers(2, 80), st.integers(0, 99)),
    st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.5, 1.0]), min_size=1, max_size=90).map(
        lambda ours: compare(ours, [0.5] * len(ours), 0.95, single=False, bounds=(0, 1))
    ),
)


@given(comparisons, st.floats(0, 0.5), st.floats(0, 0.5), st.sampled_from(["up", "down"]))
def test_a_wider_margin_never_makes_it_worse(found: Comparison, one: float, other: float, better) -> None:
    tight, wide = decide(found, min(one, other), better), decide(found, max(one, other), better)
    assert ORDER.index(tight.verdict) <= ORDER.index(wide.verdict)
    assert tight.p_fail <= wide.p_fail + 1e-12


@given(comparisons, st.floats(0, 0.5), st.sampled_from(["up", "down"]))
def test_a_verdict_is_what_the_interval_says(found: Comparison, margin: float, better) -> None:
    ruling = decide(found, margin, better)
    low, high = (found.low, found.high) if better == "up" else (-found.high, -found.low)
    assert not (ruling.verdict == "PASS" and (low <= -margin or found.limited))
    sure = found.method == "tango" or (abs(found.skew) <= 0.1 and (found.bounded or (found.apart or 0) >= 8))
    assert not (ruling.verdict == "FAIL" and high >= -margin)
    assert not sure or (ruling.verdict == "FAIL") == (high < -margin)
    if abs(high + margin) > 1e-9:
        assert (ruling.p_fail < 0.025) == (ruling.verdict == "FAIL")
    assert (ruling.verdict == "INCONCLUSIVE") or ruling.needed is None
    assert ruling.needed is None or ruling.needed > found.n
    assert 0 <= ruling.p_fail <= 1
    assert ruling.why
    assert msgspec.json.decode(msgspec.json.encode(ruling)) == msgspec.to_builtins(ruling)


@pytest.mark.parametrize("worse", [True, False])
def test_a_few_much_worse_cases_on_an_unknown_scale_are_not_passed(worse: bool) -> None:
    rng = np.random.default_rng(1)
    theirs = rng.normal(500, 50, 600)
    slow = np.where(np.arange(600) < 6, 400.0, 0.0) * (1 if worse else -1)
    found = compare(theirs + slow, theirs + rng.normal(0, 5, 600), 0.95, single=False)
    ruling = decide(found, 200, "down", unit="ms")
    assert found.limited is None
    assert ruling.verdict == ("INCONCLUSIVE" if worse else "PASS")
    if worse:
        assert "a few cases in which the candidate is much worse make up most of the difference" in ruling.why
        assert ruling.needed is not None


def test_a_milder_tail_takes_more_room_than_the_interval() -> None:
    theirs = np.full(600, 500.0)
    slower = np.append(np.random.default_rng(1).normal(0, 10, 590), [80.0] * 10)
    found = compare(theirs + slower, theirs, 0.95, single=False)
    assert 0.1 < found.skew < 0.2
    assert decide(found, found.high + 5, "down", unit="ms").verdict == "PASS"
    ruling = decide(found, found.high + 0.1, "down", unit="ms")
    assert ruling.verdict == "INCONCLUSIVE"
    assert ruling.needed is not None
    assert re.search(
        r"it may be [\d.]+ ms worse, and the margin is [\d.]+ ms; about [\d,]+ cases would settle", ruling.why
    )
    # A long tail of what is better does not stand in the way.
    assert decide(found, 0.1 - found.low, "up", unit="ms").verdict == "PASS"


def test_without_a_case_there_is_no_verdict() -> None:
    ruling = decide(compare([], [], 0.95, single=False), 0.03)
    assert (ruling.verdict, ruling.needed, ruling.p_fail) == ("INCONCLUSIVE", None, 1.0)
    assert ruling.why == "this comparison cannot pass: no case has a value of both models"


@pytest.mark.parametrize("margin", [-0.01, math.nan, math.inf])
def test_a_margin_is_a_number_that_is_not_negative(margin: float) -> None:
    with pytest.raises(ValueError, match="margin is"):
        decide(single(1, 1, 30), margin)


def scored(differences: np.ndarray) -> Comparison:
    return compare((1 + differences) / 2, (1 - differences) / 2, 0.95, single=False, bounds=(0, 1))


def test_what_no_case_showed_may_lose_all() -> None:
    # Small noise says nothing of a loss of everything: 200 cases without one leave 3.7/200 of it.
    noise = np.random.default_rng(1).normal(0, 0.02, 200)
    found = scored(noise - noise.mean())
    assert found.low > -0.005
    ruling = decide(found, 0.01)
    assert ruling.verdict == "INCONCLUSIVE"
    assert "what loses everything and is so rare that none of 200 cases showed it" in ruling.why
    # The rule of three, and a little for chance.
    assert ruling.needed == pytest.approx(-math.log(0.025) / 0.01 + 34, abs=5)
    assert (decide(found, 0.018).verdict, decide(found, 0.02).verdict) == ("INCONCLUSIVE", "PASS")


def test_a_pass_tells_the_end_that_it_rests_on() -> None:
    found = scored(np.random.default_rng(1).normal(0, 0.02, 200))
    worst = -(found.difference - (found.difference + 1) * -math.log(0.025) / 200) * 100
    assert decide(found, 0.03).why == f"the candidate is at most {worst:.2g} points worse, {WITHIN}"


def test_a_few_much_better_cases_keep_an_unknown_scale_from_failing() -> None:
    differences = np.append(np.random.default_rng(1).normal(100, 5, 200), [-1400.0, -1500, -1600, -1450])
    found = compare(differences, 0 * differences, 0.95, single=False)
    assert found.low > 20
    assert found.skew < -0.2
    ruling = decide(found, 20, "down", unit="ms")
    assert (ruling.verdict, ruling.p_fail) == ("INCONCLUSIVE", 1.0)
    assert ruling.why.startswith("a few cases in which the candidate is much better stand against the others")
    assert ruling.needed is not None


def test_a_milder_tail_of_gains_takes_more_room_to_fail() -> None:
    slower = np.append(np.random.default_rng(1).normal(100, 10, 199), 20)
    found = compare(slower, 0 * slower, 0.95, single=False)
    assert -0.2 < found.skew < -0.1
    ruling = decide(found, found.low - 0.1, "down", unit="ms")
    assert ruling.verdict == "INCONCLUSIVE"
    assert ruling.p_fail > 0.025
    assert "stand against the others: it may be only" in ruling.why
    assert decide(found, found.low - 2, "down", unit="ms").verdict == "FAIL"


def test_differences_that_are_all_the_same_on_an_unknown_scale_tell_nothing() -> None:
    found = compare(np.full(300, 105.0), np.full(300, 100.0), 0.95, single=False)
    for margin in (1.0, 30.0):
        ruling = decide(found, margin, "down", unit="tokens")
        assert (ruling.verdict, ruling.needed) == ("INCONCLUSIVE", 600)
        assert "the same in all of the cases" in ruling.why
    assert decide(found, 1.0, "down").p_fail == 1.0


def test_cases_too_few_to_pass_are_no_reason_why_nothing_fails() -> None:
    """Else it would take 600 cases in one half of a sentence, and 21 would settle it in the other."""
    slow = compare([480.0, 940.0], [200.0, 200.0], 0.95, single=False)
    assert "between" in decide(slow, 10, "down", unit="ms").why
    surely = compare([480.0, 490.0], [200.0, 200.0], 0.95, single=False)
    assert decide(surely, 10, "down", unit="ms").why == (
        "this comparison can neither pass nor fail: there are 2 cases, and it takes 9; about 21 cases would settle it"
    )


def test_one_of_many_tests_takes_more_cases_to_fail() -> None:
    found = single(8, 20, 100)
    alone, among = cases_to_fail(found, 0.03, tests=1), cases_to_fail(found, 0.03, tests=10)
    assert alone is not None
    assert among is not None
    assert alone == decide(found, 0.03).needed
    assert among > 1.4 * alone
    assert cases_to_fail(single(20, 8, 100), 0.03, tests=10) is None
