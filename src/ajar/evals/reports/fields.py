"""The fields of checks: which part of a value goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.evals.reports.plain import Line, line, parts

if TYPE_CHECKING:
    from ajar.evals.result import Metric, Result


def fields(result: Result) -> list[tuple[Metric, Line]]:
    """The fields of checks: those in which the candidate lost most come first, and without a baseline the lowest."""

    def order(metric: Metric) -> tuple[float, float]:
        lost = metric.comparison.difference if metric.comparison is not None else 0.0
        return lost, metric.candidate.mean if metric.candidate is not None else 0.0

    return [(metric, line(metric)) for metric in sorted(parts(result), key=order)]
