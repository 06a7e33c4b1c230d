"""The tasks that handlers run in: each takes one exchange after the other.

A task of its own for each request costs 1.3 µs more (a third of it asyncio's list of all tasks), and nothing is gained.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from ajar.gateway.http.exchange import Exchange

_MOST_IDLE = 256


class Runners:
    """Runs `handle` on exchanges, any number of them at once. For one event loop."""

    __slots__ = ("_busy", "_handle", "_idle", "_loop", "_on_idle")

    def __init__(self, handle: Callable[[Exchange], Coroutine[Any, Any, None]], on_idle: Callable[[], None]) -> None:
        """`on_idle` is called, at least once, when an exchange is done with. `handle` may raise CancelledError only."""
        self._loop = asyncio.get_running_loop()
        self._handle = handle
        self._on_idle = on_idle
        self._busy: set[asyncio.Task[None]] = set()
        self._idle: list[tuple[asyncio.Task[None], asyncio.Future[Exchange]]] = []

    @property
    def busy(self) -> set[asyncio.Task[None]]:
        """The tasks that have an exchange now."""
        return self._busy

    def launch(self, exchange: Exchange) -> None:
        """Run the handler, soon, in a task that `exchange.task` names as long as it does."""
        if self._idle:
            task, turn = self._idle.pop()
            turn.set_result(exchange)
        else:
            task = self._loop.create_task(self._run(exchange))
            task.add_done_callback(self._done)
        exchange.task = task
        self._busy.add(task)

    def dismiss(self) -> None:
        """End the tasks that have nothing to do."""
        for task, _ in self._idle:
            task.cancel()
        self._idle.clear()

    async def _run(self, exchange: Exchange) -> None:
        task = exchange.task
        assert task is not None
        while True:
            try:
                await self._handle(exchange)
            finally:
                exchange.task = None
                self._done(task)
            if len(self._idle) >= _MOST_IDLE or task.cancelling():
                return
            turn: asyncio.Future[Exchange] = self._loop.create_future()
            self._idle.append((task, turn))
            del exchange  # idle, it would keep the last one's body
            exchange = await turn

    def _done(self, task: asyncio.Task[None]) -> None:
        """A task that is cancelled before its first step never gets to its own `finally`."""
        self._busy.discard(task)
        self._on_idle()
