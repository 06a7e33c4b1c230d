"""How results look: tables and text that fit a terminal, and stay whole in a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_UNBROKEN = 10_000

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
"""`--json`, the same for every verb that prints a result; the verb gets it as `as_json`."""


def console() -> Console:
    """Standard output. In a pipe or a file no line is folded, so that `grep` finds what it looks for."""
    return Console(width=None if sys.stdout.isatty() else _UNBROKEN, highlight=False, emoji=False, markup=False)


def heading(out: Console, title: str) -> None:
    """A title, with a blank line before it."""
    out.print()
    out.print(Text(title, style="bold"))


def line(out: Console, text: str, indent: int = 0) -> None:
    """One line of text; on a narrow terminal it goes on below, as far indented."""
    out.print(Padding(Text(text), (0, 0, 0, indent), expand=False))


def table(*columns: str, rows: Iterable[Iterable[str]], indent: int = 0, widths: Sequence[int] = ()) -> Padding:
    """A plain table; what does not fit its column goes on below, and nothing is cut off.

    Empty titles: no head. `widths` are the least ones of the first columns, so that tables below each other align.
    """
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=any(columns), header_style="bold")
    for number, title in enumerate(columns):
        drawn.add_column(Text(title), overflow="fold", min_width=widths[number] if number < len(widths) else None)
    for row in rows:
        drawn.add_row(*map(Text, row))
    return Padding(drawn, (0, 0, 0, indent), expand=False)


def json(value: object) -> None:
    """A result for programs: one JSON document, on standard output."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
