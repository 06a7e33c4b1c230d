"""The numbers of a result as rows."""

from __future__ import annotations

import msgspec

from ajar.evals.reports.plain import ALONE, COLUMNS, parts, rows, whole
from doubles.finished_run import result, share, timing


def test_a_row_for_each_metric() -> None:
    found = rows(result(), timing())
    assert all(len(row) == len(COLUMNS) for row in found)
    assert all(COLUMNS)
    assert found[0] == ["passed", "91.7%", "86.7%", "+5.0 points", "+2.5 to +7.5", "600", "better"]
    assert found[-1] == ["latency", "41.3 ms", "38.9 ms", "+2.4 ms", "+1.3 to +3.5 ms", "600", "worse"]
    assert "fields.queue" not in [row[0] for row in found]


def test_without_a_baseline_there_are_fewer_columns() -> None:
    found = rows(result(baseline=False), timing(baseline=False))
    assert all(len(row) == len(ALONE) for row in found)
    assert found[0] == ["passed", "91.7%", "89.5% to 93.9%", "600"]


def test_a_metric_that_one_model_has_only() -> None:
    lone = msgspec.structs.replace(share("exact", 0.5, 0.5), baseline=None, comparison=None)
    made = msgspec.structs.replace(result(), metrics=[lone])
    assert rows(made, timing())[0] == ["exact", "50.0%", "", "", "46.0% to 54.0%", "600", ""]


def test_fields_belong_to_a_check_whose_name_may_have_dots() -> None:
    names = ("passed", "a.b", "a.b.c", "a.b.c.d", "lone.check")
    made = msgspec.structs.replace(result(), metrics=[share(name, 0.9, 0.8) for name in names])
    assert [metric.name for metric in parts(made)] == ["a.b.c", "a.b.c.d"]
    assert [metric.name for metric in whole(made)] == ["passed", "a.b", "lone.check"]
