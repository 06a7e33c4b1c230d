"""Measures, and their parts of alpha."""

from __future__ import annotations

import pytest

from ajar.evidence.live.measure import Measure, levels

PRIMARY = Measure("solved", "bounded", "primary", margin=0.03)
GUARD = Measure("cost", "mean", "guard", "down", margin=0.1)
SHOWN = Measure("tokens", "mean", "guard", "down")
SLO = Measure("slow", "quantile", "guard", "down", quantile=0.95)


def test_alpha_is_shared_by_those_that_decide() -> None:
    assert levels([PRIMARY], 0.05) == [0.05]
    assert levels([PRIMARY, SHOWN], 0.05) == [0.05, None]
    assert levels([GUARD, PRIMARY, SHOWN, SLO], 0.04) == [0.01, 0.02, None, 0.01]
    assert levels([GUARD, SLO], 0.04) == [0.02, 0.02]
    assert levels([], 0.05) == []
    # A primary that is only shown needs no part.
    assert levels([Measure("cost", "mean", "primary"), SLO], 0.05) == [None, 0.05]


def test_two_primaries_or_no_alpha_are_refused() -> None:
    with pytest.raises(ValueError, match="one measure"):
        levels([PRIMARY, PRIMARY], 0.05)
    with pytest.raises(ValueError, match="alpha"):
        levels([PRIMARY], 0.0)


@pytest.mark.parametrize(
    ("kind", "better", "margin", "factor"),
    [
        ("mean", "down", 0.25, 1.25),
        ("mean", "up", 0.25, 0.75),
        ("log_mean", "down", 0.25, 1.25),
        ("log_mean", "up", 0.25, 0.8),
        ("mean", "down", 9, 10),
        ("log_mean", "up", 9, 0.1),
    ],
)
def test_what_is_worse_by_the_margin(kind, better, margin: float, factor: float) -> None:
    assert Measure("m", kind, "guard", better, margin).factor == pytest.approx(factor)


@pytest.mark.parametrize(
    ("kind", "better", "margin", "quantile"),
    [
        ("bounded", "up", 1.0, None),
        ("bounded", "up", 0.0, None),
        ("mean", "up", 1.0, None),
        ("mean", "down", float("nan"), None),
        ("quantile", "down", None, None),
        ("quantile", "down", None, 1.0),
        ("mean", "down", None, 0.5),
    ],
)
def test_what_cannot_be_is_named(kind, better, margin: float | None, quantile: float | None) -> None:
    with pytest.raises(ValueError, match="of m is"):
        Measure("m", kind, "guard", better, margin, quantile)
