"""Latency, cost and tokens: how they are distributed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.evals.metrics import MEASURES
from ajar.evals.reports import digits as written
from ajar.evals.reports.histogram import Histogram, histogram, quantiles
from ajar.evals.reports.plain import Line, line, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ajar.evals.result import Metric, Result, Spread, Timing


class Measure(msgspec.Struct, frozen=True):
    """How one measure is distributed, and what its means are."""

    title: str
    unit: str
    drawn: Histogram | None
    columns: list[str]
    quantiles: list[tuple[str, list[str]]]
    line: Line | None


def measures(result: Result, timing: Timing) -> list[Measure]:
    """Latency, cost and tokens: how they are distributed."""
    spreads = [*timing.spreads, *result.spreads]
    metrics = {metric.name: metric for metric in (*timing.metrics, *result.metrics)}
    found: list[Measure] = []
    for name in MEASURES:
        of_name = [spread for spread in spreads if spread.metric == name]
        if of_name:
            found.append(_measure(name, of_name, metrics.get(name)))
    return found


def _measure(name: str, spreads: Sequence[Spread], metric: Metric | None) -> Measure:
    unit = MEASURES[name]
    numbers = [number for spread in spreads for number in spread.quantiles.values()]
    digits = written.of_numbers(unit, numbers)
    about = title(name)
    flat = all(number == numbers[0] for number in numbers) if numbers else True
    table: dict[str, list[str]] = {}
    for spread in spreads:
        for label, number in quantiles(spread):
            table.setdefault(label, []).append(digits.bare(number))
    return Measure(
        title=about,
        unit=written.axis(unit, signed=False),
        drawn=None if flat else histogram(spreads, digits, about, written.axis(unit, signed=False)),
        columns=[spread.arm for spread in spreads],
        quantiles=list(table.items()),
        line=None if metric is None else line(metric),
    )
