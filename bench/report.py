"""A run as tables: in the terminal, and as Markdown in docs/benchmarks.md between two markers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from summary import Figure, Summary

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[list[str]]

_BEGIN = "<!-- bench: begin -->"
_END = "<!-- bench: end -->"
_COST = ["proxy", "CPU µs/request", "× nginx", "CPU µs/chunk", "× nginx", "added p50 ms", "added p99 ms"]
_MEMORY = ["proxy", "idle MB", "streams held", "they add MB", "idle MB (RSS)", "they add MB (RSS)"]
_LOAD = ["proxy", "version", "requests a round", "at requests/s", "streams a round", "events per read", "latency at"]
_TARGETS = ["what", "target", "measured", ""]


def tables(results: dict[str, Any]) -> list[tuple[str, list[str], Rows]]:
    """The tables of a run: a title, the heads of the columns, and the rows."""
    summary = Summary(results)
    subjects = results["subjects"]
    return [
        ("Cost: median (least–most) of the rounds", _COST, _cost_rows(subjects, summary)),
        ("Memory: PSS, and RSS beside it", _MEMORY, _memory_rows(subjects, summary)),
        ("Ajar's targets", _TARGETS, [_target_row(each) for each in results["targets"]]),
        ("Load that each was given", _LOAD, [_load_row(each) for each in subjects.values() if each.get("rounds")]),
    ]


def show(results: dict[str, Any]) -> None:
    """Print a run."""
    console = Console(width=None if Console().is_terminal else 140)
    console.print(_machine(results))
    for title, heads, rows in tables(results):
        table = Table(title=title, title_justify="left", title_style="bold")
        for index, head in enumerate(heads):
            table.add_column(head, justify="right" if index else "left")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    for line in _absent(results):
        console.print(line)


def write_docs(results: dict[str, Any], path: Path) -> None:
    """Put a run's tables between the markers of `path`. Raises ValueError where there are no markers."""
    text = path.read_text()
    head, begin, rest = text.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"{path} lacks the lines {_BEGIN} and {_END}")
    path.write_text(f"{head}{_BEGIN}\n\n{markdown(results)}\n{_END}{tail}")


def markdown(results: dict[str, Any]) -> str:
    """A run as Markdown."""
    parts = [f"Run on {results['date']} with `{results['command']}`, {results['rounds']} rounds. {_machine(results)}\n"]
    for title, heads, rows in tables(results):
        lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
        parts.append(f"### {title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n")
    parts.extend(f"{line}\n" for line in _absent(results))
    return "\n".join(parts)


def _machine(results: dict[str, Any]) -> str:
    machine = results["machine"]
    return (
        f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_gb']} GB, {machine['system']}, "
        f"Python {machine['python']}, uvloop {machine['uvloop']}, httptools {machine['httptools']}; "
        f"load average at the start {machine['load_average']}."
    )


def _absent(results: dict[str, Any]) -> list[str]:
    return [f"{name}: {why}" for name, why in results["absent"].items()]


def _cost_rows(subjects: dict[str, Any], summary: Summary) -> Rows:
    nginx_request, nginx_chunk = summary.request("nginx"), summary.chunk("nginx")
    rows: Rows = []
    for name, subject in subjects.items():
        for part in subject["parts"]:
            request, chunk = summary.request(name, part), summary.chunk(name, part)
            row = [f"· {part}" if part else subject["title"]]
            row += [_microseconds(request), _times(request, nginx_request)]
            row += [_microseconds(chunk), _times(chunk, nginx_chunk)]
            row += ["" if part else _milliseconds(summary.added(name, share)) for share in ("p50", "p99")]
            rows.append(row)
    return rows


def _memory_rows(subjects: dict[str, Any], summary: Summary) -> Rows:
    rows: Rows = []
    for name, subject in subjects.items():
        if "memory" not in subject:
            continue
        for part in subject["parts"]:
            figures = [summary.idle(name, part), summary.held(name, part)]
            figures += [summary.idle(name, part, "rss"), summary.held(name, part, "rss")]
            idle, held, idle_rss, held_rss = (f"{each:.1f}" for each in figures if each is not None)
            streams = "" if part else _held(subject["memory"])
            rows.append([f"· {part}" if part else subject["title"], idle, streams, held, idle_rss, held_rss])
    return rows


def _held(memory: dict[str, Any]) -> str:
    begun, asked = memory["open"], memory["asked"]
    return f"{asked:,}" if begun == asked else f"{asked:,}, of which {begun:,} had an event within a minute"


def _load_row(subject: dict[str, Any]) -> list[str]:
    rounds = subject["rounds"]
    row = [subject["title"], subject["version"], f"{rounds[0]['requests']['count']:,}"]
    row.append(f"{sorted(each['requests']['per_second'] for each in rounds)[len(rounds) // 2]:,.0f}")
    if "streams" not in rounds[0]:
        return [*row, "–", "–", "–"]
    streams = rounds[0]["streams"]
    events = streams["count"] // streams["streams"]
    most = max(each["streams"]["events_per_read"] for each in rounds)
    return [*row, f"{streams['streams']} × {events}", f"{most:.2f}", f"{subject['rate']}/s"]


def _target_row(target: dict[str, Any]) -> list[str]:
    word = {None: "not measured", True: "met", False: "missed"}[target["met"]]
    return [target["claim"], target["target"], target["measured"] or "–", word]


def _microseconds(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    digits = 0 if figure.median >= 100 else 1
    return f"{figure.median:,.{digits}f} ({figure.least:,.{digits}f}–{figure.most:,.{digits}f})"


def _milliseconds(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    return f"{figure.median / 1000:.2f} ({figure.least / 1000:.2f}–{figure.most / 1000:.2f})"


def _times(figure: Figure | None, floor: Figure | None) -> str:
    return f"{figure.median / floor.median:,.2f}" if figure and floor else "–"
