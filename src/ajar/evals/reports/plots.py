"""Forest plots with their words: a row for each difference, on a scale for each unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from markupsafe import Markup

from ajar.evals.metrics import MEASURES, PASSED
from ajar.evals.reports import digits as written
from ajar.evals.reports.forest import Reading, Span, forest, reading
from ajar.evals.reports.margin import words
from ajar.evals.reports.plain import title, whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ajar.evals.metrics import Unit
    from ajar.evals.result import Metric, Result, Timing


class Row(msgspec.Struct, frozen=True):
    """One line of a forest plot."""

    label: str
    beside: str
    number: str
    interval: str
    state: Reading
    strong: bool
    drawn: Markup


class Plot(msgspec.Struct, frozen=True):
    """A forest plot with its words."""

    title: str
    rows: list[Row]
    axis: Markup


def differences(result: Result, timing: Timing) -> list[Plot]:
    """A plot for each unit in which anything differs: what is not counted alike shares no scale."""
    margins = _margins(result)
    titles: dict[Unit, str] = {"share": "Checks", "ms": "Latency", "USD": "Cost", "tokens": "Tokens"}
    plots: list[Plot] = []
    shown = [metric for metric in (*whole(result), *timing.metrics) if metric.comparison is not None]
    for unit, name in titles.items():
        of_unit = [metric for metric in shown if metric.unit == unit]
        if any(not _is_nothing(metric) or metric.name in margins for metric in of_unit):
            plots.append(plot(name, [(title(metric.name), "", metric) for metric in of_unit], margins))
    return plots


def _is_nothing(metric: Metric) -> bool:
    """Whether no case differs at all, such as the cost on hardware of one's own: there is nothing to draw."""
    return metric.comparison is None or metric.comparison.low == metric.comparison.high == 0


def alone(result: Result) -> Plot | None:
    """Without a baseline: the shares themselves with their intervals."""
    shown = [metric for metric in whole(result) if metric.unit == "share" and metric.candidate is not None]
    if not shown:
        return None
    digits = written.of_numbers("share", ())
    spans = [
        Span(
            label=title(metric.name),
            mean=metric.candidate.mean,
            low=metric.candidate.low,
            high=metric.candidate.high,
            strong=True,
        )
        for metric in shown
        if metric.candidate is not None
    ]
    drawn = forest(spans, digits, written.axis("share", signed=False), signed=False)
    rows = [
        Row(
            span.label,
            "",
            digits.value(span.mean),
            digits.interval(span.low, span.high, signed=False),
            "none",
            metric.name == PASSED,
            picture,
        )
        for span, metric, picture in zip(spans, shown, drawn.rows, strict=True)
    ]
    return Plot("Checks", rows, drawn.axis)


def margins(result: Result, timing: Timing) -> list[tuple[str, str]]:
    """The margins that are drawn, as people read them."""
    known = {metric.name: metric for metric in (*result.metrics, *timing.metrics) if metric.comparison is not None}
    return [
        (title(name), words(abs(margin), known[name].unit))
        for name, margin in _margins(result).items()
        if name in known
    ]


def plot(name: str, rows: Sequence[tuple[str, str, Metric]], margins: Mapping[str, float]) -> Plot:
    """Draw metrics of one unit, each with its label and what stands small beside it; with a name, `passed` is bold."""
    spans: list[Span] = []
    for label, _, metric in rows:
        compared = metric.comparison
        assert compared is not None
        spans.append(
            Span(
                label=label,
                mean=compared.difference,
                low=compared.low,
                high=compared.high,
                reading=reading(compared, metric.better),
                strong=metric.name == PASSED and bool(name),
                margin=margins.get(metric.name),
            )
        )
    unit = rows[0][2].unit
    drawn = forest(spans, written.of_metric(rows[0][2]), written.axis(unit, signed=True))
    return Plot(
        name,
        [
            _row(span, beside, metric, picture)
            for span, (_, beside, metric), picture in zip(spans, rows, drawn.rows, strict=True)
        ],
        drawn.axis,
    )


def _margins(result: Result) -> dict[str, float]:
    """By metric the difference at which worse becomes too much worse."""
    if result.gate is None:
        return {}
    return {
        decision.metric: decision.margin if decision.metric in MEASURES else -decision.margin
        for decision in result.gate.decisions
        if decision.suite == result.about.suite
    }


def _row(span: Span, beside: str, metric: Metric, picture: Markup) -> Row:
    digits = written.of_metric(metric)
    return Row(
        span.label,
        beside,
        digits.difference(span.mean),
        digits.interval(span.low, span.high, signed=True),
        span.reading,
        span.strong,
        picture,
    )
