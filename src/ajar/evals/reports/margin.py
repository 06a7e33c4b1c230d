"""A margin in words: in the metric's own unit, with every digit that it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.evals.reports.digits import Digits, axis

if TYPE_CHECKING:
    from ajar.evals.metrics import Unit


def words(margin: float, unit: Unit) -> str:
    """Such as `3 points`, `1 point`, `50 ms`, `0.0001 US dollars`."""
    text, noun = Digits(unit, 0).tick(margin, signed=False), axis(unit, signed=True)
    return f"{text} {noun.removesuffix('s') if text == '1' and unit != 'ms' else noun}"
