"""Tables on terminals of every width."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from ajar.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD = ("metric", "candidate", "baseline", "difference", "interval", "cases", "reading")
ROWS = [
    ["passed", "91.7%", "86.7%", "+5.0 points", "+2.5 to +7.5", "600", "better"],
    ["output tokens", "8.0", "12.5", "−4.5 tokens", "−6.3 to −2.0 tokens", "1,200", "not settled"],
]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch):
    """Draws a table on a terminal of this width; the lines."""

    def draw(width: int, *columns: str, rows: Iterable[Iterable[str]], **more) -> list[str]:
        file = io.StringIO()
        out = Console(file=file, width=width, highlight=False, emoji=False, markup=False)
        monkeypatch.setattr(terminal, "console", lambda: out)
        out.print(terminal.table(*columns, rows=rows, **more))
        return file.getvalue().splitlines()

    return draw


def test_numbers_stand_one_below_the_other(drawn) -> None:
    lines = drawn(120, *HEAD, rows=ROWS, numbers=range(1, 6))
    ends = {line.index(cell) + len(cell) for line, cell in zip(lines, ("cases", "600", "1,200"), strict=True)}
    assert len(ends) == 1
    assert lines[1].startswith("passed  ")
    assert [line.find("better") for line in lines[1:2]] == [lines[0].index("reading")]


@pytest.mark.parametrize("width", [60, 80, 90])
def test_no_word_is_cut_where_there_is_room_for_all(drawn, width: int) -> None:
    lines = drawn(width, *HEAD, rows=ROWS, numbers=range(1, 6))
    assert max(map(len, lines)) <= width
    found = [word for line in lines for word in line.split()]
    assert sorted(found) == sorted(word for row in (HEAD, *ROWS) for cell in row for word in cell.split())


def test_a_column_with_words_to_fold_gives_way_to_one_without(drawn) -> None:
    lines = drawn(32, "", "", rows=[["a sentence of many words that folds", "unbreakable-identifier"]])
    assert any(line.endswith("unbreakable-identifier") for line in lines)
    assert all(len(line) <= 32 for line in lines)


def test_where_nothing_else_helps_the_longest_word_goes_on_below(drawn) -> None:
    lines = drawn(10, "", "", rows=[["short", "x" * 30]])
    assert max(map(len, lines)) <= 10
    assert "".join(lines).count("x") == 30
    assert lines[0].startswith("short ")


def test_a_pipe_gets_whole_lines(drawn) -> None:
    assert len(drawn(10_000, *HEAD, rows=ROWS)) == 3
