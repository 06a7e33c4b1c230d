"""Traffic in a few figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from ajar.traffic.filters import FAILED, Filters

if TYPE_CHECKING:
    from ajar.traffic.query import Traffic

By = Literal["route", "deployment", "caller"]

_SELECT: Final = f"""
SELECT {{by}} AS key, grouping({{by}}) = 1 AS whole, count(*), count(*) FILTER (WHERE {FAILED}),
       quantile_cont(ttfb_ms, 0.5), quantile_cont(ttfb_ms, 0.95),
       quantile_cont(total_ms, 0.5), quantile_cont(total_ms, 0.95),
       sum(usage.input_tokens)::HUGEINT, sum(usage.output_tokens)::HUGEINT,
       coalesce(map_entries(histogram(finish_reason)), [])
FROM traffic GROUP BY GROUPING SETS (({{by}}), ()) ORDER BY whole, count(*) DESC, key
"""  # noqa: S608 - the column is one of three


class Figures(msgspec.Struct, frozen=True):
    """What happened in one group. Times are milliseconds; None where no record says."""

    key: str | None
    count: int
    errors: int
    error_share: float
    ttfb_p50_ms: float | None
    ttfb_p95_ms: float | None
    total_p50_ms: float | None
    total_p95_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    finish_reasons: dict[str, int]


class Summary(msgspec.Struct, frozen=True):
    """One group for each route, deployment or caller, most traffic first, and all of them together."""

    by: By
    groups: list[Figures]
    total: Figures


def summarize(traffic: Traffic, by: By, filters: Filters) -> Summary:
    """Counts, error shares, percentiles and tokens of the records that the filters let through."""
    groups: list[Figures] = []
    total: Figures | None = None
    for key, whole, count, errors, *measures, reasons in traffic.query(_SELECT.format(by=by), filters).fetchall():
        counted = {entry["key"]: entry["value"] for entry in reasons}
        share = errors / count if count else 0.0
        figures = Figures(key, count, errors, share, *measures, finish_reasons=counted)
        if whole:
            total = figures
        else:
            groups.append(figures)
    assert total is not None, "GROUPING SETS (…, ()) has a row for everything"
    return Summary(by, groups, total)
