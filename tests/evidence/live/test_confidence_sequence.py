"""Asymptotic confidence sequences beside published numbers and identities."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats

from ajar.evidence.live.confidence_sequence import half_width, log_evidence


def lift(a: tuple[float, float, int], b: tuple[float, float, int]) -> tuple[float, float]:
    """GrowthBook's relative difference from sum, sum of squares and count, and its error by the delta method."""
    (mean_a, mean_b), variances = (each[0] / each[2] for each in (a, b)), []
    for total, squares, n in (a, b):
        variances.append((squares - total**2 / n) / (n - 1))
    variance = variances[1] / (mean_a**2 * b[2]) + variances[0] * mean_b**2 / (mean_a**4 * a[2])
    return mean_b / mean_a - 1, math.sqrt(variance)


def test_growthbook_means() -> None:
    at, error = lift((1396.87, 52377.9767, 3000), (2422.7, 134698.29, 3461))
    half = half_width(error, 6461 / 1000, 0.05)
    assert [round(each, 5) for each in (at, at - half, at + half, error)] == [0.50336, -0.55844, 1.56516, 0.33341]


def test_growthbook_proportions() -> None:
    a, b = 1396 / 3000, 2422 / 3461
    error = math.sqrt(b * (1 - b) / (a * a * 3461) + a * (1 - a) * b * b / (a**4 * 3000))
    at, half = b / a - 1, half_width(error, 6461 / 5000, 0.05)
    assert [round(each, 5) for each in (at, at - half, at + half)] == [0.50386, 0.40098, 0.60675]


@pytest.mark.parametrize(("v", "bound"), [(25, 15.176045), (1, 5.099960), (100, 31.271141), (1000, 108.590735)])
def test_it_is_the_two_sided_normal_mixture(v: float, bound: float) -> None:
    # confseq.normal_mixture_bound(v, .05, v_opt=25)
    assert round(half_width(math.sqrt(v), v / 25, 0.05), 6) == bound


def test_the_formula_of_the_proposition() -> None:
    n, v, tuned, alpha = 640, 3.7, 200, 0.02
    r = math.sqrt((-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / (tuned * v))
    part = n * v * r**2 + 1
    expected = math.sqrt(2 * part / (n**2 * r**2) * math.log(math.sqrt(part) / alpha))
    assert half_width(math.sqrt(v / n), n / tuned, alpha) == pytest.approx(expected, rel=1e-12)


def test_far_on_the_other_side_there_is_no_evidence() -> None:
    # As of costs that differ by rounding only. The farther away, the less.
    found = [log_evidence(z, 1.0, 0.05) for z in -np.geomspace(1.0, 1e160, 1000)]
    assert all(later < before for before, later in pairwise(found))
    assert found[0] < 0


@pytest.mark.parametrize("z", [-4.0, 0.0, 2.5, 6.0])
@pytest.mark.parametrize("progress", [0.1, 1.0, 30.0])
def test_evidence_is_the_mixture_over_means_above_zero(z: float, progress: float) -> None:
    # From the definition, for Brownian motion at time v that is at z sqrt(v), with v_opt = 1.
    v = progress
    rho2 = -2 * math.log(0.1) + math.log(1 - 2 * math.log(0.1))

    def weighed(mean: float) -> float:
        return 2 * stats.norm.pdf(mean, scale=math.sqrt(rho2)) * math.exp(mean * z * math.sqrt(v) - mean**2 * v / 2)

    expected = integrate.quad(weighed, 0, 60, points=[1, 5, 20])[0]
    assert log_evidence(z, progress, 0.05) == pytest.approx(math.log(expected), abs=1e-6)


@pytest.mark.parametrize("alpha", [0.05, 0.003])
@pytest.mark.parametrize("progress", [0.3, 1.0, 5.0])
def test_one_side_at_alpha_is_nearly_two_sides_at_twice_alpha(alpha: float, progress: float) -> None:
    zs = np.linspace(2, 6, 4001)
    crossed = zs[[log_evidence(z, progress, alpha) >= -math.log(alpha) for z in zs]][0]
    assert crossed == pytest.approx(half_width(1.0, progress, 2 * alpha), rel=0.01)
    assert crossed < half_width(1.0, progress, alpha)


@pytest.mark.parametrize("z", [-1e6, -50.0, 50.0, 1e6])
def test_far_out_it_stays_a_number(z: float) -> None:
    assert math.isfinite(log_evidence(z, 2.0, 0.05))


def test_brownian_motion_seldom_leaves_it() -> None:
    rng = np.random.default_rng(1)
    paths = np.cumsum(rng.normal(size=(2000, 3000)), axis=1)
    n = np.arange(1, 3001)
    half = np.array([half_width(math.sqrt(1 / each), each / 300, 0.05) for each in n])
    left = (np.abs(paths / n) > half).any(axis=1).mean()
    assert left <= 0.05
    needed = np.array([half_width(math.sqrt(1 / each), each / 300, 0.1) for each in n])
    beyond = ((paths / n) > needed * 1.02).any(axis=1).mean()
    assert 0.005 < beyond <= 0.05
