"""McNemar's exact test."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ajar.evidence.mcnemar import mcnemar

counts = st.integers(0, 400)


@given(counts, counts)
def test_as_scipy_has_it(wins: int, losses: int) -> None:
    expected = stats.binomtest(min(wins, losses), wins + losses).pvalue if wins + losses else 1.0
    assert mcnemar(wins, losses) == pytest.approx(expected, rel=1e-9)
    assert mcnemar(losses, wins) == mcnemar(wins, losses)


def test_gpt_4_between_march_and_june() -> None:
    # LLMDrift, PRIME_FULL_EVAL.csv: the cases that only one of the two answered well.
    assert mcnemar(147, 476) == pytest.approx(2.106e-41, rel=5e-4)


def test_what_cannot_be_is_named() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        mcnemar(-1, 3)
