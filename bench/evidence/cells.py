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
SPREAD, NARROW = 0.3, 0.1
"""Standard deviations of values without ends, and of scores: so narrow that none lies beyond the ends but by chance."""
POWER = 2.8
"""Standard errors from the margin at which the chance to pass is 80%."""

Band = tuple[float, float] | None


@dataclasses.dataclass(frozen=True)
class Cell:
    """`n` cases, at no difference and at a loss of the `margin`.

    `won` is for binary cases from one repeat, which have no `draw`: the share that only the candidate passes. `bounded`
    says whether the scale's ends are known.
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
    yield from _rare()
    yield from _slow()
    yield from _rarer()


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
        ("no ends, normal", draws.normal, (20, 30, 50, 200, 600, 1000)),
        ("no ends, t, 3 degrees", draws.heavy, (30, 200, 600)),
        ("no ends, skewness −1", draws.lopsided, (30, 50, 200, 600, 1000)),
        ("no ends, skewness −2", draws.exponential, (30, 50, 200, 600, 1000)),
        ("no ends, skewness +2", draws.gains, (30, 50, 200, 600, 1000)),
        ("no ends, lognormal losses", draws.lognormal, (30, 200, 600, 1000)),
    ]
    for name, noise, sizes in kinds:
        for n in sizes:
            even = noise in (draws.normal, draws.lopsided)
            rough = ROUGH if noise in (draws.exponential, draws.gains) and n >= 200 else None
            band = _many(n) if even else rough
            yield Cell(group, name, n, POWER * SPREAD / math.sqrt(n), draws.moved(noise, SPREAD), coverage=band)
    for name, noise, band in (("normal", draws.normal, CONTINUOUS), ("skewness −2", draws.exponential, ROUGH)):
        for n in (200, 1000):
            draw, margin = draws.scores(draws.moved(noise, NARROW)), POWER * NARROW / math.sqrt(n)
            yield Cell(group, f"scores, {name}", n, margin, draw, bounded=True, coverage=band)
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
    yield from _effects(group, "50, one has a third", np.array([122, *[5] * 49]), ROUGH)
    yield from _effects(group, "100 of 1 to 50", _lognormal(rng, 100), ROUGH)


def _rare() -> Iterator[Cell]:
    group = "Scores: small noise, and a loss of everything in as many cases as the margin (t)"
    for n, margin in (
        *((30, 0.05), (50, 0.03), (100, 0.02), (200, 0.005), (200, 0.01)),
        *((200, 0.02), (400, 0.01), (600, 0.003), (600, 0.005), (600, 0.01)),
    ):
        yield Cell(group, "noise .02", n, margin, draws.catastrophes, bounded=True)
    for n, margin in ((30, 0.08), (45, 0.05), (50, 0.05), (200, 0.02)):
        yield Cell(group, "gains of .02 in half", n, margin, draws.small_gains, bounded=True)


def _slow() -> Iterator[Cell]:
    group = "Milliseconds: the candidate has a slow tail (t)"
    for often, margins in ((0.02, (20, 30, 100)), (0.05, (20, 50)), (0.1, (20, 50))):
        for n in (30, 50, 200, 600, 1000):
            for margin in margins:
                yield Cell(group, f"{often:.0%} are slower", n, margin, draws.slow_tail(often))
    yield Cell(group, "1% are slower", 1000, 30, draws.slow_tail(0.01))
    sizes = np.full(600, 2)
    yield Cell(group, "2% are slower, 600 × 2", 1200, 100, draws.slow_tail(0.02), sizes=sizes)


def _rarer() -> Iterator[Cell]:
    group = "What few samples show"
    slow: list[tuple[int, float, tuple[float, ...]]] = [
        (400, 0.01, (20, 30, 100)),
        (400, 0.015, (20,)),
        (600, 0.01, (8, 16, 25)),
        (1000, 0.006, (6, 13)),
        (1000, 0.005, (30,)),
    ]
    for n, often, margins in slow:
        for margin in margins:
            yield Cell(group, f"milliseconds, {often:.1%} are slower", n, margin, draws.slow_tail(often))
    for n, often, margins in ((600, 0.01, (24, 50)), (1000, 0.006, (15, 31))):
        for margin in margins:
            name = f"milliseconds, {often:.1%} of both are slow"
            yield Cell(group, name, n, margin, draws.both_slow(often, 1000))
    for count, size, often, margin in ((80, 5, 0.02, 20), (600, 2, 0.01, 8), (600, 2, 0.01, 16)):
        sizes = np.full(count, size)
        name = f"milliseconds, {count} × {size}, {often:.0%} of the clusters slower"
        yield Cell(group, name, count * size, margin, draws.slow_clusters(sizes, often), sizes=sizes)
    for n in (30, 50, 200, 600, 1000):
        yield Cell(group, "milliseconds, 2% of the baseline slower", n, 50, draws.cut_tail(0.02, 5000))
    for n, margin in ((100, 0.005), (200, 0.01)):
        name = "scores, losses of .05, rare gains of all"
        yield Cell(group, name, n, margin, draws.small_losses, bounded=True)
    for count, size, margin in ((20, 10, 0.1), (40, 5, 0.05), (100, 5, 0.02), (100, 5, 0.05), (200, 3, 0.02)):
        name = f"scores, {count} × {size}, whole clusters lost"
        yield _lost(group, name, np.full(count, size), margin)
    yield _lost(group, "scores, 100 of 1 to 50, whole clusters lost", _lognormal(np.random.default_rng(5), 100), 0.05)


def _lost(group: str, name: str, sizes: np.ndarray, margin: float) -> Cell:
    return Cell(group, name, int(sizes.sum()), margin, draws.lost_clusters(sizes), sizes=sizes, bounded=True)


def _lognormal(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.maximum(1, np.exp(rng.normal(1.5, 1, size=count))).astype(int)


def _effects(group: str, name: str, sizes: np.ndarray, band: Band) -> Iterator[Cell]:
    """Scores of a cluster that are more and more alike, and effects of clusters with a long tail of losses.

    A long tail makes the interval longer, so that no more than a least coverage is asked there.
    """
    n = int(sizes.sum())
    for alike, noise, bounded in (
        (0.0, draws.normal, True),
        (0.3, draws.normal, True),
        (0.8, draws.normal, True),
        (0.5, draws.exponential, True),
        (0.5, draws.exponential, False),
    ):
        spread = NARROW if bounded else SPREAD
        error = spread * math.sqrt(float((sizes * (1 - alike) + sizes**2 * alike).sum())) / n
        draw = draws.clustered(sizes, alike, noise, spread)
        skewed = noise is draws.exponential
        full = f"{name}, {'' if bounded else 'no ends, '}{'skewed, ' if skewed else ''}alike {alike:g}"
        yield Cell(
            group,
            full,
            n,
            POWER * error,
            draws.scores(draw) if bounded else draw,
            sizes=sizes,
            bounded=bounded,
            coverage=ROUGH if skewed and band else band,
        )


def _many(n: int) -> Band:
    return CONTINUOUS if n >= 200 else None
