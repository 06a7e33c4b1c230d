"""How a measure is distributed: a strip for each model on the same two scales."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from markupsafe import Markup

from ajar.evals.reports.chart import Scale, axis, drawing, element, join, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ajar.evals.reports.digits import Digits
    from ajar.evals.result import Spread

_HEIGHT = 64
_TICKS = 4
_TOLD = {"0.05", "0.5", "0.95", "0.99"}
"""The quantiles that are told; more are in the JSON."""


class Strip(msgspec.Struct, frozen=True):
    """One model's drawing."""

    arm: str
    drawn: Markup


class Histogram(msgspec.Struct, frozen=True):
    """A strip for each spread in the given order, and the axis below them."""

    strips: list[Strip]
    axis: Markup


def histogram(spreads: Sequence[Spread], digits: Digits, title: str, label: str) -> Histogram:
    """Draw spreads of one metric. Heights are shares of each model's own samples."""
    across = _across(spreads)
    tallest = max((max(_shares(spread), default=0) for spread in spreads), default=0) or 1
    ticks = [(number, digits.tick(number, signed=False)) for number in across.ticks(_TICKS)]
    return Histogram(
        strips=[Strip(spread.arm, _strip(spread, across, tallest, digits, title)) for spread in spreads],
        axis=axis(across, ticks, label=label),
    )


def _across(spreads: Sequence[Spread]) -> Scale:
    """From the first edge to the last that holds something; one value alone gets room on both sides."""
    low = min(spread.edges[0] for spread in spreads)
    high = max(spread.edges[-1] for spread in spreads)
    return Scale(low, high) if high > low else Scale(low - 0.5, high + 0.5)


def _shares(spread: Spread) -> list[float]:
    total = sum(spread.counts) or 1
    return [count / total for count in spread.counts]


def _strip(spread: Spread, across: Scale, tallest: float, digits: Digits, title: str) -> Markup:
    bars: list[Markup] = []
    for left, right, share in zip(spread.edges, spread.edges[1:], _shares(spread), strict=False):
        if not share:
            continue
        # A bin with anything in it is seen, however few that are.
        height = max((_HEIGHT - 4) * share / tallest, 1.5)
        start, end = across.at(left), across.at(right)
        bars.append(
            element(
                "rect",
                x=percent(start),
                width=percent(round(end - start, 3)),
                y=f"{_HEIGHT - height:.2f}",
                height=f"{height:.2f}",
            )
        )
    about = "; ".join(f"{name} {digits.value(number)}" for name, number in quantiles(spread))
    middle = spread.quantiles.get("0.5")
    if middle is not None:
        place = percent(across.at(middle))
        bars.append(element("line", x1=place, x2=place, y1="0", y2="100%", class_="median"))
    return drawing(join(bars), height=_HEIGHT, kind=f"strip {spread.arm}", title=f"{title}, {spread.arm}", about=about)


def quantiles(spread: Spread) -> list[tuple[str, float]]:
    """By the names that people give them, from the lowest to the highest: `median`, `95%`."""
    ordered = sorted((float(share), number) for share, number in spread.quantiles.items() if share in _TOLD)
    return [("median" if share == 0.5 else f"{share * 100:g}%", number) for share, number in ordered]
