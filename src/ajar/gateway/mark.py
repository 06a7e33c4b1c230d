"""What this worker tells of its unfinished inferences of experiments, so that evidence can wait for their records."""

from __future__ import annotations

import asyncio
from time import time_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.gateway.tables import Tables
    from ajar.traffic.marks import Marks

_EVERY_S = 0.2


class Mark:
    """Writes the worker's mark while any route has an experiment, and after that until the last inference has ended."""

    def __init__(self, marks: Marks | None, worker: int, unfinished: Mapping[str, int]) -> None:
        """`unfinished` has when each inference of an experiment began. Without `marks` nobody wants to know."""
        self._marks = marks
        self._worker = worker
        self._unfinished = unfinished
        self._wanted = False
        self._timer: asyncio.TimerHandle | None = None

    def apply(self, tables: Tables) -> None:
        """These tables are in force now."""
        self._wanted = any(route.split is not None for route in tables.routes.values())
        if self._marks is not None and self._timer is None and self._wanted:
            self._write(self._marks)

    def close(self) -> None:
        """The worker records nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._marks is not None:
            self._marks.retire(self._worker)
            self._marks.close()
            self._marks = None

    def _write(self, marks: Marks) -> None:
        oldest = min(self._unfinished.values(), default=None)
        if oldest is None and not self._wanted:
            self._timer = None
            marks.write(self._worker, 0)
            return
        marks.write(self._worker, time_ns() // 1000 if oldest is None else oldest)
        self._timer = asyncio.get_running_loop().call_later(_EVERY_S, self._write, marks)
