"""Numbers compared by their means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ajar.evidence.live.confidence_sequence import half_width
from ajar.evidence.live.mean_track import MeanTrack
from ajar.evidence.live.measure import Measure

if TYPE_CHECKING:
    from ajar.evidence.live.look import Standing

COST = Measure("cost", "mean", "guard", "down", margin=0.1)


def filled(measure: Measure, control, candidate, percent: float = 50) -> MeanTrack:
    track = MeanTrack(measure)
    track.begin_epoch(percent)
    for value in control:
        track.add(False, float(value))
    for value in candidate:
        track.add(True, float(value))
    return track


def stands(measure: Measure, control, candidate) -> Standing:
    return filled(measure, control, candidate).standing(0.05, 0.025)


def draws(mean: float, n: int = 2000, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).gamma(4, mean / 4, n)


def test_the_interval_is_that_of_the_sequence() -> None:
    control, candidate = draws(1.0, 900), draws(1.2, 450, seed=2)
    found = stands(COST, control, candidate)
    assert (found.control_n, found.candidate_n) == (900, 450)
    assert found.difference == pytest.approx(candidate.mean() - control.mean())
    error = math.sqrt(candidate.var(ddof=1) / 450 + control.var(ddof=1) / 900)
    half = half_width(error, 300 / 300, 0.05)
    assert (found.low, found.high) == pytest.approx((found.difference - half, found.difference + half))


@pytest.mark.parametrize(
    ("better", "candidate", "harmful", "proven"),
    [
        ("down", 1.3, True, False),
        ("down", 1.1, False, False),
        ("down", 0.9, False, True),
        ("up", 0.7, True, False),
        ("up", 0.9, False, False),
        ("up", 1.1, False, True),
    ],
)
@pytest.mark.parametrize("kind", ["mean", "log_mean"])
def test_it_is_judged_by_the_margin(kind, better, candidate: float, harmful: bool, proven: bool) -> None:
    found = stands(Measure("m", kind, "guard", better, margin=0.1), draws(1.0), draws(candidate))
    assert (found.harmful, found.proven) == (harmful, proven)
    assert (found.rollback_at, found.promote_at) == (40, 20)


def test_logs_are_shown_as_shares_and_geometric_means() -> None:
    found = stands(Measure("ms", "log_mean", "guard", "down", margin=0.1), draws(100.0), 1.5 * draws(100.0))
    assert found.control_mean == pytest.approx(math.exp(np.log(draws(100.0)).mean()))
    assert found.difference == pytest.approx(0.5)
    assert found.low < 0.5 < found.high


def test_it_says_nothing_before_a_hundred_units_an_arm() -> None:
    found = stands(COST, draws(1.0), draws(5.0, 99))
    assert (found.low, found.harmful, found.rollback_e) == (None, False, 1.0)
    assert found.difference > 3
    assert stands(COST, draws(1.0), draws(5.0, 100)).harmful


def test_harm_is_pooled_over_epochs_and_proof_is_not() -> None:
    # Sixty of the candidate's units at each of four steps: none of them is enough alone.
    track = MeanTrack(COST)
    for step in range(4):
        track.begin_epoch(5)
        for value in draws(1.0, 600, seed=step):
            track.add(False, float(value) * 10**step)
        for value in draws(1.5, 60, seed=10 + step):
            track.add(True, float(value) * 10**step)
        assert track.standing(0.05, 0.05).harmful == (step >= 1)
    better = filled(COST, draws(1.0), draws(0.5))
    assert better.standing(0.05, 0.05).proven
    better.begin_epoch(25)
    assert not better.standing(0.05, 0.05).proven
    assert better.standing(0.05, 0.05).difference == pytest.approx(-0.5, abs=0.1)


def test_the_proof_is_one_over_the_epochs_of_a_step() -> None:
    paused = filled(COST, draws(1.0, 900), draws(0.9, 900, seed=2))
    before = paused.standing(0.05, 0.05)
    paused.begin_epoch(50)
    after = paused.standing(0.05, 0.05)
    assert before.promote_e > 1
    assert after.promote_e == pytest.approx(before.promote_e)


@pytest.mark.parametrize("better", ["up", "down"])
@pytest.mark.parametrize(("shift", "harmful", "proven"), [(0.0, False, True), (2.0, True, False)])
def test_numbers_below_zero(better, shift: float, harmful: bool, proven: bool) -> None:
    # The limit is on the worse side of the control, and not a tenth nearer to 0 or farther from it.
    control, candidate = (draws(1.0, seed=seed) - 11 for seed in (1, 2))
    worse = shift if better == "down" else -shift
    found = stands(Measure("gain", "mean", "guard", better, margin=0.1), control, candidate + worse)
    assert (found.harmful, found.proven) == (harmful, proven)


def test_without_a_margin_it_is_shown_only() -> None:
    found = filled(Measure("tokens", "mean", "guard", "down"), draws(1.0), draws(9.0)).standing(0.05, None)
    assert found.difference > 7
    assert (found.rollback_e, found.rollback_at, found.harmful, found.promote_e) == (None, None, False, None)


def test_values_that_never_differ() -> None:
    # Two arms that cost nothing, as models on one's own hardware do.
    free = stands(COST, np.zeros(200), np.zeros(200))
    assert (free.harmful, free.proven) == (False, True)
    dearer = stands(COST, np.full(200, 1.0), np.full(200, 1.2))
    assert (dearer.harmful, dearer.proven) == (True, False)
    assert math.isfinite(dearer.rollback_e)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_named(value: float) -> None:
    with pytest.raises(ValueError, match="cost is"):
        MeanTrack(COST).add(True, value)


def test_logs_need_more_than_nothing() -> None:
    with pytest.raises(ValueError, match="more than 0"):
        MeanTrack(Measure("ms", "log_mean", "guard")).add(True, 0.0)


@pytest.mark.parametrize("kind", ["mean", "log_mean"])
def test_a_candidate_at_the_margin_is_seldom_judged(kind) -> None:
    measure = Measure("m", kind, "guard", "down", margin=0.1)
    rng = np.random.default_rng(4)
    wrong = {"harmful": 0, "proven": 0}
    for _ in range(150):
        track = MeanTrack(measure)
        track.begin_epoch(20)
        seen = dict.fromkeys(wrong, False)
        arms, values = (rng.random(3000) < 0.2).tolist(), rng.lognormal(0, 0.8, 3000)
        for at, (arm, value) in enumerate(zip(arms, values.tolist(), strict=True)):
            track.add(arm, value * 1.1 if arm else value)
            if at % 100 == 99:
                found = track.standing(0.05, 0.05)
                seen = {name: seen[name] or getattr(found, name) for name in seen}
        wrong = {name: wrong[name] + seen[name] for name in wrong}
    assert max(wrong.values()) / 150 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 150)
