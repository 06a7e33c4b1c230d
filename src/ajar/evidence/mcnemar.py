"""McNemar's exact test: do the cases that only one of two models passed favour one of them?"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from scipy import special

if TYPE_CHECKING:
    from collections.abc import Callable

_BDTR = cast("Callable[[float, int, float], float]", special.bdtr)


def mcnemar(wins: int, losses: int) -> float:
    """Two-sided p of "a case that differs is as likely won as lost": min(1, 2 P(Bin(wins + losses, 1/2) <= smaller)).

    Q. McNemar (1947), Psychometrika 12:153-157. Raises ValueError for a negative count.
    """
    if wins < 0 or losses < 0:
        raise ValueError(f"wins and losses are {wins} and {losses}, and must not be negative")
    return min(1.0, 2 * float(_BDTR(min(wins, losses), wins + losses, 0.5)))
