"""Bounds of the quantile paper, beside its authors' package and beside chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from ajar.evidence.live import stitching
from ajar.evidence.live.stitching import double_stitching_bound, empirical_process_lil_bound


@pytest.mark.parametrize(("quantile", "bounds"), [(0.5, (19.067, 68.628, 226.445)), (0.95, (6.759, 30.813, 115.266))])
def test_double_stitching_as_confseq_has_it(quantile: float, bounds: tuple[float, ...]) -> None:
    assert tuple(round(double_stitching_bound(quantile, t, 0.05, 100), 3) for t in (1e2, 1e3, 1e4)) == bounds


def test_empirical_process_as_confseq_has_it() -> None:
    found = tuple(round(empirical_process_lil_bound(t, 0.05, 100), 5) for t in (1e2, 1e3, 1e4))
    assert found == (0.24225, 0.08205, 0.02667)
    assert empirical_process_lil_bound(99, 0.05, 100) == math.inf


@pytest.mark.parametrize("quantile", [0.05, 0.5, 0.95])
def test_counts_seldom_stray_farther(quantile: float) -> None:
    rng = np.random.default_rng(1)
    t = np.arange(1, 2001)
    above = np.array([double_stitching_bound(quantile, each, 0.05, 100) for each in t])
    below = np.array([double_stitching_bound(1 - quantile, each, 0.05, 100) for each in t])
    counts = np.cumsum(rng.random((500, 2000)) < quantile, axis=1) - quantile * t
    assert ((counts > above) | (counts < -below)).any(axis=1).mean() <= 0.05


def test_what_is_no_quantile_is_named() -> None:
    with pytest.raises(ValueError, match="quantile"):
        double_stitching_bound(1.0, 10, 0.05, 100)


def test_the_constant() -> None:
    assert pytest.approx(special.zeta(1.4), rel=1e-12) == stitching._ZETA
