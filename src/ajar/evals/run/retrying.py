"""Whether, and when, a request is sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.evals.run.pace import LONGEST_WAIT_S
from ajar.upstream.backoff import pause

if TYPE_CHECKING:
    from ajar.evals.run.miss import Miss


class Ceiling(msgspec.Struct, frozen=True):
    """`retries` and `seconds` bound what one sample may take, whatever comes back."""

    retries: int
    seconds: float

    def next(self, miss: Miss, attempts: int, elapsed_s: float, random: float) -> float | None:
        """Seconds to wait before the next attempt, after `attempts` of them; None where there is none.

        `random`, in [0, 1), spreads those that failed together.
        """
        if not miss.again or attempts > self.retries:
            return None
        if miss.told is not None and miss.told > LONGEST_WAIT_S:
            return None
        seconds = pause(attempts, miss.told, random)
        return seconds if elapsed_s + seconds < self.seconds else None
