"""What is simulated of rollouts: every cell, in the order of the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beside import Beside
from crowds import ONE, Crowd, drifting, falling, steady, waving
from from_records import Journal
from guarded import Guarded
from rollouts import MARGIN, Rollout
from slower import KINDS, Slower
from speed import Speed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cell import Cell
    from crowds import World

RUNS, MEDIANS, NUMBERS = 2_000, 1_000, 500
FIVE, TWENTY = Crowd(5, 0.3), Crowd(20, 0.5)
WORLDS: dict[str, World] = {
    "drifts from .95 to .70": drifting(0.95, 0.7),
    "drifts from .70 to .95": drifting(0.7, 0.95),
    "falls from .95 by .25, anywhere": falling(0.95, 0.25),
    "falls from .95 by .25 in the 5% step": falling(0.95, 0.25, 5_500),
    "falls from .95 by .25 in the 50% step": falling(0.95, 0.25, 7_000),
    "waves of .80 ± .15, every 3,500 units": waving(0.8, 0.15, 3_500),
}


def cells() -> Iterator[Cell]:
    """All of them."""
    yield from _ladder("False roll-back over the whole ladder: the candidate is the same", 0.0)
    yield from _ladder("False promotion over the whole ladder: the candidate is worse by the margin", MARGIN)
    yield from _journal()
    yield from _speed()
    yield from _guarded()
    yield from _beside()
    yield from _slower()


def _ladder(group: str, loss: float) -> Iterator[Cell]:
    """What comes before a rollout is nothing to Ajar: of a worse candidate, one such cell is enough."""
    for rate in (0.7, 0.95, 0.98) if loss else (0.7, 0.9, 0.95, 0.98):
        yield Rollout(group, f"{rate:g}", RUNS, steady(rate), ONE, loss)
    for rate, crowd in ((0.7, FIVE), (0.95, FIVE), (0.9, TWENTY)):
        yield Rollout(group, f"{rate:g}", RUNS, steady(rate), crowd, loss)
    for name, world in WORLDS.items():
        yield Rollout(group, name, RUNS, world, ONE, loss)
    yield Rollout(group, "falls from .95 by .25, anywhere", RUNS, WORLDS["falls from .95 by .25, anywhere"], FIVE, loss)
    joins = "after 2,000 units of the incumbent at"
    if not loss:
        yield Rollout(group, f"0.95, {joins} .95", RUNS, steady(0.95), ONE, loss, before=(2_000, 0.95))
    yield Rollout(group, f"0.85, {joins} .90", RUNS, steady(0.85), ONE, loss, before=(2_000, 0.9))


def _journal() -> Iterator[Cell]:
    group, three = "From the records of inferences on", Crowd(3, 0.3)
    yield Journal(group, "0.95, the candidate the same", RUNS, steady(0.95), three)
    joins = "0.80, the candidate the same, after 300 units of the incumbent at .95"
    yield Journal(group, joins, RUNS, steady(0.8), three, history=300)
    yield Journal(group, "falls from .95 by .25, the candidate the same", RUNS, falling(0.95, 0.25), three)
    yield Journal(group, "0.95, the candidate worse by the margin", RUNS, steady(0.95), three, MARGIN)


def _speed() -> Iterator[Cell]:
    found = {
        (0.95, 0.95): ((720, 401, 398), (6_000, 20_000, 40_000)),
        (0.95, 0.92): ((885, 455, 454), (8_000, 24_000, 44_000)),
        (0.95, 0.9): ((346, 212, 205), (3_000, 12_000, 24_000)),
        (0.95, 0.8): ((66, 59, 58), (1_000, 3_000, 6_000)),
    }
    most = {(0.95, 0.8): 70, (0.95, 0.9): 240}
    for chances, (theirs, units) in found.items():
        name = f"{chances[0]:g} and {chances[1]:g}"
        for percent, median, units_ in zip((50, 10, 5), theirs, units, strict=True):
            asked = most.get(chances) if percent == 5 else None
            yield Speed("How soon", name, MEDIANS, chances, percent, units_, median, asked)
    yield Speed("How soon", "0.9 and 0.9", MEDIANS, (0.9, 0.9), 5, 60_000, 825, None)


def _guarded() -> Iterator[Cell]:
    group, ladder = "One primary measure and seven guards", (1.0, 5.0, 25.0, 50.0)
    yield Guarded(group, "0.95 and 0.95", RUNS, 0.95, 0.0, ladder, 9_000)
    yield Guarded(group, "0.95 and 0.92", RUNS, 0.95, MARGIN, ladder, 9_000)
    yield Guarded(group, "0.95 and 0.90", MEDIANS, 0.95, 0.05, (5.0,), 24_000)
    yield Guarded(group, "0.95 and 0.80", MEDIANS, 0.95, 0.15, (5.0,), 6_000)


def _beside() -> Iterator[Cell]:
    group = "The peers where they were first measured: no difference, arms of 1,000 units"
    for chance, requests, icc, measured in (
        *((0.7, 1, 0.0, 0.037), (0.7, 5, 0.1, 0.077), (0.7, 5, 0.3, 0.281)),
        *((0.9, 10, 0.3, 0.574), (0.7, 20, 0.5, 0.970)),
    ):
        yield Beside(group, f"{chance:g}", RUNS, chance, measured, Crowd(requests, icc))
    for chance, before, measured in (
        *((0.8, 0.8, 0.132), (0.9, 0.9, 0.372), (0.95, 0.95, 0.604), (0.98, 0.98, 0.820)),
        *((0.88, 0.9, 0.320), (0.85, 0.9, 0.557)),
    ):
        name = f"{chance:g}, after 2,000 samples of the incumbent at {before:g}"
        yield Beside(group, name, RUNS, chance, measured, before=(2_000, before), measured_runs=5_000)
    for chance, measured in ((0.9, 0.034), (0.98, 0.152)):
        name = f"{chance:g}, after 2,000 samples of the incumbent at {chance:g}"
        yield Beside(group, name, RUNS, chance, measured, before=(2_000, chance), least=100, measured_runs=5_000)


def _slower() -> Iterator[Cell]:
    figures = {
        ("just as large as it may be", 1.0, 0.0): ("3.3%", "4.0%", "0.0%"),
        ("10% larger", 1.1, 0.0): ("100%, 800", "100%, 800", "50%, 3,950"),
        ("20% larger", 1.2, 0.0): ("100%, 300", "100%, 300", "100%, 1,150"),
        ("5% of them three times as large", 1.0, 0.05): ("100%, 1,000", "85%, 2,000", "96%, 1,700"),
    }
    for (name, times, rare), theirs in figures.items():
        for kind, figure in zip(KINDS, theirs, strict=True):
            yield Slower("Cost and latency", name, NUMBERS, kind, times, rare, figure)
