"""A run of the benchmark of harnesses as tables: in the terminal, and as Markdown."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

import report
from summary import Figure

if TYPE_CHECKING:
    from collections.abc import Callable

BYTES_A_CASE = 200
"""What "flat" allows: a case may leave its place in the file, its state and its numbers in memory, and no text."""

_COST = [
    "harness",
    "version",
    "CPU ms/case",
    "× Ajar",
    "start-up CPU s",
    "CPU ms for each case more",
    "wall s",
    "peak MB",
    "at once",
]
_GROWTH = ["cases", "peak MB", "more MB", "bytes for each case more", "CPU ms/case", "wall s"]


def tables(results: dict[str, Any]) -> list[report.Section]:
    """The tables of a run."""
    count = results["cases"]
    costs = [_cost_row(each, results) for each in results["harnesses"].values()]
    title = f"{count:,} cases: median (least–most) of {results['rounds']} rounds"
    found = [(title, _COST, costs)] if costs else []
    if results["growth"]:
        found.append(("Ajar's memory as a suite grows", _GROWTH, _growth_rows(results["growth"])))
    return [*found, ("The harness's targets", report.TARGETS, [report.target_row(each) for each in judge(results)])]


def show(results: dict[str, Any]) -> None:
    """Print a run."""
    print(report.machine_line(results))
    report.show_tables(tables(results))
    for line in _absent(results):
        print(line)


def markdown(results: dict[str, Any]) -> str:
    """A run as Markdown."""
    head = f"Run on {results['date']} with `{results['command']}`. {report.machine_line(results)}\n\n"
    return head + "\n".join([report.sections(tables(results)), *(f"{line}\n" for line in _absent(results))])


def judge(results: dict[str, Any]) -> list[dict[str, Any]]:
    """What is promised, with what was measured; None where it was not."""
    found = [_beside(results, name) for name in ("inspect-ai", "promptfoo")]
    grown = results["growth"]
    bytes_a_case = _bytes_a_case(grown[0], grown[-1]) if len(grown) > 1 else None
    return [
        *found,
        {
            "claim": f"Memory for each case more, up to {grown[-1]['cases']:,}"
            if grown
            else "Memory for each case more",
            "target": f"≤ {BYTES_A_CASE} bytes",
            "measured": None if bytes_a_case is None else f"{bytes_a_case:.0f} bytes",
            "met": None if bytes_a_case is None else bytes_a_case <= BYTES_A_CASE,
        },
    ]


def _beside(results: dict[str, Any], name: str) -> dict[str, Any]:
    harnesses = results["harnesses"]
    share = None
    if "ajar" in harnesses and name in harnesses:
        share = _cpu(harnesses["ajar"], results).median / _cpu(harnesses[name], results).median
    return {
        "claim": f"Ajar's CPU per case, beside {name}",
        "target": "< 1×",
        "measured": None if share is None else f"{share:.3g}×",
        "met": None if share is None else share < 1,
    }


def _cost_row(harness: dict[str, Any], results: dict[str, Any]) -> list[str]:
    count = results["cases"]
    cpu, ajar = _cpu(harness, results), results["harnesses"].get("ajar")
    more = _over(harness, lambda each: 1000 * (each["all"]["cpu_s"] - each["one"]["cpu_s"]) / max(count - 1, 1))
    return [
        harness["title"],
        harness["version"],
        _written(cpu, 2),
        f"{cpu.median / _cpu(ajar, results).median:,.1f}" if ajar else "–",
        _written(_over(harness, lambda each: each["one"]["cpu_s"]), 2),
        _written(more, 2),
        _written(_over(harness, lambda each: each["all"]["wall_s"]), 1),
        _written(_over(harness, lambda each: each["all"]["peak_mb"]), 0),
        str(max(each["all"]["most"] for each in harness["rounds"])),
    ]


def _growth_rows(grown: list[dict[str, Any]]) -> report.Rows:
    rows: report.Rows = []
    for at, each in enumerate(grown):
        row = [f"{each['cases']:,}", f"{each['peak_mb']:.1f}"]
        row += (
            [f"{each['peak_mb'] - grown[0]['peak_mb']:.1f}", f"{_bytes_a_case(grown[0], each):.0f}"] if at else ["", ""]
        )
        rows.append([*row, f"{1000 * each['cpu_s'] / each['cases']:.3f}", f"{each['wall_s']:.1f}"])
    return rows


def _bytes_a_case(small: dict[str, Any], large: dict[str, Any]) -> float:
    return 1e6 * (large["peak_mb"] - small["peak_mb"]) / max(large["cases"] - small["cases"], 1)


def _cpu(harness: dict[str, Any], results: dict[str, Any]) -> Figure:
    return _over(harness, lambda each: 1000 * each["all"]["cpu_s"] / results["cases"])


def _over(harness: dict[str, Any], value: Callable[[dict[str, Any]], float]) -> Figure:
    values = [value(each) for each in harness["rounds"]]
    return Figure(median(values), min(values), max(values))


def _written(figure: Figure, digits: int) -> str:
    return f"{figure.median:,.{digits}f} ({figure.least:,.{digits}f}–{figure.most:,.{digits}f})"


def _absent(results: dict[str, Any]) -> list[str]:
    return [f"{name}: {why}" for name, why in results["absent"].items()]
