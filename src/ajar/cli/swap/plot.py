"""A chart drawn in characters: curves in braille dots, 2 by 4 in each cell, over straight rules."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_EMPTY = 0x2800
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Of a dot, by column and row within its cell."""


class Cell(NamedTuple):
    """A character, and what it belongs to: a curve, a curve that only goes along with one, a rule, or nothing."""

    char: str
    part: Literal["curve", "edge", "rule", ""]


class Scale(NamedTuple):
    """The values from `low` to `high` along an axis; those beyond an end lie on it."""

    low: float
    high: float
    log: bool = False

    def at(self, value: float) -> float:
        """From 0 at `low` to 1 at `high`."""
        low, high, value = (math.log(max(one, 1e-300)) if self.log else one for one in (*self[:2], value))
        return min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.0


class Plot:
    """`width` by `height` cells. What is drawn later lies above, but curves always above rules."""

    def __init__(self, width: int, height: int, x: Scale, y: Scale) -> None:
        self.width, self.height = width, height
        self._x, self._y = x, y
        self._dots = [[0] * width for _ in range(height)]
        self._curves = [[False] * width for _ in range(height)]
        self._rules = [[""] * width for _ in range(height)]

    def row(self, y: float) -> int:
        """The row of cells, from the top, in which this value lies."""
        return self._dot_row(y) // 4

    def column(self, x: float) -> int:
        """The column of cells in which this value lies."""
        return self._dot_column(x) // 2

    def level(self, y: float, char: str) -> None:
        """A rule across the chart."""
        self._rules[self.row(y)] = [char] * self.width

    def upright(self, x: float, char: str = "┊") -> None:
        """A rule from top to bottom."""
        column = self.column(x)
        for row in self._rules:
            row[column] = char

    def curve(self, points: Iterable[tuple[float, float]], part: Literal["curve", "edge"] = "curve") -> None:
        """A line through the points, whose x rise. One that is alone is a dot."""
        dots = [(self._dot_column(x), self._dot_row(y)) for x, y in points]
        for column, row in dots[:1]:
            self._dot(column, row, part)
        for (column, row), (to, last) in pairwise(dots):
            steps = max(abs(to - column), abs(last - row), 1)
            for step in range(1, steps + 1):
                at = column + round((to - column) * step / steps), row + round((last - row) * step / steps)
                self._dot(*at, part)

    def rows(self) -> list[list[Cell]]:
        """The finished chart, from the top."""
        return [[self._cell(row, column) for column in range(self.width)] for row in range(self.height)]

    def _cell(self, row: int, column: int) -> Cell:
        dots = self._dots[row][column]
        if dots:
            return Cell(chr(_EMPTY | dots), "curve" if self._curves[row][column] else "edge")
        rule = self._rules[row][column]
        return Cell(rule, "rule") if rule else Cell(" ", "")

    def _dot(self, column: int, row: int, part: Literal["curve", "edge"]) -> None:
        self._dots[row // 4][column // 2] |= _BITS[column % 2][row % 4]
        self._curves[row // 4][column // 2] |= part == "curve"

    def _dot_column(self, x: float) -> int:
        return round(self._x.at(x) * (2 * self.width - 1))

    def _dot_row(self, y: float) -> int:
        return round((1 - self._y.at(y)) * (4 * self.height - 1))
