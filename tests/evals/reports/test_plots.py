"""Which forest plots a report has."""

from __future__ import annotations

import msgspec

from ajar.evals.reports.plots import alone, differences, margins
from ajar.evals.result import Gate
from doubles.finished_run import decision, measure, result, share, timing


def test_a_plot_for_each_unit() -> None:
    plots = differences(result(), timing())
    assert [(plot.title, [row.label for row in plot.rows]) for plot in plots] == [
        ("Checks", ["passed", "fields", "valid json", "no apology"]),
        ("Latency", ["latency"]),
        ("Cost", ["cost"]),
        ("Tokens", ["input tokens", "output tokens"]),
    ]
    assert [row.strong for row in plots[0].rows] == [True, False, False, False]


def test_where_nothing_differs_there_is_nothing_to_draw_unless_a_margin_stands_on_it() -> None:
    free = [share("passed", 0.9, 0.8), measure("cost_usd", "USD", 0.0, 0.0, 0.0)]
    made = msgspec.structs.replace(result(), metrics=free)
    quiet = msgspec.structs.replace(timing(), metrics=[])
    assert [plot.title for plot in differences(made, quiet)] == ["Checks"]
    gated = msgspec.structs.replace(
        made, gate=Gate(verdict="PASS", decisions=[decision(metric="cost_usd", margin=0.1)])
    )
    assert [plot.title for plot in differences(gated, quiet)] == ["Checks", "Cost"]


def test_margins_of_another_suite_are_not_drawn() -> None:
    decisions = [decision(), decision(metric="fields", suite="other"), decision(metric="latency_ms", margin=2.0)]
    made = result(gate=Gate(verdict="PASS", decisions=decisions))
    assert margins(made, timing()) == [("passed", "3 points"), ("latency", "2 ms")]
    checks, latency, *_ = differences(made, timing())
    assert ["margin" in row.drawn for row in checks.rows] == [True, False, False, False]
    assert "margin +2 ms" in latency.rows[0].drawn


def test_without_a_baseline_the_shares_themselves() -> None:
    plot = alone(result(baseline=False))
    assert plot is not None
    assert next((row.label, row.number, row.interval) for row in plot.rows) == ("passed", "91.7%", "89.5% to 93.9%")
    assert alone(msgspec.structs.replace(result(baseline=False), metrics=[])) is None
