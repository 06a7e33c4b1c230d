"""The callers: so many at once, some of whom leave at a random moment."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from faults.caller import Caller
from faults.cell import FRONTS
from soak.stations import USUAL
from soak.tale import Wish
from soak.visit import Visit

if TYPE_CHECKING:
    from soak.judge import Judge

PATIENCE_S = 40.0
"""Longer than any time limit of the service: who waits so long was forgotten."""
_STREAMS = 0.8
_LEAVERS = 0.2
_KEEP = 0.7
"""How often a connection is used again."""
_RUNTIME_CALLERS = 60
"""One of so many callers asks the started runtime; at least two do."""
_MOST = 1_000_000
"""Questions of a run, whatever its length."""


class Audience:
    """Asks while inside. What came of each question goes to the judge."""

    def __init__(self, port: int, seed: int, judge: Judge) -> None:
        self._port = port
        self._seed = seed
        self._judge = judge
        self.asked = 0
        self.endings: Counter[str] = Counter()
        self._listening: set[_Seat] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._over = True

    @property
    def present(self) -> int:
        """How many wait for an answer or hear one."""
        return len(self._listening)

    def begin(self, size: int) -> None:
        """So many callers come."""
        self._over = False
        special = max(2, size // _RUNTIME_CALLERS)
        self._tasks = [
            asyncio.create_task(self._call(["runtime"] if place < special else USUAL, place / size))
            for place in range(size)
        ]

    async def end(self) -> None:
        """Nobody asks any more, and who still listens leaves within a second."""
        self._over = True
        loop = asyncio.get_running_loop()
        chance = Random(f"{self._seed}/end/{self.asked}")
        for seat in self._listening:
            loop.call_later(chance.random(), seat.leave)
        for task in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(task, BaseException):
                raise task

    async def _call(self, routes: list[str], late_s: float) -> None:
        await asyncio.sleep(late_s)  # nobody's crowd comes in one millisecond
        seat: _Seat | None = None
        while not self._over and self.asked < _MOST:
            self.asked += 1
            chance = Random(f"{self._seed}/question/{self.asked}")
            wish = Wish.of(self.asked, chance)
            stream = chance.random() < _STREAMS
            visit = Visit(wish, chance.choice(routes), chance.choice(FRONTS), stream)
            if seat is None:
                seat = await _Seat.take(self._port)
                if seat is None:
                    self.endings["refused"] += 1
                    self._judge.refused(visit)
                    await asyncio.sleep(0.2)
                    continue
            leave_s = chance.random() * (1 + wish.words * wish.pause_s) if chance.random() < _LEAVERS else None
            await self._visit(seat, visit, leave_s)
            if routes is not USUAL:
                await asyncio.sleep(0.8 * chance.random())  # it answers at once, and takes a core for that
            if not visit.finished or seat.gone_at is not None or seat.closing or chance.random() > _KEEP:
                seat.leave()
                seat = None
        if seat is not None:
            seat.leave()

    async def _visit(self, seat: _Seat, visit: Visit, leave_s: float | None) -> None:
        self._listening.add(seat)
        timer = None
        if leave_s is not None:
            timer = asyncio.get_running_loop().call_later(leave_s, seat.leave)
        try:
            await seat.ask(visit)
        finally:
            self._listening.discard(seat)
            if timer is not None:
                timer.cancel()
        self.endings[visit.ending] += 1
        self._judge.take(visit)


class _Seat:
    """A connection."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.gone_at: float | None = None
        """When its caller left."""
        self.closing = False

    @classmethod
    async def take(cls, port: int) -> _Seat | None:
        """A new one; None where there is none to be had."""
        caller = Caller(port)
        try:
            await caller.__aenter__()
        except OSError:
            return None
        return cls(caller)

    async def ask(self, visit: Visit) -> None:
        """One question and its answer."""
        self._caller.send(visit.request())
        heard = await self._caller.listen(seconds=PATIENCE_S)
        visit.take(heard, self.gone_at)
        self.closing = heard.headers.get("connection") == "close"

    def leave(self) -> None:
        """Without farewell."""
        if self.gone_at is None:
            self.gone_at = self._caller.leave()
