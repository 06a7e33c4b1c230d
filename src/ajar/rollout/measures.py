"""What a rollout compares: a route's metrics and checks as measures, and a unit's value of each. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from ajar.config.model import Metric
from ajar.errors import ConfigError
from ajar.evidence.live.measure import Measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ajar.config.model import Route
    from ajar.rollout.outcome import Outcome

AUTOMATIC: Final = ("error", "timeout", "refusal", "ttfb_ms", "total_ms", "cost_usd", "tokens")
"""Metrics that Ajar measures itself; less is better."""
_FLAGS: Final = frozenset({"error", "timeout", "refusal"})
_LATENCIES: Final = frozenset({"ttfb_ms", "total_ms"})
_SHORTEST: Final = 0.001
"""A clock's tick in milliseconds: nothing takes no time at all."""
_LARGEST: Final = 1e100
"""Beyond that no sum of squares is a number any more, and nothing measures so much."""
DEFAULT_MARGIN: Final = 0.03
"""Of a primary metric that has none."""

Source = Literal["record", "caller", "check", "missing"]


class Gauge(NamedTuple):
    """A measure, and how a unit's value of it is found: in its records, in what its callers said, or in its checks.

    `missing` is a value that a unit without any has (None: it does not enter).
    """

    measure: Measure
    metric: str
    source: Source
    scale: tuple[float, float] = (0.0, 1.0)
    flipped: bool = False
    missing: float | None = None


def gauges(route: Route) -> tuple[Gauge, ...]:
    """All that a rollout on the route looks at, the primary first.

    Where the route names no primary metric it is `error`; otherwise `error` is a guard. A metric of callers' feedback
    whose silent units are left out brings a guard that counts them. Raises ConfigError for a metric that nothing gives.
    """
    found = [_gauge(name, metric, route) for name, metric in route.metrics.items()]
    primary = next((gauge for gauge in found if gauge.measure.role == "primary"), None)
    if not any(gauge.metric == "error" for gauge in found):
        role: Literal["primary", "guard"] = "guard" if primary else "primary"
        found.append(_gauge("error", Metric(role=role), route))
    elif primary is None:
        found = [
            _gauge("error", _as_primary(route.metrics["error"]), route) if gauge.metric == "error" else gauge
            for gauge in found
        ]
    for gauge in tuple(found):
        if gauge.source == "caller" and gauge.missing is None:
            found.append(Gauge(_bounded(f"{gauge.metric} missing", "guard", None), gauge.metric, "missing"))
    # A route may name several primary metrics; the first decides and the others guard.
    decides = next(gauge for gauge in found if gauge.measure.role == "primary")
    return (decides, *(_as_guard(gauge) for gauge in found if gauge is not decides))


def _gauge(name: str, metric: Metric, route: Route) -> Gauge:
    bounded = metric.kind in ("boolean", "rating")
    source: Source = "caller"
    better: Literal["up", "down"] = metric.better or "up"
    if name in AUTOMATIC:
        source, bounded = "record", name in _FLAGS
        better = metric.better or "down"
    elif name in route.checks:
        source, bounded = "check", True
    elif metric.kind is None:
        raise ConfigError([f"metric `{name}` is no check of the route and nothing that Ajar measures: give its `kind`"])
    margin = metric.margin
    if margin is None and metric.role == "primary":
        margin = DEFAULT_MARGIN
    if bounded:
        lowest = 0.0 if metric.missing == "fail" and source != "record" else None
        scale = metric.scale if metric.kind == "rating" and source == "caller" else (0.0, 1.0)
        return Gauge(_bounded(name, metric.role, margin), name, source, scale, better == "down", lowest)
    kind = "quantile" if metric.quantile is not None else "log_mean" if name in _LATENCIES else "mean"
    measure = Measure(name=name, kind=kind, role=metric.role, better=better, margin=margin, quantile=metric.quantile)
    return Gauge(measure, name, source)


def _bounded(name: str, role: Literal["primary", "guard"], margin: float | None) -> Measure:
    return Measure(name=name, kind="bounded", role=role, better="up", margin=margin, quantile=None)


def _as_primary(metric: Metric) -> Metric:
    return Metric(role="primary", better=metric.better, margin=metric.margin)


def _as_guard(gauge: Gauge) -> Gauge:
    old = gauge.measure
    if old.role == "guard":
        return gauge
    measure = Measure(
        name=old.name, kind=old.kind, role="guard", better=old.better, margin=old.margin, quantile=old.quantile
    )
    return gauge._replace(measure=measure)


def values(
    gauges: Sequence[Gauge], outcomes: Iterable[Outcome], said: Mapping[tuple[str, str], Sequence[float]]
) -> tuple[float | None, ...]:
    """One value for each gauge, of a unit with these inferences.

    `said` has, by source (`caller` or `check`) and metric, what was said of the unit and of its inferences. A value is
    the mean of what is there; bounded ones lie in [0, 1], and more is better.
    """
    counted = list(outcomes)
    return tuple(_value(gauge, counted, said) for gauge in gauges)


def _value(gauge: Gauge, outcomes: list[Outcome], said: Mapping[tuple[str, str], Sequence[float]]) -> float | None:
    if gauge.source == "missing":
        return float(bool(said.get(("caller", gauge.metric))))
    if gauge.source == "record":
        found = [getattr(outcome, gauge.metric) for outcome in outcomes]
        found = [float(value) for value in found if value is not None]
    else:
        found = [scaled(gauge, value) for value in said.get((gauge.source, gauge.metric), ())]
    if not found:
        return gauge.missing
    mean = sum(found) / len(found)
    if gauge.measure.kind == "log_mean":
        return max(mean, _SHORTEST)
    return 1.0 - mean if gauge.flipped else mean


def scaled(gauge: Gauge, value: float) -> float:
    """A value of feedback on the gauge's own scale: in [0, 1], where the measure is bounded."""
    if gauge.measure.kind != "bounded":
        return value
    low, high = gauge.scale
    return min(1.0, max(0.0, (value - low) / (high - low)))


def number_of(value: Any) -> float | None:
    """A feedback's value as a number; None for a comment, a demonstration, a check that could not be made, nonsense."""
    if isinstance(value, bool | int | float) and abs(value) < _LARGEST:  # which NaN is not
        return float(value)
    return None
