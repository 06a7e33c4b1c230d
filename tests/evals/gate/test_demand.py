"""Margins as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from ajar.evals.gate.demand import margin_of


@pytest.mark.parametrize(
    ("written", "margin"),
    [("0.03", 0.03), ("3%", 0.03), (" 2.5 % ", 0.025), (0, 0.0), (0.1, 0.1), ("100%", 1.0), (1e-05, 1e-05)],
)
def test_a_margin_of_shares(written: Any, margin: float) -> None:
    assert margin_of(written, "passed") == pytest.approx(margin)
    assert margin_of(written, "fields.intent") == pytest.approx(margin)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("3", "a margin of 300 points on `passed` lets anything pass: write 3%"),
        (3, "write 3%"),
        (1.0, "write 1.0%"),
        ("250", "write one from 0% to 100%"),
        ("101%", "a margin of 101 points on `passed` lets anything pass: write one from 0% to 100%"),
    ],
)
def test_three_points_are_not_three_hundred(written: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        margin_of(written, "passed")


@pytest.mark.parametrize(("written", "margin"), [("250", 250.0), (50, 50.0), (1e-05, 1e-05), ("2.5e-4", 0.00025)])
def test_a_margin_of_a_measure_is_in_its_unit(written: Any, margin: float) -> None:
    assert margin_of(written, "cost_usd") == margin


def test_a_measure_has_no_percent() -> None:
    with pytest.raises(ValueError, match=r"`latency_ms` is counted in ms: write 50 for 50 ms"):
        margin_of("50%", "latency_ms")


@pytest.mark.parametrize("written", ["", "x", "-1", -0.1, True, None, "nan", "inf", float("nan"), "1e999", "3 points"])
def test_what_is_none(written: Any) -> None:
    for metric in ("passed", "latency_ms"):
        with pytest.raises(ValueError, match="a margin is a number from 0"):
            margin_of(written, metric)
