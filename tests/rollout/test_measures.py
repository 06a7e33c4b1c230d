"""From a route's metrics to measures, and from a unit's inferences to values."""

from __future__ import annotations

from typing import Any

import pytest

from ajar.config.model import Metric, Route
from ajar.errors import ConfigError
from ajar.rollout.measures import gauges, number_of, values
from ajar.rollout.outcome import Outcome


def route(checks: dict[str, Any] | None = None, **metrics: Metric) -> Route:
    return Route(primary="old", metrics=metrics, checks=checks or {})


def outcome(**fields: Any) -> Outcome:
    usual = {"error": False, "timeout": False, "refusal": False, "ttfb_ms": 100.0, "total_ms": 200.0}
    return Outcome(**(usual | {"cost_usd": 0.5, "tokens": 10.0, "elsewhere": False} | fields))


def named(found: Any) -> list[tuple[str, str, str, float | None]]:
    return [(each.measure.name, each.measure.kind, each.measure.role, each.measure.margin) for each in found]


def test_without_metrics_errors_decide() -> None:
    assert named(gauges(route())) == [("error", "bounded", "primary", 0.03)]


def test_errors_always_guard() -> None:
    found = gauges(route(solved=Metric(kind="boolean", role="primary", margin=0.05, missing="fail")))
    assert named(found) == [("solved", "bounded", "primary", 0.05), ("error", "bounded", "guard", None)]


def test_guards_alone_leave_the_decision_to_errors() -> None:
    found = gauges(route(error=Metric(margin=0.01), total_ms=Metric(margin=0.2)))
    assert named(found) == [("error", "bounded", "primary", 0.01), ("total_ms", "log_mean", "guard", 0.2)]


def test_silence_is_guarded_where_it_is_left_out() -> None:
    found = gauges(route(solved=Metric(kind="boolean", role="primary", margin=0.05)))
    assert [each.measure.name for each in found] == ["solved", "error", "solved missing"]
    told = {("caller", "solved"): [1.0]}
    assert values(found, [outcome()], told) == (1.0, 1.0, 1.0)
    assert values(found, [outcome()], {}) == (None, 1.0, 0.0)


def test_kinds() -> None:
    found = gauges(
        route(
            {"valid": {"scorer": "json"}},
            valid=Metric(),
            cost_usd=Metric(margin=0.1),
            ttfb_ms=Metric(quantile=0.95),
            stars=Metric(kind="number", better="up", margin=0.2),
        )
    )
    kinds = {each.measure.name: (each.measure.kind, each.measure.better, each.source) for each in found}
    assert kinds["valid"] == ("bounded", "up", "check")
    assert kinds["cost_usd"] == ("mean", "down", "record")
    assert kinds["ttfb_ms"] == ("quantile", "down", "record")
    assert kinds["stars"] == ("mean", "up", "caller")


def test_a_metric_that_nothing_gives() -> None:
    with pytest.raises(ConfigError, match="solved"):
        gauges(route(solved=Metric()))


def test_means_over_a_units_inferences() -> None:
    found = gauges(route(total_ms=Metric(margin=0.1), tokens=Metric(), refusal=Metric()))
    of = {each.metric: at for at, each in enumerate(found)}
    got = values(found, [outcome(), outcome(error=True, total_ms=None, refusal=True), outcome(tokens=40.0)], {})
    assert got[of["error"]] == pytest.approx(2 / 3)
    assert got[of["refusal"]] == pytest.approx(2 / 3)
    assert got[of["total_ms"]] == 200.0
    assert got[of["tokens"]] == 20.0
    assert values(found, [], {}) == (None, None, None, None)


def test_ratings_are_scaled_and_turned() -> None:
    found = gauges(
        route(
            stars=Metric(kind="rating", role="primary", scale=(1, 5), missing="fail", margin=0.1),
            effort=Metric(kind="rating", better="down", scale=(0, 10), missing="fail"),
        )
    )
    told = {("caller", "stars"): [5.0, 3.0], ("caller", "effort"): [2.0, 99.0]}
    assert values(found, [], told)[:2] == (0.75, pytest.approx(0.4))
    assert values(found, [], {})[:2] == (0.0, 0.0)  # silence counts as the worst


def test_only_numbers_are_values() -> None:
    assert [number_of(value) for value in (True, 3, 0.5, -1e99)] == [1.0, 3.0, 0.5, -1e99]
    # Two of 1e308 have no sum: what is no measurement must not bring a rollout to a halt.
    for value in ("good", None, float("nan"), float("inf"), 1e308, -(10**400)):
        assert number_of(value) is None
