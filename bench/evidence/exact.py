"""How often Tango's interval passes at the margin, counted over every outcome instead of simulated."""

from __future__ import annotations

import numpy as np
from outcome import counted
from scipy.special import gammaln, xlogy

from ajar.evidence.compare import LEAST_SINGLE
from ajar.evidence.verdict import decide

CASES = (3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 50)
MARGINS = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2)
AGREE = 0.1
"""The least share of cases in which both models pass or both fail. Fewer would be two models of different trades."""
LIMIT = 0.035 + 3 * (0.035 * 0.965 / 10_000) ** 0.5
"""What 10,000 simulated runs would be allowed."""


def false_passes(n: int, margin: float) -> tuple[float, float]:
    """The greatest chance to pass over all chances of a win, by the interval alone, and by the verdict."""
    wins, losses = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    there = wins + losses <= n
    wins, losses = wins[there], losses[there]
    won = np.linspace(0, (1 - AGREE - margin) / 2, 201)[:, None]
    lost, ties = won + margin, n - wins - losses
    ways = gammaln(n + 1) - gammaln(wins + 1) - gammaln(losses + 1) - gammaln(ties + 1)
    chance = np.exp(ways + xlogy(wins, won) + xlogy(losses, lost) + xlogy(ties, 1 - won - lost))
    low, passed = np.array([_judged(int(won), int(lost), n, margin) for won, lost in zip(wins, losses, strict=True)]).T
    return float((chance @ (low > -margin)).max()), float((chance @ passed).max())


def _judged(wins: int, losses: int, n: int, margin: float) -> tuple[float, bool]:
    found = counted(wins, losses, n)
    return found.low, decide(found, margin).verdict == "PASS"


def row(n: int) -> tuple[list[str], bool]:
    """A line of the table, and whether every verdict keeps the limit. In brackets what a refusal prevents."""
    found = [false_passes(n, margin) for margin in MARGINS]
    kept = all(passed <= LIMIT for _, passed in found)
    refused = n < LEAST_SINGLE
    shown = [f"({alone:.1%})" if refused else f"{passed:.1%}" for alone, passed in found]
    return [str(n), *shown, "refused" if refused else "kept" if kept else "broken"], kept
