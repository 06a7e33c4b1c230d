"""What is simulated: every cell with its draws, its margin, and the bands that it must keep."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import draws
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from draws import Draw, Noise

FALSE_PASS = 0.035
"""How often at most a candidate that is worse by exactly the margin may pass."""
CONTINUOUS, ROUGH = (0.94, 0.96), (0.93, 1.0)
"""Coverage of the 95% interval: of many continuous scores, and of cells where too long an interval is fine."""
SPREAD = 0.3
POWER = 2.8
"""Standard errors from the margin at which the chance to pass is 80%."""

Band = tuple[float, float] | None


@dataclasses.dataclass(frozen=True)
class Cell:
    """`n` cases, at no difference and at a loss of the `margin`.

    `won` is for binary cases from one repeat, which have no `draw`: the share that only the candidate passes. `bounded`
    says whether the scale's ends are known. Without `must_hold` the cell shows a limit of all such methods.
    """

    group: str
    name: str
    n: int
    margin: float
    draw: Draw | None = None
    won: float = 0.0
    sizes: np.ndarray | None = None
    bounded: bool = False
    coverage: Band = None
    must_hold: bool = True

    @property
    def labels(self) -> np.ndarray | None:
        """The cluster of each case."""
        return None if self.sizes is None else np.repeat(np.arange(len(self.sizes)), self.sizes)


def cells() -> Iterator[Cell]:
    """All of them, in the order of the tables."""
    yield from _binary()
    yield from _continuous()
    yield from _graded()
    yield from _equal()
    yield from _unequal()
    group, name = "What no sample shows", "noise, 1 of 200 cases lost entirely"
    yield Cell(group, name, 200, 0.01, draws.catastrophes, bounded=True, must_hold=False)


def _binary() -> Iterator[Cell]:
    for n in (10, 20, 30, 50, 100, 200, 600):
        for won in (0.0, 0.01, 0.05, 0.2):
            band = ROUGH if n == 50 else None
            yield Cell(
                "Passes and fails, one repeat (Tango)",
                f"{won:.0%} won",
                n,
                0.1 if n <= 100 else 0.03,
                won=won,
                coverage=band,
            )


def _continuous() -> Iterator[Cell]:
    group = "Continuous values (t)"
    kinds: list[tuple[str, Noise, tuple[int, ...]]] = [
        ("normal", draws.normal, (20, 30, 50, 200, 1000)),
        ("t, 3 degrees", draws.heavy, (30, 200)),
        ("skewness −1", draws.lopsided, (30, 50, 200, 1000)),
        ("skewness −2", draws.exponential, (30, 50, 200, 1000)),
        ("skewness +2", draws.gains, (30, 200)),
        ("lognormal losses", draws.lognormal, (30, 200, 1000)),
    ]
    for name, noise, sizes in kinds:
        for n in sizes:
            band = _many(n) if noise in (draws.normal, draws.lopsided) else None
            yield Cell(group, name, n, POWER * SPREAD / math.sqrt(n), draws.moved(noise, SPREAD), coverage=band)
    for n, margin in ((30, 0.15), (50, 0.1), (200, 0.05), (1000, 0.025)):
        for shared in (0.0, 0.7):
            draw = draws.skewed_scores(shared)
            name = f"scores of mean .8, {shared:.0%} alike"
            yield Cell(group, name, n, margin, draw, bounded=True, coverage=_many(n))


def _graded() -> Iterator[Cell]:
    group = "Grades and repeats (t)"
    for n, margin in ((30, 0.1), (50, 0.1), (200, 0.05), (600, 0.03)):
        yield Cell(group, "0, ½, 1: 20% won", n, margin, draws.steps(0.2, 0.5, 1), bounded=True, coverage=_many(n))
        yield Cell(group, "0, ½, 1: 2% won", n, margin, draws.steps(0.02, 0.5, 1), bounded=True)
        yield Cell(group, "0, ½, 1: losses only", n, margin, draws.steps(0.0, 0.5, 1), bounded=True)
        for count, level, spread in ((3, 0.75, 0.15), (5, 0.9, 0.0)):
            chance = f"{level - spread:g} to {level + spread:g}" if spread else f"{level:g}"
            draw = draws.repeats(count, level, spread)
            yield Cell(group, f"{count} repeats, pass {chance}", n, margin, draw, bounded=True, coverage=_many(n))
    yield Cell(group, "5 repeats, pass 0.995", 600, 0.01, draws.repeats(5, 0.995, 0.0), bounded=True)
    for n, margin in ((200, 0.05), (600, 0.03)):
        yield Cell(group, "losses only, scale unknown", n, margin, draws.steps(0.0))


def _equal() -> Iterator[Cell]:
    group = "Equal clusters (clustered t)"
    for count, size in ((9, 10), (10, 10), (20, 10), (40, 5), (100, 5), (200, 3)):
        sizes = np.full(count, size)
        band = _many(count * size) if count >= 40 else ROUGH if count == 20 else None
        yield from _effects(group, f"{count} × {size}", sizes, band)
        hit = draws.clustered_steps(sizes, 0.2, 0.5)
        yield Cell(group, f"{count} × {size}, binary", count * size, 0.05, hit, sizes=sizes, bounded=True)


def _unequal() -> Iterator[Cell]:
    group, rng = "Unequal clusters (clustered t)", np.random.default_rng(5)
    mild = 1 + rng.geometric(0.2, size=20)
    yield from _effects(group, "20 of 2 to 11", mild, ROUGH)
    hit = draws.clustered_steps(mild, 0.2, 0.5)
    yield Cell(group, "20 of 2 to 11, binary", int(mild.sum()), 0.05, hit, sizes=mild, bounded=True)
    yield from _effects(group, "20 of 1 to 14", _lognormal(rng, 20), ROUGH)
    yield from _effects(group, "20, one has half", np.array([95, *[5] * 19]), ROUGH)
    yield from _effects(group, "50, one has a third", np.array([122, *[5] * 49]), None)
    yield from _effects(group, "100 of 1 to 50", _lognormal(rng, 100), None)


def _lognormal(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.maximum(1, np.exp(rng.normal(1.5, 1, size=count))).astype(int)


def _effects(group: str, name: str, sizes: np.ndarray, band: Band) -> Iterator[Cell]:
    """Cases of a cluster that are more and more alike, and effects of clusters with a long tail of losses."""
    n = int(sizes.sum())
    for alike, noise in ((0.0, draws.normal), (0.3, draws.normal), (0.8, draws.normal), (0.5, draws.exponential)):
        error = SPREAD * math.sqrt(float((sizes * (1 - alike) + sizes**2 * alike).sum())) / n
        draw = draws.clustered(sizes, alike, noise, SPREAD)
        skewed = noise is draws.exponential
        full = f"{name}, {'skewed, ' if skewed else ''}alike {alike:g}"
        yield Cell(group, full, n, POWER * error, draw, sizes=sizes, coverage=None if skewed else band)


def _many(n: int) -> Band:
    return CONTINUOUS if n >= 200 else None
