"""How records and their figures look on a terminal."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from msgspec import json
from msgspec.structs import asdict
from rich.table import Table
from rich.text import Text

from ajar.cli import terminal
from ajar.config.problem import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.padding import Padding

    from ajar.domain.feedback import Feedback
    from ajar.traffic.export import Row
    from ajar.traffic.summary import Figures


class GrowingTable:
    """A table of inferences that grows: later rows line up with the first ones."""

    _TITLES = ("Time UTC", "Route", "Deployment", "Status", "First", "Total", "In", "Out", "End")
    _USUAL = (8, 14, 10, 6, 5, 5, 5, 5, 8)
    _NUMBERS = frozenset({"Time UTC", "First", "Total", "In", "Out"})

    def __init__(self) -> None:
        self._console = terminal.console()
        self._widths: list[int] = []

    def show(self, rows: Sequence[Row]) -> None:
        """Print rows below those that stand there already; the first call prints the head."""
        cells = [_cells(row) for row in rows]
        head = not self._widths
        if head:
            usual = [" " * width for width in self._USUAL]
            columns = zip(self._TITLES, *(cells or [usual]), strict=True)
            self._widths = self._fitting([max(map(len, column)) for column in columns])
        self._console.print(self._table(cells, head))
        sys.stdout.flush()

    def _fitting(self, widths: list[int]) -> list[int]:
        """The widths, with those of the words reduced to what the terminal has room for."""
        words = [self._TITLES.index(title) for title in ("Route", "Deployment", "End")]
        while sum(widths) + len(widths) > self._console.width:
            widest = max(words, key=widths.__getitem__)
            if widths[widest] <= 8:
                break
            widths[widest] -= 1
        return widths

    def _table(self, rows: Iterable[Sequence[str]], head: bool) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=head, header_style="bold")
        for title, width in zip(self._TITLES, self._widths, strict=True):
            fixed = width if self._console.is_terminal and title != "End" else None
            table.add_column(title, width=fixed, min_width=width, justify="right" if title in self._NUMBERS else "left")
        for row in rows:
            style = "red" if row[3] >= "4" else ""
            table.add_row(*(Text(cell, style, no_wrap=True, overflow="ellipsis") for cell in row))
        return table


def _cells(row: Row) -> tuple[str, ...]:
    usage: dict[str, int | None] = row["usage"] or {}
    end = row["error"] or row["finish_reason"] or "–"
    return (
        _moment(row["time"]),
        row["route"] or "–",
        row["deployment"] or "–",
        str(row["status"]),
        _duration(row["ttfb_ms"]),
        _duration(row["total_ms"]),
        _count(usage.get("input_tokens")),
        _count(usage.get("output_tokens")),
        end if row["purpose"] == "live" else f"{end} ({row['purpose']})",
    )


def summary_table(by: str, lines: Sequence[Figures]) -> Table:
    """One line for each group; where there are several, the last one is all of them together."""
    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
        caption="First byte, In all: median/95th percentile. Tokens: in/out.",
        caption_justify="left",
    )
    table.add_column(by.capitalize(), overflow="fold")
    for title in ("Count", "Errors", "First byte", "In all", "Tokens"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("Ends", overflow="fold")
    for one in lines:
        ends = sorted(one.finish_reasons.items(), key=lambda item: -item[1])
        cells = (
            "All" if len(lines) > 1 and one is lines[-1] else one.key or "–",
            f"{one.count:,}",
            f"{one.error_share:.1%}",
            f"{_duration(one.ttfb_p50_ms)}/{_duration(one.ttfb_p95_ms)}",
            f"{_duration(one.total_p50_ms)}/{_duration(one.total_p95_ms)}",
            f"{_count(one.input_tokens)}/{_count(one.output_tokens)}",
            "\n".join(f"{reason} {number:,}" for reason, number in ends) or "–",
        )
        table.add_row(*map(Text, cells), end_section=True)
    return table


def feedback_row(one: Feedback) -> dict[str, Any]:
    """A value of feedback for programs: every field, times as ISO 8601 in UTC."""
    from ajar.traffic.export import iso

    return {**asdict(one), "time": iso(one.time), "said": None if one.said is None else iso(one.said)}


def feedback_table(values: Iterable[Feedback]) -> Padding:
    """One line for each value."""
    rows = [
        (
            _moment(str(feedback_row(one)["time"])),
            one.route,
            one.metric,
            _one_line(one.value if isinstance(one.value, str) else json.encode(one.value).decode()),
            f"unit {one.unit_hash}" if one.inference is None else one.inference,
            one.caller if one.source == "caller" else one.source,
        )
        for one in values
    ]
    return terminal.table("Time UTC", "Route", "Metric", "Value", "About", "By", rows=rows)


def _one_line(text: str) -> str:
    """The beginning of what a caller wrote, without what would steer the terminal."""
    return shortened(" ".join("".join(each if each.isprintable() else " " for each in text[:200]).split()))


def _moment(iso: str) -> str:
    """The time of day, after the date where that is not today's."""
    date, _, clock = iso[:19].partition("T")
    return clock if date == time.strftime("%Y-%m-%d", time.gmtime()) else f"{date[5:]} {clock}"


def _duration(ms: float | None) -> str:
    if ms is None:
        return "–"
    if ms < 999.5:
        return f"{ms:.0f}ms" if ms >= 0.5 else "<1ms"
    return f"{ms / 1000:.1f}s" if ms < 99_950 else f"{ms / 60_000:.0f}m"


def _count(number: int | None) -> str:
    """At most five characters."""
    if number is None:
        return "–"
    if number < 10_000:
        return str(number)
    for unit, size in (("k", 1e3), ("M", 1e6), ("G", 1e9)):
        if number < 999.5 * size:
            return f"{number / size:.3g}{unit}"
    return f"{number / 1e12:.3g}T"
