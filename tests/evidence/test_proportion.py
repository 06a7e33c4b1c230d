"""Wilson's interval."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ajar.evidence.proportion import wilson

# R. G. Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3.
NEWCOMBE = [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)]


@pytest.mark.parametrize(("successes", "n", "low", "high"), NEWCOMBE)
def test_the_published_intervals(successes: int, n: int, low: float, high: float) -> None:
    found = wilson(successes, n, 0.95)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(st.integers(1, 500), st.data(), st.floats(0.5, 0.999))
def test_as_scipy_has_it(n: int, data: st.DataObject, confidence: float) -> None:
    successes = data.draw(st.integers(0, n))
    found = wilson(successes, n, confidence)
    expected = stats.binomtest(successes, n).proportion_ci(confidence, "wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= found.low <= found.mean <= found.high <= 1
    assert (found.n, found.method, found.se, found.confidence) == (n, "wilson", None, confidence)
    other = wilson(n - successes, n, confidence)
    assert (1 - other.high, 1 - other.low) == pytest.approx((found.low, found.high), abs=1e-12)
    assert wilson(successes, n, confidence / 2).high <= found.high


@pytest.mark.parametrize(
    ("successes", "n", "confidence", "wrong"),
    [
        (0, 0, 0.95, "at least one case"),
        (3, 2, 0.95, "successes are 3"),
        (-1, 2, 0.95, "successes are -1"),
        (float("nan"), 2, 0.95, "successes are nan"),
        (1, 2, 1, "confidence is 1"),
        (1, 2, float("nan"), "confidence is nan"),
    ],
)
def test_what_cannot_be_is_named(successes: float, n: int, confidence: float, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        wilson(successes, n, confidence)
