"""Holm's correction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.evidence.holm import holm

p_values = st.lists(st.floats(0, 1), max_size=12)


def test_by_hand() -> None:
    # 3 x .01; then 2 x .03 = .06; then .04, which is not let below .06.
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
    assert holm([0.02]) == [0.02]


@given(p_values)
def test_between_nothing_and_bonferroni(given: list[float]) -> None:
    for p, adjusted in zip(given, holm(given), strict=True):
        assert p <= adjusted <= min(1.0, len(given) * p) or adjusted == pytest.approx(len(given) * p)


@given(p_values, st.floats(0.01, 0.2))
def test_it_rejects_as_the_stepwise_rule_does(given: list[float], level: float) -> None:
    rejected = set()
    for rank, at in enumerate(sorted(range(len(given)), key=given.__getitem__)):
        if (len(given) - rank) * given[at] > level:
            break
        rejected.add(at)
    assert {at for at, p in enumerate(holm(given)) if p <= level} == rejected


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_what_cannot_be_is_named(wrong: float) -> None:
    with pytest.raises(ValueError, match=r"p_values\[1\]"):
        holm([0.5, wrong])
