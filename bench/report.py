"""A run as tables: in the terminal, and as Markdown in docs/benchmarks.md between two markers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from summary import Figure, Summary

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[list[str]]
Section = tuple[str, list[str], Rows]
"""A table: a title, the heads of the columns, and the rows."""

_COST = ["proxy", "CPU µs/request", "× nginx", "CPU µs/chunk", "× nginx", "added p50 ms", "added p99 ms"]
_MEMORY = ["proxy", "idle MB", "streams held", "they add MB", "idle MB (RSS)", "they add MB (RSS)"]
_LOAD = ["proxy", "version", "requests a round", "at requests/s", "streams a round", "events per read", "latency at"]
TARGETS = ["what", "target", "measured", ""]


def tables(results: dict[str, Any]) -> list[Section]:
    """The tables of a run."""
    summary = Summary(results)
    subjects = results["subjects"]
    return [
        ("Cost: median (least–most) of the rounds", _COST, _cost_rows(subjects, summary)),
        ("Memory: PSS, and RSS beside it", _MEMORY, _memory_rows(subjects, summary)),
        ("Ajar's targets", TARGETS, [target_row(each) for each in results["targets"]]),
        ("Load that each was given", _LOAD, [_load_row(each) for each in subjects.values() if each.get("rounds")]),
    ]


def show(results: dict[str, Any]) -> None:
    """Print a run."""
    print(machine_line(results))
    show_tables(tables(results))
    for line in _absent(results):
        print(line)


def show_tables(given: list[Section]) -> None:
    """Print tables."""
    console = Console(width=None if Console().is_terminal else 140)
    for title, heads, rows in given:
        table = Table(title=title, title_justify="left", title_style="bold")
        for index, head in enumerate(heads):
            table.add_column(head, justify="right" if index else "left")
        for row in rows:
            table.add_row(*row)
        console.print(table)


def write_docs(results: dict[str, Any], path: Path) -> None:
    """Put a run's tables into `path`. Raises ValueError where the place for them is not marked there."""
    put(markdown(results), path, "bench")


def put(text: str, path: Path, name: str) -> None:
    """Replace what stands between the markers called `name` in `path`. Raises ValueError where they are not there."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    head, begun, rest = path.read_text().partition(begin)
    _, ended, tail = rest.partition(end)
    if not (begun and ended):
        raise ValueError(f"{path} lacks the lines {begin} and {end}")
    path.write_text(f"{head}{begin}\n\n{text}\n{end}{tail}")


def markdown(results: dict[str, Any]) -> str:
    """A run as Markdown."""
    head = (
        f"Run on {results['date']} with `{results['command']}`, {results['rounds']} rounds. {machine_line(results)}\n\n"
    )
    absent = [f"{line}\n" for line in _absent(results)]
    return head + "\n".join([sections(tables(results)), *absent])


def sections(given: list[Section]) -> str:
    """Tables as Markdown, each under its title."""
    parts: list[str] = []
    for title, heads, rows in given:
        lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
        parts.append(f"### {title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n")
    return "\n".join(parts)


def machine_line(results: dict[str, Any]) -> str:
    """What it was measured on."""
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


def target_row(target: dict[str, Any]) -> list[str]:
    """A target with what was measured, and how it was judged."""
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
