"""How late this machine was: a process that gets none of its few cores sees and does things later."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from time import monotonic
from typing import TYPE_CHECKING, Self

from soak.process import waited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_EVERY_S = 0.02
_NOTED_S = 0.02
_SEARCH_S = 0.2
"""A new worker is known before it answers anybody: it takes longer than that to start."""


class Clock:
    """Looks while inside: how late this event loop is, in which callers and upstreams live, and how long the `workers`
    wait for a core. An async context manager.
    """

    def __init__(self, workers: Callable[[], Iterable[int]] = tuple) -> None:
        self._workers = workers
        self._waited: dict[int, float] = {}
        self._at: list[float] = []
        self._by: list[float] = []
        self.worst = 0.0

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._look()), asyncio.create_task(self._find())]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()

    def late(self, since: float, until: float) -> float:
        """How many seconds were lost between, all in all."""
        low, high = bisect_left(self._at, since), bisect_left(self._at, until + 2 * _EVERY_S)
        return sum(self._by[low : high + 1])

    async def _find(self) -> None:
        while True:
            for pid in await asyncio.to_thread(self._workers):
                so_far = waited(pid)
                if so_far is not None:
                    self._waited.setdefault(pid, so_far)
            await asyncio.sleep(_SEARCH_S)

    async def _look(self) -> None:
        while True:
            due = monotonic() + _EVERY_S
            await asyncio.sleep(_EVERY_S)
            now = monotonic()
            own = now - due
            self.worst = max(self.worst, own)
            lost = max(self._lost(), default=0.0) + (own if own > _NOTED_S else 0.0)
            if lost > 0.002:
                self._at.append(now)
                self._by.append(lost)

    def _lost(self) -> list[float]:
        before = self._waited
        now = {pid: waited(pid) for pid in before}
        self._waited = {pid: so_far for pid, so_far in now.items() if so_far is not None}
        return [so_far - before[pid] for pid, so_far in self._waited.items()]
