"""The numbers of a result as rows of text: for a terminal, and the same ones in every other report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.evals.metrics import PASSED
from ajar.evals.reports.digits import Digits, of_metric
from ajar.evals.reports.forest import WORDS, reading

if TYPE_CHECKING:
    from ajar.evals.result import Metric, Result, Timing
    from ajar.evidence.estimate import Estimate

COLUMNS = ("metric", "candidate", "baseline", "difference", "interval", "cases", "reading")
"""What stands in each place of a row; the last is what the interval says."""
ALONE = ("metric", "candidate", "interval", "cases")
"""The same where there is no baseline."""

_TITLES = {
    "latency_ms": "latency",
    "cost_usd": "cost",
    "input_tokens": "input tokens",
    "output_tokens": "output tokens",
}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One metric written out. What is not there is an empty text; `state` is a word of `forest.WORDS`."""

    metric: str
    candidate: str = ""
    baseline: str = ""
    difference: str = ""
    interval: str = ""
    cases: str = ""
    state: str = ""


def title(metric: str) -> str:
    """What people call it."""
    return _TITLES.get(metric, metric)


def line(metric: Metric) -> Line:
    """All numbers of one metric in the same digits."""
    digits = of_metric(metric)
    compared = metric.comparison
    if compared is None:
        return _alone(metric, digits)
    return Line(
        metric=title(metric.name),
        candidate=_mean(metric.candidate, digits),
        baseline=_mean(metric.baseline, digits),
        difference=digits.difference(compared.difference, unit=True),
        interval=digits.interval(compared.low, compared.high, signed=True),
        cases=f"{compared.n:,}",
        state=WORDS[reading(compared, metric.better)],
    )


def rows(result: Result, timing: Timing) -> list[list[str]]:
    """A row for each metric, fields of a check excepted: under `COLUMNS`, or `ALONE` without a baseline."""
    lines = [line(metric) for metric in (*whole(result), *timing.metrics)]
    columns = msgspec.structs.fields(Line) if "baseline" in result.arms else ()
    names = [column.name for column in columns] or ["metric", "candidate", "interval", "cases"]
    return [[getattr(found, name) for name in names] for found in lines]


def whole(result: Result) -> list[Metric]:
    """The metrics that are not a field of a check."""
    fields = {metric.name for metric in parts(result)}
    return [metric for metric in result.metrics if metric.name not in fields]


def parts(result: Result) -> list[Metric]:
    """The metrics that are a field of a check: `check.field`."""
    names = {metric.name for metric in result.metrics} - {PASSED}
    return [metric for metric in result.metrics if _check(metric.name, names) is not None]


def _check(name: str, names: set[str]) -> str | None:
    """The check of which this metric is a field. A check's own name may have dots in it."""
    pieces = name.split(".")
    owners = (".".join(pieces[:count]) for count in range(len(pieces) - 1, 0, -1))
    return next((owner for owner in owners if owner in names), None)


def _alone(metric: Metric, digits: Digits) -> Line:
    found = metric.candidate
    return Line(
        metric=title(metric.name),
        candidate=_mean(found, digits),
        baseline=_mean(metric.baseline, digits),
        interval="" if found is None else digits.interval(found.low, found.high, signed=False),
        cases="" if found is None else f"{found.n:,}",
    )


def _mean(estimate: Estimate | None, digits: Digits) -> str:
    return "" if estimate is None else digits.value(estimate.mean)
