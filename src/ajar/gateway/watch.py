"""Time limits of attempts, looked at twice a second instead of one timer each.

An attempt's limit is minutes long, so half a second more does not matter; a timer for each request would.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

_SWEEP_S = 0.5


class Watch:
    """Cancels the task of an attempt whose time is up. For one event loop."""

    def __init__(self) -> None:
        """Belongs to the running loop."""
        self._loop = asyncio.get_running_loop()
        self._due: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, seconds: float) -> asyncio.Task[Any]:
        """From now on the running task has `seconds`. Returns it, for `end` and `was_late`."""
        task = asyncio.current_task(self._loop)  # looking for the loop is a system call
        assert task is not None
        self._due[task] = monotonic() + seconds
        if self._timer is None:
            self._sweep()
        return task

    def end(self, task: asyncio.Task[Any]) -> None:
        """The task met its limit, or gave up."""
        self._due.pop(task, None)

    def was_late(self, task: asyncio.Task[Any]) -> bool:
        """Whether the cancellation that the task has just seen was this watch's; if so, it is taken back."""
        if task not in self._late:
            return False
        self._late.discard(task)
        return task.uncancel() == 0

    def _sweep(self) -> None:
        now = monotonic()
        for task in [task for task, due in self._due.items() if due <= now]:
            del self._due[task]
            self._late.add(task)
            task.cancel()
        # With nothing to look at there is no timer either.
        self._timer = self._loop.call_later(_SWEEP_S, self._sweep) if self._due else None
