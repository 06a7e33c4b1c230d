"""Shares and ratings: what decides, and what is drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ajar.evidence.live.betting import Betting
from ajar.evidence.live.blocks import Blocks
from ajar.evidence.live.bounded_track import SHOWN, BoundedTrack
from ajar.evidence.live.measure import Measure

SOLVED = Measure("solved", "bounded", "primary", margin=0.03)


def track_of(*epochs: tuple[float, list[tuple[bool, float]]], measure: Measure = SOLVED) -> BoundedTrack:
    track = BoundedTrack.of(measure)
    for percent, units in epochs:
        track.begin_epoch(percent)
        for unit in units:
            track.add(*unit)
    return track


def drawn(percent: float, n: int, control: float, candidate: float, seed: int = 1) -> list[tuple[bool, float]]:
    rng = np.random.default_rng(seed)
    arms = (rng.random(n) < percent / 100).tolist()
    return [(arm, float(each < (candidate if arm else control))) for arm, each in zip(arms, rng.random(n), strict=True)]


def test_bets_on_the_blocks_of_each_epoch_decide() -> None:
    epochs = (5, drawn(5, 900, 0.9, 0.8)), (50, drawn(50, 300, 0.9, 0.8))
    betting = Betting(0.03)
    for blocks, (_, units) in zip((Blocks(5), Blocks(1)), epochs, strict=True):
        betting.begin_step()
        for unit in units:
            difference = blocks.add(*unit)
            if difference is not None:
                betting.add(difference)
    found = track_of(*epochs).standing(0.05, 0.025)
    assert (found.rollback_e, found.promote_e) == (math.exp(betting.log_worse), math.exp(betting.log_proof))
    assert (found.rollback_at, found.promote_at) == (40, 20)


def test_a_block_never_spans_two_epochs() -> None:
    # Nine controls are open as the epoch ends; the candidate's unit that follows is not compared with them.
    split = track_of((10, [(False, 1.0)] * 9), (10, [(True, 0.0)]))
    assert split.betting.blocks == 0
    assert track_of((10, [(False, 1.0)] * 9 + [(True, 0.0)])).betting.blocks == 1


def test_harm_stays_harm() -> None:
    worse, better = [(False, 1.0), (True, 0.0)] * 30, [(False, 0.0), (True, 1.0)] * 30
    found = track_of((50, worse + better)).standing(0.05, 0.05)
    assert found.rollback_e < 20
    assert found.harmful


def test_a_large_loss_is_harmful_and_an_equal_one_is_proven() -> None:
    lost = track_of((5, drawn(5, 6000, 0.95, 0.8))).standing(0.05, 0.05)
    assert (lost.harmful, lost.proven) == (True, False)
    same = track_of((50, drawn(50, 6000, 0.95, 0.95))).standing(0.05, 0.05)
    assert (same.harmful, same.proven) == (False, True)
    assert same.low < 0 < same.high
    assert track_of((50, drawn(50, 6000, 0.95, 0.95)), (60, [])).standing(0.05, 0.05).proven is False


def test_a_pause_gives_the_proof_no_other_try() -> None:
    units = drawn(50, 800, 0.95, 0.95)
    at_once = track_of((50, units)).standing(0.05, 0.05)
    paused = track_of((50, units), (50, []), (50, [])).standing(0.05, 0.05)
    assert 1 < at_once.promote_e < 20
    assert paused.promote_e == at_once.promote_e


def test_without_a_margin_only_harm_can_be_shown() -> None:
    measure = Measure("valid", "bounded", "guard")
    found = track_of((50, drawn(50, 4000, 0.9, 0.7)), measure=measure).standing(0.05, 0.01)
    assert (found.harmful, found.promote_e, found.promote_at, found.proven) == (True, None, None, False)


def test_what_is_drawn() -> None:
    few = [(False, 1.0)] * SHOWN + [(True, 1.0)] * (SHOWN - 1)
    found = track_of((50, few)).standing(0.05, 0.05)
    assert (found.control_n, found.candidate_n, found.difference, found.low) == (SHOWN, SHOWN - 1, 0, None)
    found = track_of((50, [*few, (True, 1.0)])).standing(0.05, 0.05)
    # Twenty of twenty are no proof that all will be.
    assert found.low < -0.1
    assert found.high > 0.1
    assert track_of((50, [])).standing(0.05, 0.05).control_mean is None


def test_means_are_compared_within_epochs() -> None:
    found = track_of((5, drawn(5, 4000, 0.95, 0.95)), (50, drawn(50, 4000, 0.7, 0.7))).standing(0.05, 0.05)
    assert (found.control_n, found.candidate_n) == pytest.approx((5800, 2200), abs=150)
    assert found.difference == pytest.approx(0, abs=0.04)
    assert found.candidate_mean - found.control_mean == pytest.approx(found.difference)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_what_is_out_of_range_is_named(value: float) -> None:
    with pytest.raises(ValueError, match="solved is"):
        track_of((50, [(True, value)]))


def test_the_drawn_interval_holds_at_all_times() -> None:
    rng = np.random.default_rng(5)
    missed = 0
    for _ in range(150):
        track = BoundedTrack.of(SOLVED)
        track.begin_epoch(10)
        arms, values = (rng.random(3000) < 0.1).tolist(), rng.random(3000).tolist()
        for at, (arm, each) in enumerate(zip(arms, values, strict=True)):
            track.add(arm, float(each < (0.9 if arm else 0.95)))
            found = track.standing(0.05, None) if at % 25 == 24 else None
            if found and found.low is not None and not found.low <= -0.05 <= found.high:
                missed += 1
                break
    assert missed / 150 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 150)
