"""Margins in words."""

from __future__ import annotations

import pytest

from ajar.evals.reports.margin import words


@pytest.mark.parametrize(
    ("margin", "unit", "told"),
    [
        (0.03, "share", "3 points"),
        (0.07, "share", "7 points"),
        (0.01, "share", "1 point"),
        (0.0005, "share", "0.05 points"),
        (0.0, "share", "0 points"),
        (1.0, "ms", "1 ms"),
        (2500.0, "ms", "2,500 ms"),
        (0.0001, "USD", "0.0001 US dollars"),
        (1.0, "tokens", "1 token"),
    ],
)
def test_no_digit_is_lost_and_none_is_added(margin: float, unit: str, told: str) -> None:
    assert words(margin, unit) == told  # type: ignore[arg-type]
