"""Numbers compared by a quantile."""

from __future__ import annotations

import numpy as np
import pytest

from ajar.evidence.live.measure import Measure
from ajar.evidence.live.quantile_track import QuantileTrack

SLO = Measure("slow", "quantile", "guard", "down", quantile=0.95)


def filled(measure: Measure, control, candidate) -> QuantileTrack:
    track = QuantileTrack(measure)
    for value in control:
        track.add(False, float(value))
    for value in candidate:
        track.add(True, float(value))
    return track


def draws(scale: float = 1.0, n: int = 3000, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(0, 0.5, n) * scale


def test_a_slow_tail_is_found() -> None:
    slow = draws(seed=2)
    slow[::20] *= 4
    found = filled(SLO, draws(), slow).standing(0.05, 0.025)
    assert found.harmful
    assert found.rollback_at == 40
    assert (found.promote_e, found.promote_at, found.proven) == (None, None, False)
    assert not filled(SLO, draws(), draws(seed=2)).standing(0.05, 0.025).harmful


@pytest.mark.parametrize(
    ("better", "scale", "harmful", "proven"),
    [
        ("down", 2.0, True, False),
        ("down", 1.25, False, False),
        ("down", 0.7, False, True),
        ("up", 0.5, True, False),
        ("up", 0.75, False, False),
        ("up", 1.4, False, True),
    ],
)
def test_it_is_judged_by_the_margin(better, scale: float, harmful: bool, proven: bool) -> None:
    measure = Measure("m", "quantile", "guard", better, margin=0.25, quantile=0.5)
    found = filled(measure, draws(), draws(scale, seed=2)).standing(0.05, 0.05)
    assert (found.harmful, found.proven) == (harmful, proven)


@pytest.mark.parametrize("better", ["up", "down"])
@pytest.mark.parametrize(("shift", "harmful", "proven"), [(0.0, False, True), (2.0, True, False)])
def test_numbers_below_zero(better, shift: float, harmful: bool, proven: bool) -> None:
    measure = Measure("gain", "quantile", "guard", better, margin=0.1, quantile=0.5)
    worse = shift if better == "down" else -shift
    found = filled(measure, draws() - 12, draws(seed=2) - 12 + worse).standing(0.05, 0.05)
    assert (found.harmful, found.proven) == (harmful, proven)


def test_the_proof_is_one_over_the_epochs_of_a_step() -> None:
    measure = Measure("m", "quantile", "guard", "down", margin=0.25, quantile=0.5)
    track = filled(measure, [], [])
    track.begin_epoch(50)
    for one, other in zip(draws(n=300), draws(n=300, seed=2), strict=True):
        track.add(False, float(one))
        track.add(True, float(other))
    before = track.standing(0.05, 0.05).promote_e
    assert before > 1
    track.begin_epoch(50)
    assert track.standing(0.05, 0.05).promote_e == pytest.approx(before)
    track.begin_epoch(60)
    assert track.standing(0.05, 0.05).promote_e == 1


def test_what_is_shown() -> None:
    found = filled(SLO, range(1, 2001), range(101, 2101)).standing(0.05, 0.05)
    assert (found.quantile, found.control_mean, found.candidate_mean, found.difference) == (0.95, 1900, 2000, 100)
    assert found.low < 100 < found.high
    # With few units the highest one may be short of the quantile: that end is open.
    few = filled(SLO, range(1, 2001), range(1, 41)).standing(0.05, 0.05)
    assert (few.low, few.high) == (None, None) or few.high is None
    assert filled(SLO, [1.0], []).standing(0.05, 0.05).difference is None


def test_epochs_multiply() -> None:
    one = filled(SLO, draws(), draws(1.3, 400, seed=3))
    other = filled(SLO, draws(seed=4), draws(1.3, 400, seed=5))
    both = filled(SLO, draws(), draws(1.3, 400, seed=3))
    both.begin_epoch(5)
    assert both.control == []
    for arm in ("control", "candidate"):
        for value in getattr(other, arm):
            both.add(arm == "candidate", value)
    product = one.standing(0.05, 0.05).rollback_e * other.standing(0.05, 0.05).rollback_e
    assert both.standing(0.05, 0.05).rollback_e == pytest.approx(product)


def test_what_is_no_number_is_named() -> None:
    with pytest.raises(ValueError, match="slow is"):
        QuantileTrack(SLO).add(True, float("nan"))
