"""Evidence by bets: exact on every outcome there can be, and as published code has it."""

from __future__ import annotations

import math
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.evidence.live.betting import Betting

MARGIN = 0.03
differences = st.lists(st.floats(-1, 1), max_size=60)


def bet(sequence: list[float], margin: float | None = MARGIN) -> Betting:
    betting = Betting(margin)
    for each in sequence:
        betting.add(each)
    return betting


def history(sequence: list[float]) -> list[tuple[float, float]]:
    betting, found = Betting(MARGIN), []
    for each in sequence:
        betting.add(each)
        found.append((math.exp(betting.log_worse), math.exp(betting.log_proof)))
    return found


# betting_mart of confseq 0.0.11 on x = (D + 1) / 2, with m = 1/2 and with m = (1 - margin) / 2, given twice these bets.
WORSE = [1, 0.95, 1.204275092937, 1.204275092937, 1.415023234201, 1.273520910781, 1.910281366171, 1.958038400325]
WORSE += [1.909087440317, 2.290904928381, 1.14545246419, 1.451807979759]
SEQUENCE = [-0.2, 0.1, -0.8, 0, -0.35, 0.2, -1.0, -0.05, 0.05, -0.4, 1.0, -0.6]
PROOF = [
    1.027500996413,
    0.990426218192,
    1.414165270305,
    1.436033805413,
    1.717318777607,
    1.566832080600,
    2.398706845042,
    2.497622591230,
    2.471873904722,
    3.019763481542,
    1.509881740771,
    2.000204161743,
]


def test_as_confseq_has_it() -> None:
    assert [worse for worse, _ in history(SEQUENCE)] == pytest.approx(WORSE, rel=1e-11)
    assert [proof for _, proof in history([-each for each in SEQUENCE])] == pytest.approx(PROOF, rel=1e-11)


@given(differences)
def test_as_the_formulas_have_it(sequence: list[float]) -> None:
    worse = proof = 1.0
    for j, each in enumerate(sequence):
        past = sequence[:j]
        mean = sum(past) / (j + 1)
        spread = (0.25 + sum((one - mean) ** 2 for one in past)) / (j + 1)
        worse *= 1 - min(0.5, max(0.0, -mean / (spread + mean**2))) * each
        above = mean + MARGIN
        most = 0.5 / (1 - MARGIN)
        proof *= 1 + min(most, max(0.0, above / (spread + above**2))) * (each + MARGIN)
    betting = bet(sequence)
    assert betting.log_worse == pytest.approx(math.log(worse), abs=1e-9)
    assert betting.log_proof == pytest.approx(math.log(proof), abs=1e-9)


def chances(control: float, candidate: float, controls: int) -> dict[float, float]:
    """How likely each difference of a block is: one unit of the candidate, so many of the control."""
    found: dict[float, float] = {}
    for ours in (0, 1):
        for theirs in range(controls + 1):
            likely = math.comb(controls, theirs) * control**theirs * (1 - control) ** (controls - theirs)
            at = ours - theirs / controls
            found[at] = found.get(at, 0.0) + likely * (candidate if ours else 1 - candidate)
    return found


@pytest.mark.parametrize("controls", [1, 2, 3])
@pytest.mark.parametrize("blocks", [1, 2, 3, 4])
@pytest.mark.parametrize("better", [0.0, 0.05, 0.3])
def test_no_chance_makes_evidence_on_average(controls: int, blocks: int, better: float) -> None:
    for step in range(11):
        theta = step / 10
        # As good as the control, or `better`; and worse by just the margin, or by `better` more.
        nulls = {"worse": chances(theta, min(1.0, theta + better), controls)}
        if theta >= 0.1:
            nulls["proof"] = chances(theta, max(0.0, theta - 0.1 - better), controls)
        for name, outcomes in nulls.items():
            mean = 0.0
            for sequence in product(outcomes.items(), repeat=blocks):
                betting = bet([at for at, _ in sequence], 0.1)
                log = betting.log_worse if name == "worse" else betting.log_proof
                mean += math.prod(likely for _, likely in sequence) * math.exp(log)
            assert mean <= 1 + 1e-12
            if not better:
                # On the edge of the null a bet is fair: no power is given away.
                assert mean == pytest.approx(1)


@given(differences, differences)
def test_the_future_changes_no_past_value(past: list[float], future: list[float]) -> None:
    assert history(past + future)[: len(past)] == history(past)


@given(differences, st.floats(-1, 1), st.floats(-1, 1))
def test_a_bet_is_made_before_its_block(past: list[float], one: float, other: float) -> None:
    # With the same bet, the gain is a straight line in the difference.
    before = bet(past)
    gains = []
    for each in (one, other, 0.0):
        after = bet([*past, each])
        gains.append(math.expm1(after.log_worse - before.log_worse))
    assert gains[2] == pytest.approx(0, abs=1e-9)
    assert gains[0] * other == pytest.approx(gains[1] * one, abs=1e-9)


@given(differences)
def test_no_block_loses_more_than_half(sequence: list[float]) -> None:
    values = [(1.0, 1.0), *history(sequence)]
    for (worse, proof), (next_worse, next_proof) in pairwise(values):
        assert next_worse >= worse / 2 * (1 - 1e-12)
        assert next_proof >= proof / 2 * (1 - 1e-12)


def test_neither_end_of_the_floats_is_reached() -> None:
    betting = bet([-1.0] * 5000)
    assert 1500 < betting.log_worse < 5000
    assert -10 < betting.log_proof < 0
    betting = bet([1.0] * 5000)
    assert betting.log_worse == 0
    assert math.isfinite(bet([-1.0, 1.0] * 5000).log_worse)


def test_steps_multiply_and_proof_begins_anew() -> None:
    first = bet(SEQUENCE)
    both = bet(SEQUENCE)
    both.begin_step()
    assert (both.log_worse, both.most_worse, both.log_proof) == (first.log_worse, first.most_worse, 0.0)
    for each in SEQUENCE:
        both.add(each)
    whole = bet(SEQUENCE * 2)
    assert both.log_worse == whole.log_worse
    assert both.log_proof == pytest.approx(whole.log_proof - first.log_proof)


def test_what_was_reached_once_counts() -> None:
    betting = bet([-0.5] * 20 + [1.0] * 12)
    assert betting.log_worse < math.log(20) < betting.most_worse


def test_without_a_margin_nothing_is_proven() -> None:
    assert bet([1.0] * 50, None).log_proof == 0
