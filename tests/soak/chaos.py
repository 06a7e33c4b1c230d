"""What is done to the service while it works, one thing after the other, in an order drawn from the seed."""

from __future__ import annotations

import asyncio
import os
import signal
from math import inf
from random import Random
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from soak.events import Events
    from soak.stations import Stations
    from soak.tree import Tree

_ROOM = 3000
"""Bytes that still fit on a full disk: the last record that fits is torn."""
_MEND_S = 1.0
"""Longer than it takes until a changed file is noticed."""


class Chaos:
    """Does its deeds until the time is up."""

    def __init__(self, tree: Tree, stations: Stations, events: Events, seed: int) -> None:
        self._tree = tree
        self._stations = stations
        self._events = events
        self._chance = Random(f"{seed}/chaos")

    async def run(self, seconds: float) -> None:
        """At least each deed once, however short the time is; in the middle of it the disk is full for a while."""
        deeds: list[Callable[[], Awaitable[None]]] = [
            self.kill_worker, self.kill_workers, self.kill_runtime, self.kill_steward,
            self.reload, self.reload, self.reload_badly, self.storm,
        ]  # fmt: skip
        full_s = min(20.0, seconds / 4)
        every_s = min(4.0, (seconds - full_s) / (len(deeds) + 1))
        until, full_at = monotonic() + seconds, monotonic() + (seconds - full_s) / 2
        filled = False
        while monotonic() < until:
            self._chance.shuffle(deeds)
            for deed in deeds:
                if not filled and monotonic() >= full_at:
                    filled = True
                    await self.fill_disk(full_s)
                await deed()
                await asyncio.sleep(every_s * (0.5 + self._chance.random()))
                if monotonic() >= until and filled and self._events.storms:
                    break

    async def kill_worker(self) -> None:
        """One of them."""
        self._kill("worker", self._events.worker_kills, one=True)

    async def kill_workers(self) -> None:
        """All of them."""
        self._kill("worker", self._events.worker_kills)

    async def kill_runtime(self) -> None:
        """While it answers."""
        self._kill("runtime", self._events.runtime_kills)

    async def kill_steward(self) -> None:
        """While it seals."""
        self._events.steward_kills += self._kill("steward", [])

    def _kill(self, kind: str, when: list[float], *, one: bool = False) -> int:
        pids = self._tree.living().get(kind, [])
        if one and pids:
            pids = [self._chance.choice(pids)]
        for pid in pids:
            when.append(monotonic())
            os.kill(pid, signal.SIGKILL)
        return len(pids)

    async def reload(self) -> None:
        """Another config that serves the same; sometimes by signal."""
        self._events.reloads += 1
        self._tree.configure(self._stations.config())
        if self._chance.random() < 0.3:
            self._tree.hang_up()

    async def reload_badly(self) -> None:
        """A config with a slip of the pen, which is mended a little later."""
        self._events.refused_reloads += 1
        self._tree.configure(self._stations.config(good=False))
        await asyncio.sleep(_MEND_S)
        await self.reload()

    async def storm(self) -> None:
        """One deployment is down as a whole for some seconds."""
        self._events.storms += 1
        teller = self._chance.choice(self._stations.faulty)
        teller.storm = True

        def end() -> None:
            teller.storm = False

        asyncio.get_running_loop().call_later(self._chance.uniform(1, 6), end)

    async def fill_disk(self, seconds: float) -> None:
        """The journal's: no file of a worker may grow. Nothing else happens meanwhile."""
        while len(workers := self._tree.living().get("worker", [])) < 2 or not self._tree.complete:
            await asyncio.sleep(0.1)
        began = monotonic()
        self._events.full.append((began, inf))
        for worker in workers:
            self._tree.limit_files(worker, self._tree.journal_size(worker) + _ROOM)
        await asyncio.sleep(seconds)
        for worker in workers:
            self._tree.limit_files(worker, None)
        self._events.full[-1] = (began, monotonic())
