"""How long to wait before a process is started again."""

from __future__ import annotations

import random

_FIRST_S = 0.2
_HEALTHY_S = 60.0


class Backoff:
    """Pauses that double from 0.2 s up to `longest_s`, and start over once the process was well for 60 s."""

    def __init__(self, longest_s: float = 30.0) -> None:
        self._longest = longest_s
        self._next = _FIRST_S

    def pause(self, well_s: float) -> float:
        """Seconds to wait after a process that was well for `well_s` seconds.

        Drawn from the upper half of the step, so that processes that died together do not start together.
        """
        if well_s >= _HEALTHY_S:
            self._next = _FIRST_S
        step = min(self._next, self._longest)
        self._next = step * 2
        return step * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)
