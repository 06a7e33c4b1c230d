"""The breakdown by tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.evals.reports.plain import Line, line, title
from ajar.evals.reports.plots import Plot, plot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ajar.evals.result import Metric, Result, TagResult

_FEW_TAGS = 12


class Tags(msgspec.Struct, frozen=True):
    """The first metric by tag: a plot of the tags that matter most, one of the others, and every number in a table."""

    metric: str
    few: Plot | None
    rest: Plot | None
    table: list[tuple[str, int, list[Line]]]


def tags(result: Result) -> Tags | None:
    """The breakdown by tag of the first metric: the worst of the candidate first."""
    first = next((metric.name for metric in result.metrics), None)
    if not result.tags or first is None:
        return None
    found = [(tag, metric) for tag in result.tags for metric in tag.metrics if metric.name == first]
    compared = sorted((pair for pair in found if pair[1].comparison is not None), key=_worst)
    few, rest = compared[:_FEW_TAGS], compared[_FEW_TAGS:]
    return Tags(
        metric=title(first),
        few=_tag_plot(few) if few else None,
        rest=_tag_plot(rest) if rest else None,
        table=[(tag.tag, tag.cases, [line(metric) for metric in tag.metrics]) for tag in result.tags],
    )


def _tag_plot(found: Iterable[tuple[TagResult, Metric]]) -> Plot:
    return plot("", [(tag.tag, f"{tag.cases:,}", metric) for tag, metric in found], {})


def _worst(pair: tuple[TagResult, Metric]) -> tuple[float, str]:
    compared = pair[1].comparison
    return (compared.difference if compared is not None else 0.0), pair[0].tag
