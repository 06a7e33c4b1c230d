"""What the measures of a rollout are called where people read them, and where their margins lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ajar.config.model import Route
from ajar.errors import ConfigError
from ajar.rollout.measures import gauges

if TYPE_CHECKING:
    from ajar.evidence.live.look import Standing
    from ajar.evidence.live.measure import Measure
    from ajar.rollout.document import Rollout
    from ajar.rollout.measures import Gauge


class Label(NamedTuple):
    """`name` says what more of it means: that of a metric which is better when it is rare begins with `no`."""

    name: str
    measure: Measure

    def limit(self, standing: Standing) -> float | None:
        """The difference at which the candidate is worse by the margin; None where there is no margin."""
        measure = self.measure
        if measure.margin is None:
            return None
        if measure.kind == "bounded":
            return -measure.margin
        of = 1.0 if measure.kind == "log_mean" else standing.control_mean
        return None if of is None else (measure.factor - 1) * abs(of)


def labels(document: Rollout) -> dict[str, Label]:
    """By the measure's name; empty where an older or newer Ajar wrote the route's table."""
    try:
        found = gauges(msgspec.convert(document.table, Route))
    except (msgspec.ValidationError, ConfigError, ValueError):
        return {}
    return {gauge.measure.name: Label(_name(gauge), gauge.measure) for gauge in found}


def _name(gauge: Gauge) -> str:
    name = gauge.metric
    if gauge.source == "missing":
        return f"{name} given"
    if gauge.measure.kind == "bounded" and (gauge.flipped or gauge.metric in _RARE):
        return f"no {name}"
    if gauge.measure.quantile is not None:
        return f"{name} p{100 * gauge.measure.quantile:g}"
    return name


_RARE = frozenset({"error", "timeout", "refusal"})
