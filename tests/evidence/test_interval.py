"""Student's interval, and how much longer it is where the cases cannot show the spread."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ajar.evidence.interval import Reach, TInterval, reach, room, t_interval
from ajar.evidence.standard_error import standard_error

REACHES = st.one_of(st.just(0.0), st.floats(1e-4, 0.1))
FAMILIES = st.builds(
    TInterval,
    mean=st.floats(-1, 1),
    se=st.one_of(st.just(0.0), st.floats(1e-4, 1)),
    df=st.floats(1, 500),
    reach=st.builds(
        Reach, st.one_of(st.just(0.0), st.floats(1e-4, 0.1)), st.one_of(st.just(0.0), st.floats(1e-4, 0.1))
    ),
    tail=st.one_of(st.just(0.0), st.floats(-0.5, 0.5)),
)


def family(differences: list[float]) -> TInterval:
    return t_interval(standard_error(np.array(differences)), (-1.0, 1.0))


@given(FAMILIES, st.floats(0.5, 0.9999), st.floats(0.5, 0.9999))
def test_it_widens_with_confidence(found: TInterval, one: float, other: float) -> None:
    narrow, wide = found.limits(min(one, other)), found.limits(max(one, other))
    assert wide[0] <= narrow[0] <= found.mean <= narrow[1] <= wide[1]


@given(FAMILIES, st.floats(0.5, 0.999), st.floats(-3, 3))
def test_the_p_value_is_the_interval_inverted(found: TInterval, confidence: float, at: float) -> None:
    p, beyond, high = found.p_at_least(at), (1 - confidence) / 2, found.limits(confidence)[1]
    assert 0 <= p <= 1
    if abs(high - at) > 1e-9:
        assert (p < beyond) == (high < at)


def test_without_more_it_is_students() -> None:
    found = TInterval(mean=0.1, se=0.05, df=39)
    assert found.limits(0.95) == pytest.approx(stats.t.interval(0.95, 39, 0.1, 0.05))
    assert found.p_at_least(0.2) == pytest.approx(stats.t.cdf(-2, 39))


def test_where_nothing_was_seen_it_is_as_long_as_the_rule_of_three() -> None:
    low, high = family([0.0] * 200).limits(0.95)
    assert -low == high == pytest.approx(-math.log(0.025) / 200)


@pytest.mark.parametrize("losses", [0, 1, 2, 5, 10, 20])
def test_it_is_longer_than_the_exact_bound_of_a_rare_loss(losses: int) -> None:
    n = 400
    low, _ = family([-1.0] * losses + [0.0] * (n - losses)).limits(0.95)
    exact = stats.binomtest(losses, n).proportion_ci(0.95).high  # Clopper and Pearson's
    assert exact < -low < exact + 2.5 / n


def test_only_the_side_of_the_long_tail_is_longer() -> None:
    rng = np.random.default_rng(1)
    even, bounds = rng.normal(0, 0.1, 300), (-1.0, 1.0)
    assert reach(standard_error(even), bounds) == Reach()
    losing = even.copy()
    losing[:6] = -1
    assert reach(standard_error(losing), bounds).low > 0
    assert reach(standard_error(losing), bounds).high == 0
    assert reach(standard_error(-losing), bounds).low == 0
    assert reach(standard_error(losing), None) == Reach()


def test_the_room_for_a_long_tail_is_twice_johnsons() -> None:
    t = stats.t.ppf(0.975, 99)
    assert room(0.5, float(t), -0.15) == pytest.approx(2 * 0.15 * (1 + 2 * t * t) / 6 * 0.5)


def test_clusters_say_less_of_their_skew() -> None:
    values = np.append(np.random.default_rng(1).normal(0, 0.1, 199), -0.8)
    assert -0.2 < standard_error(values).skew < -0.1
    assert reach(standard_error(values), (-1.0, 1.0)) == Reach()
    assert reach(standard_error(values, np.arange(200)), (-1.0, 1.0)).low > 0


def test_clusters_count_as_units() -> None:
    error = standard_error(np.zeros(100), [at // 5 for at in range(100)])
    assert t_interval(error, (-1.0, 1.0)).limits(0.95)[1] == pytest.approx(-math.log(0.025) / 20)


@pytest.mark.parametrize("sign", [1, -1])
def test_clusters_without_ends_leave_room_for_a_long_tail(sign: int) -> None:
    totals = sign * np.append(np.random.default_rng(1).normal(0, 0.1, 19), 1.0)
    error = standard_error(np.repeat(totals, 5), np.arange(100) // 5)
    found = t_interval(error, None).limits(0.95)
    plain = stats.t.interval(0.95, error.df, error.mean, error.se)
    more = room(error.se or 0.0, float(stats.t.ppf(0.975, error.df)), error.skew)
    assert more > 0
    assert found == pytest.approx((plain[0] - (more if sign < 0 else 0), plain[1] + (more if sign > 0 else 0)))
