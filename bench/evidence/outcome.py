"""What became of one cell: its runs, put through the product's own comparison and verdict."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING

import numpy as np
from cells import FALSE_PASS

from ajar.evidence.compare import compare
from ajar.evidence.verdict import decide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cells import Cell

    from ajar.evidence.comparison import Comparison

CONFIDENCE = 0.95
CHUNK = 500
"""Runs drawn at once: memory stays small."""


@dataclasses.dataclass
class Shares:
    """Of the runs with the same true difference."""

    covered: float = 0
    passed: float = 0
    failed: float = 0
    refused: float = 0
    """Would have passed by the interval alone."""
    spared: float = 0
    """Would have failed by the interval alone."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A cell's shares where there is no difference, and where the candidate is worse by exactly the margin."""

    cell: Cell
    runs: int
    equal: Shares
    worse: Shares

    def broken(self, slack: float = 0.0) -> list[str]:
        """Which bands it does not keep. `slack` is how many Monte Carlo errors the coverage may lie outside."""
        found: list[str] = []
        if self.worse.passed > FALSE_PASS + 3 * self._error(FALSE_PASS):
            found.append(f"false PASS at the margin {self.worse.passed:.2%}")
        if self.cell.coverage is not None:
            low, high = self.cell.coverage
            for where, shares in (("no difference", self.equal), ("the margin", self.worse)):
                if not low - slack * self._error(low) <= shares.covered <= high + slack * self._error(high):
                    found.append(f"coverage at {where} {shares.covered:.2%}")
        return found

    def _error(self, share: float) -> float:
        return math.sqrt(share * (1 - share) / self.runs)


def simulate(cell: Cell, runs: int, seed: int) -> tuple[Shares, Shares]:
    """Draw and judge `runs` without a difference, then at the margin. The same seed and cell give the same shares."""
    rng = np.random.default_rng([seed, *cell.name.encode(), cell.n])
    return _shares(cell, runs, rng, 0.0), _shares(cell, runs, rng, -cell.margin)


def _shares(cell: Cell, runs: int, rng: np.random.Generator, mean: float) -> Shares:
    shares = Shares()
    for found, times in _binary(cell, runs, rng, mean) if cell.draw is None else _scores(cell, runs, rng, mean):
        ruling = decide(found, cell.margin)
        shares.covered += times * (found.low <= mean <= found.high)
        shares.passed += times * (ruling.verdict == "PASS")
        shares.failed += times * (ruling.verdict == "FAIL")
        shares.refused += times * (found.low > -cell.margin and ruling.verdict == "INCONCLUSIVE")
        shares.spared += times * (found.high < -cell.margin and ruling.verdict == "INCONCLUSIVE")
    return Shares(*(count / runs for count in dataclasses.astuple(shares)))


def _binary(cell: Cell, runs: int, rng: np.random.Generator, mean: float) -> Iterator[tuple[Comparison, int]]:
    lost = cell.won - mean
    counts = rng.multinomial(cell.n, [cell.won, lost, 1 - cell.won - lost], size=runs)
    for (wins, losses, _), times in zip(*np.unique(counts, axis=0, return_counts=True), strict=True):
        yield counted(int(wins), int(losses), cell.n), int(times)


@functools.cache
def counted(wins: int, losses: int, n: int) -> Comparison:
    """The comparison of binary cases, of which the candidate alone passed `wins` and the baseline alone `losses`."""
    ours = np.repeat([1.0, 0.0], [n - losses, losses])
    theirs = np.repeat([0.0, 1.0], [wins, n - wins])
    return compare(ours, theirs, CONFIDENCE, single=True)


def _scores(cell: Cell, runs: int, rng: np.random.Generator, mean: float) -> Iterator[tuple[Comparison, int]]:
    assert cell.draw is not None
    labels, bounds = cell.labels, (0.0, 1.0) if cell.bounded else None
    for first in range(0, runs, CHUNK):
        for differences in cell.draw(rng, min(CHUNK, runs - first), cell.n, mean):
            # Any two scores with this difference do: a paired comparison sees no more of them.
            ours, theirs = (
                ((1 + differences) / 2, (1 - differences) / 2) if cell.bounded else (differences, 0 * differences)
            )
            yield compare(ours, theirs, CONFIDENCE, clusters=labels, single=False, bounds=bounds), 1
