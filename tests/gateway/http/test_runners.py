"""Handlers share tasks one after the other, and never an exchange's fate."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest

from ajar.gateway.http import runners
from ajar.gateway.http.runners import Runners

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.gateway.http.exchange import Exchange


class _Exchange:
    task: asyncio.Task[None] | None = None

    def __init__(self) -> None:
        self.go = asyncio.Event()


class _Stage:
    """Runners whose handler waits for its exchange's `go`."""

    def __init__(self) -> None:
        self.ran: list[asyncio.Task[Any] | None] = []
        self.idle_calls = 0
        self.runners = Runners(cast("Any", self._handle), self._on_idle)

    async def _handle(self, exchange: _Exchange) -> None:
        self.ran.append(asyncio.current_task())
        await exchange.go.wait()

    def _on_idle(self) -> None:
        self.idle_calls += 1

    def launch(self) -> _Exchange:
        exchange = _Exchange()
        self.runners.launch(cast("Exchange", exchange))
        return exchange


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


def test_one_task_serves_one_exchange_after_the_other() -> None:
    async def scene() -> None:
        stage = _Stage()
        for number in range(3):
            exchange = stage.launch()
            assert exchange.task is not None
            assert len(stage.runners.busy) == 1
            exchange.go.set()
            await _until(lambda number=number: stage.idle_calls > number)
            assert exchange.task is None, "a late cancellation must not reach the next exchange"
            assert not stage.runners.busy
        assert len(set(stage.ran)) == 1
        stage.runners.dismiss()
        await _until(lambda: all(task is not None and task.done() for task in stage.ran))

    asyncio.run(scene())


def test_exchanges_at_the_same_time_have_tasks_of_their_own() -> None:
    async def scene() -> None:
        stage = _Stage()
        first, second = stage.launch(), stage.launch()
        await _until(lambda: len(stage.ran) == 2)
        assert first.task is not second.task
        assert first.task is not None
        first.task.cancel()
        await _until(lambda: stage.idle_calls == 1)
        assert second.task in stage.runners.busy
        second.go.set()
        await _until(lambda: not stage.runners.busy)
        stage.runners.dismiss()

    asyncio.run(scene())


@pytest.mark.parametrize("again", [False, True])
def test_cancelled_before_its_first_step(again: bool) -> None:
    async def scene() -> None:
        stage = _Stage()
        if again:
            stage.launch().go.set()
            await _until(lambda: stage.idle_calls == 1)
        exchange = stage.launch()
        assert exchange.task is not None
        exchange.task.cancel()
        await _until(lambda: not stage.runners.busy)
        assert len(stage.ran) == again
        stage.launch().go.set()
        await _until(lambda: len(stage.ran) == again + 1)
        await _until(lambda: not stage.runners.busy)
        stage.runners.dismiss()

    asyncio.run(scene())


def test_a_handler_that_swallows_its_cancellation_takes_its_task_with_it() -> None:
    async def scene() -> None:
        finished = asyncio.Event()

        async def swallow(exchange: Exchange) -> None:
            del exchange
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                finished.set()

        pool = Runners(swallow, lambda: None)
        exchange = cast("Any", _Exchange())
        pool.launch(exchange)
        task = exchange.task
        await asyncio.sleep(0)
        task.cancel()
        await finished.wait()
        await _until(task.done)

    asyncio.run(scene())


def test_only_so_many_idle_tasks_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        monkeypatch.setattr(runners, "_MOST_IDLE", 2)
        stage = _Stage()
        exchanges = [stage.launch() for _ in range(5)]
        tasks = [exchange.task for exchange in exchanges]
        for exchange in exchanges:
            exchange.go.set()
        await _until(lambda: not stage.runners.busy)
        await _until(lambda: sum(task is not None and task.done() for task in tasks) == 3)
        stage.runners.dismiss()

    asyncio.run(scene())
