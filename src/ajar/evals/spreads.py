"""How a measure is distributed over the samples of each model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ajar.evals.metrics import MEASURES
from ajar.evals.result import Spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ajar.evals.grid import Grid, Numbers
    from ajar.evals.sample import Arm

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_BINS = 30


def spreads(grid: Grid, arms: Iterable[Arm], metrics: Iterable[str]) -> Iterator[Spread]:
    """One for each measure among `metrics` and each arm that has it; both arms have the same bins."""
    listed = list(arms)
    for metric in metrics:
        if metric not in MEASURES:
            continue
        numbers: dict[Arm, Numbers] = {arm: found for arm in listed if (found := grid.all(arm, metric)).size}
        if not numbers:
            continue
        edges = np.histogram_bin_edges(np.concatenate(list(numbers.values())), bins=_BINS)
        for arm, found in numbers.items():
            counts, _ = np.histogram(found, bins=edges)
            at = np.quantile(found, QUANTILES)
            yield Spread(
                arm=arm,
                metric=metric,
                unit=MEASURES[metric],
                quantiles={f"{share:g}": float(value) for share, value in zip(QUANTILES, at, strict=True)},
                edges=[float(edge) for edge in edges],
                counts=[int(count) for count in counts],
            )
