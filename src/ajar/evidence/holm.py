"""Holm's correction for many tests at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values, each so adjusted that a limit for one holds for the chance of any false alarm, in the same order.

    S. Holm (1979), Scandinavian Journal of Statistics 6:65-70. Raises ValueError for what is no probability.
    """
    for at, p in enumerate(p_values):
        if not 0 <= p <= 1:
            raise ValueError(f"p_values[{at}] is {p}, and must lie between 0 and 1")
    adjusted = [0.0] * len(p_values)
    most = 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        most = max(most, min(1.0, (len(p_values) - rank) * p_values[at]))
        adjusted[at] = most
    return adjusted
