"""How results look: tables and text that fit a terminal, and stay whole in a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_UNBROKEN = 10_000

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
"""`--json`, the same for every verb that prints a result; the verb gets it as `as_json`."""


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let the error through: rich's own answer is exit code 1, which means FAIL here."""
        raise


def console(*, stderr: bool = False) -> Console:
    """Standard output, or standard error. In a pipe or a file no line is folded: `grep` finds what it looks for."""
    width = None if (sys.stderr if stderr else sys.stdout).isatty() else _UNBROKEN
    return _Console(stderr=stderr, width=width, highlight=False, emoji=False, markup=False)


def heading(out: Console, title: str) -> None:
    """A title, with a blank line before it."""
    out.print()
    out.print(Text(title, style="bold"))


def line(out: Console, text: str, indent: int = 0) -> None:
    """One line of text; on a narrow terminal it goes on below, as far indented."""
    out.print(Padding(Text(text), (0, 0, 0, indent), expand=False))


def table(
    *columns: str,
    rows: Iterable[Iterable[str]],
    indent: int = 0,
    widths: Sequence[int] = (),
    numbers: Collection[int] = (),
) -> Padding:
    """A plain table; what does not fit its column goes on below, and nothing is cut off.

    Empty titles: no head. `widths` are the least ones of the first columns, so that tables below each other align.
    `numbers` are the columns, from 0, that are aligned on the right. No word is divided as long as any column has room
    to give away.
    """
    cells = [columns, *(tuple(row) for row in rows)]
    wanted = [
        max(cell_len(line) for cell in column for line in cell.split("\n")) for column in zip(*cells, strict=True)
    ]
    words = [
        max((cell_len(word) for cell in column for word in cell.split()), default=0)
        for column in zip(*cells, strict=True)
    ]
    for number, width in enumerate(widths):
        wanted[number], words[number] = max(wanted[number], width), max(words[number], width)
    room = console().width - indent
    gap = 1 if sum(words) + 2 * (len(columns) - 1) > room else 2
    drawn = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), show_header=any(columns), header_style="bold")
    for number, width in enumerate(_fitted(wanted, words, room - gap * (len(columns) - 1))):
        justify = "right" if number in numbers else "left"
        drawn.add_column(Text(columns[number]), overflow="fold", width=width, justify=justify)
    for row in cells[1:]:
        drawn.add_row(*map(Text, row))
    return Padding(drawn, (0, 0, 0, indent), expand=False)


def _fitted(wanted: Sequence[int], words: Sequence[int], room: int) -> list[int]:
    """The widths of columns that share `room`: each time the widest gives way, at first none of less than a word."""
    widths = [min(width, max(room, 1)) for width in wanted]
    for floor in (words, [1] * len(widths)):
        while sum(widths) > room:
            able = [number for number, width in enumerate(widths) if width > max(floor[number], 1)]
            if not able:
                break
            widths[max(able, key=lambda number: (widths[number], words[number]))] -= 1
    return widths


def json(value: object) -> None:
    """A result for programs: one JSON document, on standard output."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
