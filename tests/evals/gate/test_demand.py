"""Margins as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from ajar.evals.gate.demand import margin_of


@pytest.mark.parametrize(
    ("written", "margin"), [("0.03", 0.03), ("3%", 0.03), (" 2.5 % ", 0.025), (0, 0.0), (0.1, 0.1), ("250", 250.0)]
)
def test_a_margin(written: Any, margin: float) -> None:
    assert margin_of(written) == pytest.approx(margin)


@pytest.mark.parametrize("written", ["", "x", "-1", -0.1, True, None, "nan", "inf", float("nan"), "1e999", "3 points"])
def test_what_is_none(written: Any) -> None:
    with pytest.raises(ValueError, match="a margin is a number from 0"):
        margin_of(written)
