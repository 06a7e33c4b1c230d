"""What the cells of a simulation have in common: the limits that they are held to, and how shares are shown."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator

ALPHA = 0.05
ERRORS = 3.0
"""Monte Carlo errors that a share may lie above its limit."""
ENDS = ("none", "roll_back", "promote", "stop")

Row = tuple[list[str], bool]
"""A line of a table, and whether the cell keeps what is asked of it."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """So many `runs` of one thing. `HEADS` are its table's."""

    HEADS: ClassVar[list[str]]

    group: str
    name: str
    runs: int

    def run(self, rng: Generator) -> tuple[float, ...]:
        """One of them, as numbers."""
        raise NotImplementedError

    def row(self, found: np.ndarray, room: float) -> Row:
        """What all of them come to; `found` has a line for each. A median may be `room` times what is asked."""
        raise NotImplementedError


def error(share: float, runs: int) -> float:
    """The Monte Carlo error of a share."""
    return math.sqrt(share * (1 - share) / runs)


def limit(runs: int) -> float:
    """The most that a share with a limit of `ALPHA` may be."""
    return ALPHA + ERRORS * error(ALPHA, runs)


def shown(share: float, runs: int) -> str:
    """A share with its Monte Carlo error."""
    return f"{share:.1%} ± {100 * error(share, runs):.1f}"


def median(of: np.ndarray, there: np.ndarray) -> float:
    """The median over all runs, of which those that are not `there` are above everything."""
    return float(np.sort(np.where(there, of, np.inf))[len(of) // 2])


def count(of: float) -> str:
    """A median."""
    return "–" if math.isinf(of) else f"{of:,.0f}"


def judged(kept: bool) -> str:
    """In a word."""
    return "met" if kept else "missed"
