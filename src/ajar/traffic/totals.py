"""Sums over the regions of the board, as lines to show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ajar.traffic.region import Kind, Labels, Metric


class Total(NamedTuple):
    """One line. A histogram has a `_bucket` line for each bound (label `le`), a `_sum` and a `_count`."""

    name: str
    labels: Labels
    value: float
    kind: Kind


def lines_of(metric: Metric, values: Sequence[float]) -> list[Total]:
    """The lines for one metric. The values of a histogram are what fell into each bucket, then the sum."""
    if metric.kind != "histogram":
        return [Total(metric.name, metric.labels, values[0], metric.kind)]
    *buckets, total = values
    lines: list[Total] = []
    count = 0.0
    name = f"{metric.name}_bucket"
    for bound, bucket in zip((*map(number, metric.bounds), "+Inf"), buckets, strict=True):
        count += bucket
        lines.append(Total(name, (*metric.labels, ("le", bound)), count, "histogram"))
    lines.append(Total(f"{metric.name}_sum", metric.labels, total, "histogram"))
    lines.append(Total(f"{metric.name}_count", metric.labels, count, "histogram"))
    return lines


def family(line: Total) -> str:
    """The name that a line's HELP and TYPE go by."""
    return line.name.rpartition("_")[0] if line.kind == "histogram" else line.name


def number(value: float) -> str:
    """A number as Prometheus writes it."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def sum_rounded_up(values: Sequence[float]) -> float:
    """The sum, or the next larger double where it is none: a counter that fell by one bit would look like a restart."""
    total = math.fsum(values)
    return math.nextafter(total, math.inf) if math.fsum((*values, -total)) > 0 else total
