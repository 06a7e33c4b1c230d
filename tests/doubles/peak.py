"""How much memory a piece of work takes at once."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 3


def most_held(work: Callable[[], object], below: int) -> int:
    """The bytes of Python's objects that were there at once, at most, while `work` ran.

    A thread that an earlier test left counts too. What the work itself holds, it holds every time: where it is not
    `below`, it is done again, and the least of three is told.
    """
    least = _held(work)
    for _ in range(_MOST - 1):
        if least < below:
            break
        least = min(least, _held(work))
    return least


def _held(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
