"""Shares that are not the meant ones."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import special, stats

from ajar.evidence.live.sample_ratio import MISMATCH, SampleRatio

MEANT = (0.1, 0.5, 0.4)


@pytest.fixture
def drawn() -> list[int]:
    """The data of the regression test of Optimizely's ssrm_test."""
    state = np.random.RandomState(0)
    return stats.multinomial.rvs(1, [0.1, 0.49, 0.41], size=10, random_state=state).argmax(axis=1).tolist()


def test_as_ssrm_has_it(drawn: list[int]) -> None:
    ratio = SampleRatio()
    ratio.begin(MEANT)
    for arm in drawn:
        ratio.add(arm)
    # Published with 16 digits, of which the last five are what its subtraction of large log-gammas leaves of them.
    assert ratio.p_value == pytest.approx(0.9980534145723241, rel=1e-11)
    assert ratio.bayes_factor == pytest.approx(1.0017496120131435, rel=1e-10)
    assert ratio.bayes_factor / (1 + ratio.bayes_factor) == pytest.approx(0.5004370206949569, rel=1e-10)


def test_its_published_digits_are_those_of_log_gammas(drawn: list[int]) -> None:
    before, log, p = 10_000 * np.array(MEANT), 0.0, 1.0
    for arm in drawn:
        after = before + np.eye(3)[arm]
        gammas = special.loggamma(before.sum()) - special.loggamma(before).sum() + special.loggamma(after).sum()
        log += gammas - special.loggamma(after.sum()) - math.log(MEANT[arm])
        before, p = after, min(p, math.exp(-log))
    assert (p, math.exp(log)) == pytest.approx((0.9980534145723241, 1.0017496120131435), rel=2e-12)


def test_as_fractions_have_it_to_the_last_digit(drawn: list[int]) -> None:
    meant, counts, factor, p = [Fraction(each).limit_denominator(10) for each in MEANT], [0, 0, 0], Fraction(1), 1.0
    ratio = SampleRatio()
    ratio.begin(MEANT)
    for arm in drawn:
        factor *= (10_000 * meant[arm] + counts[arm]) / Fraction(10_000 + sum(counts)) / meant[arm]
        counts[arm] += 1
        p = min(p, float(1 / factor))
        ratio.add(arm)
    assert ratio.bayes_factor == pytest.approx(float(factor), rel=1e-14)
    assert ratio.p_value == pytest.approx(p, rel=1e-14)


def test_p_only_falls_and_epochs_multiply() -> None:
    rng = np.random.default_rng(2)
    ratio, before = SampleRatio(), 1.0
    for percent in (1, 5, 25):
        ratio.begin((1 - percent / 100, percent / 100))
        for each in rng.random(2000) < 2 * percent / 100:
            ratio.add(int(each))
            assert ratio.p_value <= before
            before = ratio.p_value
        assert ratio.total == sum(ratio.counts) == 2000
    assert before < 1e-6


def test_meant_shares_are_seldom_called_wrong_and_others_soon() -> None:
    rng = np.random.default_rng(3)

    def stopped(share: float) -> list[int]:
        found = []
        for _ in range(100):
            ratio = SampleRatio()
            ratio.begin((0.95, 0.05))
            for at, each in enumerate((rng.random(4000) < share).tolist()):
                ratio.add(int(each))
                if ratio.p_value < MISMATCH:
                    found.append(at)
                    break
        return found

    assert stopped(0.05) == []
    assert len(stopped(0.1)) == 100
