"""In which order a run asks: drawn from its seed, so that nothing that changes with time favours a case or a model."""

from __future__ import annotations

from array import array
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Turn(NamedTuple):
    """One case in one repeat. With two models both are asked right after each other, the baseline first or second."""

    case: int
    repeat: int
    baseline_first: bool


def turns(cases: int, repeats: int, seed: int) -> Iterator[Turn]:
    """All of them, one whole pass over the cases for each repeat. The same on every machine and in every Python.

    Four or eight bytes for each case are held, whatever the suite.
    """
    for repeat in range(repeats):
        # `random` is the one method whose numbers Python promises not to change.
        draw = Random(int.from_bytes(sha256(b"%d %d" % (seed, repeat)).digest())).random  # noqa: S311 - no secret
        order = array("L", range(cases))
        for last in range(cases - 1, 0, -1):
            other = int(draw() * (last + 1))
            order[last], order[other] = order[other], order[last]
        for case in order:
            yield Turn(case, repeat, draw() < 0.5)
