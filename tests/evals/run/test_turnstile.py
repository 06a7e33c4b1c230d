from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from ajar.evals.run.pace import Pace
from ajar.evals.run.turnstile import Turnstile

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(10):
            await test()

    asyncio.run(limited())


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_no_more_than_the_room_go_at_once_whatever_the_paces_say() -> None:
    async def test() -> None:
        turnstile, paces = Turnstile(3), [Pace(), Pace()]
        for pace in paces:
            turnstile.add(pace)
        most = 0

        async def one(pace: Pace) -> None:
            nonlocal most
            await turnstile.enter(pace)
            most = max(most, turnstile.running)
            await asyncio.sleep(0.001)
            turnstile.leave(pace)

        await asyncio.gather(*(one(paces[number % 2]) for number in range(40)))
        assert most == 3
        assert turnstile.running == 0

    run(test)


def test_the_urgent_go_first_and_otherwise_each_in_turn() -> None:
    async def test() -> None:
        turnstile, pace = Turnstile(9), Pace(most=1)
        turnstile.add(pace)
        went: list[str] = []

        async def one(name: str, urgent: bool) -> None:
            await turnstile.enter(pace, urgent=urgent)
            went.append(name)
            turnstile.leave(pace)

        await turnstile.enter(pace)
        tasks = [asyncio.create_task(one(name, name.isupper())) for name in "abAB"]
        await settle()
        assert not went
        turnstile.leave(pace)
        await asyncio.gather(*tasks)
        assert went == ["A", "B", "a", "b"]

    run(test)


def test_whoever_waits_is_let_through_when_the_wait_is_over() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        turnstile, pace = Turnstile(9), Pace()
        turnstile.add(pace)
        await turnstile.enter(pace)
        pace.refused(loop.time(), loop.time(), 0.1)
        turnstile.leave(pace)
        began = loop.time()
        await turnstile.enter(pace)
        assert 0.08 < loop.time() - began < 2
        turnstile.close()

    run(test)


def test_one_target_that_waits_does_not_stop_another() -> None:
    async def test() -> None:
        turnstile, slow, fast = Turnstile(9), Pace(most=1), Pace(most=1)
        turnstile.add(slow)
        turnstile.add(fast)
        await turnstile.enter(slow)
        waiting = asyncio.create_task(turnstile.enter(slow))
        await settle()
        await turnstile.enter(fast)
        assert not waiting.done()
        turnstile.leave(slow)
        await waiting

    run(test)


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_who_gives_up_waiting_takes_nobodys_turn(turns: int) -> None:
    async def test() -> None:
        turnstile, pace = Turnstile(9), Pace(most=1)
        turnstile.add(pace)
        await turnstile.enter(pace)
        gives_up = asyncio.create_task(turnstile.enter(pace))
        stays = asyncio.create_task(turnstile.enter(pace))
        await settle()
        if turns == 1:  # the turn comes, and the cancellation before it is taken
            turnstile.leave(pace)
        gives_up.cancel()
        if turns == 2:  # the cancellation comes, and the turn before it is heard
            turnstile.leave(pace)
        await settle()
        assert gives_up.cancelled()
        if turns == 0:
            turnstile.leave(pace)
        await stays
        assert turnstile.running == pace.running == 1

    run(test)
