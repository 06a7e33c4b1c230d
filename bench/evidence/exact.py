"""How often Tango's interval passes or fails at the margin, counted over every outcome instead of simulated."""

from __future__ import annotations

import numpy as np
from outcome import CONFIDENCE
from scipy.special import gammaln, xlogy

from ajar.evidence.compare import LEAST_SINGLE
from ajar.evidence.tango import tango

CASES = (4, 6, 8, 9, 10, 11, 12, 13, 15, 20, 30, 50)
MARGINS = ((0.0, 0.05), (0.05, 0.1), (0.1, 0.2), (0.2, 0.3))
STEP = 0.005
"""Between the margins that are tried."""
AGREE = 0.1
"""The least share of cases in which both models pass or both fail. Fewer would be two models of different trades."""
LIMIT = 0.035 + 3 * (0.035 * 0.965 / 10_000) ** 0.5
"""What 10,000 simulated runs would be allowed."""


def errors(n: int, over: float, to: float) -> tuple[float, float, float]:
    """The greatest chances over all margins above `over` up to `to`, and over all chances of a win.

    Of a PASS by the interval alone, of a PASS, and of a FAIL, where the candidate is worse by exactly the margin.
    """
    wins, losses = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    there = wins + losses <= n
    wins, losses = wins[there], losses[there]
    ties = n - wins - losses
    low, high = tango(wins, losses, n, CONFIDENCE)
    ways = gammaln(n + 1) - gammaln(wins + 1) - gammaln(losses + 1) - gammaln(ties + 1)
    found = np.zeros(3)
    for margin in np.arange(over + STEP, to + STEP / 2, STEP):
        won = np.linspace(0, (1 - AGREE - margin) / 2, 101)[:, None]
        lost = won + margin
        chance = np.exp(ways + xlogy(wins, won) + xlogy(losses, lost) + xlogy(ties, 1 - won - lost))
        alone = (chance @ (low > -margin)).max()
        found = np.maximum(found, (alone, alone * (n >= LEAST_SINGLE), (chance @ (high < -margin)).max()))
    return float(found[0]), float(found[1]), float(found[2])


def row(n: int) -> tuple[list[str], bool]:
    """A line of the table, and whether every PASS keeps the limit. In brackets what a refusal prevents."""
    found = [errors(n, *margins) for margins in MARGINS]
    kept = all(passed <= LIMIT for _, passed, _ in found)
    refused = n < LEAST_SINGLE
    shown = [f"({alone:.1%})" if refused else f"{passed:.1%}" for alone, passed, _ in found]
    shown += [f"{failed:.1%}" for *_, failed in found]
    return [str(n), *shown, "refused" if refused else "kept" if kept else "broken"], kept
