"""Figures over records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ajar.domain.usage import Usage
from ajar.traffic.filters import Filters
from ajar.traffic.query import open_traffic
from ajar.traffic.summary import Figures, Summary, summarize
from traffic.conftest import record, seal_all, write

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.traffic.summary import By


def summary(state: Path, by: By = "route", filters: Filters | None = None) -> Summary:
    with open_traffic(state) as traffic:
        return summarize(traffic, by, filters or Filters())


def test_figures(tmp_path: Path) -> None:
    records = [
        record(route="a", total_ms=float(number), ttfb_ms=number / 10, usage=Usage(number, 2), finish_reason="stop")
        for number in range(1, 101)
    ]
    write(tmp_path, records[:50])
    seal_all(tmp_path)
    failed = {"usage": None, "finish_reason": None, "ttfb_ms": None, "total_ms": 50.5}
    write(tmp_path, [*records[50:], record(route="a", status=500, error="upstream_closed", **failed)])
    write(tmp_path, [record(route="a", status=200, error="upstream_closed", **failed | {"finish_reason": "length"})])
    write(
        tmp_path, [record(route="a", status=429, **failed), record(route=None, deployment=None, status=404, **failed)]
    )
    result = summary(tmp_path)
    assert [one.key for one in result.groups] == ["a", None]
    a, none = result.groups
    assert (a.count, a.errors, a.error_share) == (103, 3, pytest.approx(3 / 103))
    assert (a.ttfb_p50_ms, a.ttfb_p95_ms) == (pytest.approx(5.05), pytest.approx(9.505))
    assert a.total_p50_ms == pytest.approx(50.5)
    assert (a.input_tokens, a.output_tokens) == (5050, 200)
    assert a.finish_reasons == {"stop": 100, "length": 1}
    assert none == Figures(None, 1, 1, 1.0, None, None, 50.5, 50.5, None, None, {})
    assert (result.total.count, result.total.errors, result.total.input_tokens) == (104, 4, 5050)


def test_groups_come_in_the_order_of_their_size(tmp_path: Path) -> None:
    write(tmp_path, [record(deployment=name, caller=name * 2) for name in "abbbcc"])
    assert [(one.key, one.count) for one in summary(tmp_path, "deployment").groups] == [("b", 3), ("c", 2), ("a", 1)]
    assert [one.key for one in summary(tmp_path, "caller").groups] == ["bb", "cc", "aa"]
    only = summary(tmp_path, "caller", Filters(callers=("aa",)))
    assert [one.count for one in (*only.groups, only.total)] == [1, 1]


def test_token_sums_have_no_limit(tmp_path: Path) -> None:
    write(tmp_path, [record(usage=Usage(2**62, None))] * 8)
    assert summary(tmp_path).total.input_tokens == 2**65
    assert summary(tmp_path).total.output_tokens is None


def test_nothing_adds_up_to_nothing(tmp_path: Path) -> None:
    result = summary(tmp_path)
    assert result.groups == []
    assert result.total == Figures(None, 0, 0, 0.0, None, None, None, None, None, None, {})
