"""How far a run is, on standard error: a bar on a terminal, a line now and again elsewhere."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

import click
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ajar.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ajar.evals.run.watch import Progress

_EVERY_S = 15.0


@contextmanager
def progress(title: str) -> Generator[Callable[[Progress], None]]:
    """Gives what a run calls as it goes on."""
    if not sys.stderr.isatty():
        yield _lines(title)
        return
    with Live(console=terminal.console(stderr=True), refresh_per_second=8, transient=True) as live:
        yield lambda now: live.update(_bar(title, now))


def _bar(title: str, now: Progress) -> Table:
    drawn = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=max(now.total, 1), completed=now.done, width=28)
    drawn.add_row(Text(title), bar, Text(words(now)))
    return drawn


def _lines(title: str) -> Callable[[Progress], None]:
    last = monotonic()

    def tell(now: Progress) -> None:
        nonlocal last
        if monotonic() - last >= _EVERY_S:
            last = monotonic()
            click.echo(f"{title}: {words(now)}", err=True)

    return tell


def words(now: Progress) -> str:
    """The facts of one moment: `120 of 600, 14/s, 35 s left, $0.12, 2 errors`."""
    parts = [f"{now.done:,} of {now.total:,}"]
    if now.rate is not None:
        parts.append(f"{now.rate:,.0f}/s" if now.rate >= 10 else f"{now.rate:.1f}/s")
    if now.seconds_left is not None:
        parts.append(f"{_span(now.seconds_left)} left")
    if now.cost_usd or not now.cost_unknown:
        parts.append(f"${now.cost_usd:.2f}{' and more' if now.cost_unknown else ''}")
    if now.errors:
        parts.append(f"{now.errors:,} error{'s' if now.errors > 1 else ''}")
    if now.held_s >= 1:
        parts.append(f"asked to wait {_span(now.held_s)}")
    return ", ".join(parts)


def _span(seconds: float) -> str:
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    return f"{round(whole / 60)} min" if whole < 6000 else f"{whole / 3600:.1f} h"
