"""Turns at a deployment: the limit holds, callers share fairly, and nobody is forgotten."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from ajar.gateway import turns as turns_module
from ajar.gateway.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class Machine:
    """The shared count, and the queues of its workers."""

    def __init__(self, limit: int = 1, most: int = 100, workers: int = 1) -> None:
        self.running = 0
        self.peak = 0
        self.served: list[str] = []
        self.workers: list[Turns] = []
        self.waiting = [0] * workers
        for number in range(workers):
            others = None if workers == 1 else self._counter(number)
            tell = self._teller(number)
            self.workers.append(Turns(limit, most, self.count, self.begin, self.end, elsewhere=others, queued=tell))
        self.turns = self.workers[0]

    def count(self) -> int:
        return self.running

    def begin(self) -> None:
        self.running += 1
        self.peak = max(self.peak, self.running)

    def end(self) -> None:
        assert self.running
        self.running -= 1

    async def ask(self, caller: str, seconds: float = 5, worker: int = 0) -> bool:
        """Wait for a turn and say so."""
        got = await self.workers[worker].wait(caller, seconds)
        if got:
            self.served.append(caller)
        return got

    def over(self, worker: int = 0) -> None:
        """An inference of that worker has ended."""
        self.end()
        self.workers[worker].ended()

    def _counter(self, number: int) -> Callable[[], int]:
        return lambda: sum(self.waiting) - self.waiting[number]

    def _teller(self, number: int) -> Callable[[int], None]:
        return lambda waiting: self.waiting.__setitem__(number, waiting)


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def line_up(machine: Machine, *callers: str, worker: int = 0) -> list[asyncio.Task[bool]]:
    """Have them wait, in this order."""
    tasks: list[asyncio.Task[bool]] = []
    for caller in callers:
        tasks.append(asyncio.create_task(machine.ask(caller, worker=worker)))
        await settle()
    return tasks


async def serve_all(machine: Machine) -> str:
    """End one inference after the other until nobody waits; who was served, in order."""
    while machine.turns.waiting:
        machine.over()
        await settle()
    return "".join(machine.served)


def play(main: Coroutine[object, object, None]) -> None:
    uvloop.run(main)


def test_below_the_limit_nobody_waits() -> None:
    async def main() -> None:
        machine = Machine(limit=2)
        assert machine.turns.free()
        assert await machine.ask("a")
        assert machine.running == 1
        assert await machine.ask("a")
        assert not machine.turns.free()
        machine.over()
        assert machine.turns.free()

    play(main())


def test_a_turn_counts_from_the_moment_in_which_it_is_given() -> None:
    """Before the waiting task has run again, nobody else is let in: neither here nor in another worker."""

    async def main() -> None:
        machine = Machine(workers=2)
        machine.begin()
        (task,) = await line_up(machine, "a")
        machine.over()
        assert machine.running == 1
        assert not any(turns.free() for turns in machine.workers)
        assert not task.done()
        assert await task

    play(main())


def test_while_somebody_waits_a_newcomer_stands_behind() -> None:
    async def main() -> None:
        machine = Machine()
        machine.begin()
        first = await line_up(machine, "a")
        machine.end()  # in another worker: this one has not noticed yet
        assert not machine.turns.free()
        second = await line_up(machine, "b")
        assert machine.served == ["a"]
        assert (first[0].done(), second[0].done()) == (True, False)
        assert await serve_all(machine) == "ab"

    play(main())


def test_callers_take_turns_and_each_one_is_served_in_order() -> None:
    async def main() -> None:
        machine = Machine()
        machine.begin()
        await line_up(machine, *"aaaa", "b", "c", "b")
        assert await serve_all(machine) == "abcabaa"

    play(main())


def test_one_request_beside_a_hundred_is_served_second_at_the_latest() -> None:
    async def main() -> None:
        for ahead in range(3):
            machine = Machine(most=200)
            machine.begin()
            await line_up(machine, *["crowd"] * 100)
            for _ in range(ahead):
                machine.over()
                await settle()
            await line_up(machine, "one")
            await serve_all(machine)
            assert machine.served.index("one") - ahead <= 1

    play(main())


def test_a_full_queue_refuses_at_once() -> None:
    async def main() -> None:
        machine = Machine(most=2)
        machine.begin()
        waiting = await line_up(machine, "a", "a")
        began = time.monotonic()
        assert not await machine.ask("a")
        assert time.monotonic() - began < 0.02
        assert not any(task.done() for task in waiting)
        assert await serve_all(machine) == "aa"

    play(main())


def test_without_a_queue_nobody_waits() -> None:
    async def main() -> None:
        machine = Machine(most=0)
        assert await machine.ask("a")
        assert not await machine.ask("b")
        assert machine.turns.hint() == 1

    play(main())


@pytest.mark.parametrize("most", [0, 100])
def test_a_place_that_is_lent_comes_back_to_who_has_no_other(most: int) -> None:
    async def main() -> None:
        machine = Machine(limit=2, most=most)
        assert await machine.ask("a")
        assert await machine.ask("copy")
        taken: list[str] = []

        def give_back() -> None:
            taken.append("copy")
            asyncio.get_running_loop().call_soon(machine.over)

        with machine.turns.lend(give_back):
            assert await machine.ask("b", seconds=1)
            assert taken == ["copy"]
            assert machine.running == 2
            if not most:
                assert not await machine.ask("c")  # it is taken once
        assert not machine.turns.waiting
        with machine.turns.lend(give_back):
            machine.over()
            assert await machine.ask("d")
        assert taken == ["copy"]

    play(main())


def test_one_caller_cannot_fill_the_queue() -> None:
    """Newcomers take the places of the newest waiters of the caller with the most, down to equal shares."""

    async def main() -> None:
        machine = Machine(most=6)
        machine.begin()
        crowd = await line_up(machine, *"aaaaaa")
        others = await line_up(machine, *"bbbb")
        assert [task.done() for task in crowd] == [False] * 3 + [True] * 3
        assert not any([await task for task in crowd[3:]])
        assert [task.done() for task in others] == [False] * 3 + [True]
        third = await line_up(machine, *"ccc")
        assert [task.done() for task in third] == [False, False, True]
        assert await serve_all(machine) == "abcabc"

    play(main())


def test_two_callers_do_not_push_each_other_out_in_turn() -> None:
    async def main() -> None:
        machine = Machine(most=3)
        machine.begin()
        first = await line_up(machine, *"aab")
        for caller in "bababa":
            assert not await machine.ask(caller)
        assert not any(task.done() for task in first)
        await serve_all(machine)

    play(main())


def test_waiting_ends_with_the_time() -> None:
    async def main() -> None:
        machine = Machine()
        machine.begin()
        began = time.monotonic()
        assert not await machine.ask("a", 0.1)
        assert 0.09 < time.monotonic() - began < 0.3
        assert machine.turns.waiting == 0
        assert not await machine.ask("a", 0)
        machine.over()
        assert (machine.running, machine.served) == (0, [])

    play(main())


def test_what_ends_in_another_worker_is_seen_within_moments() -> None:
    async def main() -> None:
        machine = Machine(workers=2)
        machine.begin()
        (task,) = await line_up(machine, "a", worker=1)
        machine.over(worker=0)
        began = time.monotonic()
        assert await task
        assert time.monotonic() - began < 0.15

    play(main())


def test_nobody_looks_while_nobody_waits() -> None:
    async def main() -> None:
        machine = Machine()
        assert await machine.ask("a")
        assert machine.turns._look is None
        (task,) = await line_up(machine, "b")
        assert machine.turns._look is not None
        machine.over()
        await task
        assert machine.turns._look is None
        assert not await machine.ask("c", 0.06)
        assert machine.turns._look is None

    play(main())


def test_who_leaves_is_out_of_the_queue_at_once() -> None:
    async def main() -> None:
        machine = Machine(most=2)
        machine.begin()
        first, second = await line_up(machine, "a", "b")
        first.cancel()
        await settle()
        assert machine.turns.waiting == 1
        (third,) = await line_up(machine, "a")
        assert not third.done()
        assert await serve_all(machine) == "ba"
        assert first.cancelled()
        assert await second

    play(main())


@pytest.mark.parametrize("given_first", [True, False])
def test_a_turn_for_one_who_leaves_in_the_same_moment_goes_to_the_next(given_first: bool) -> None:
    async def main() -> None:
        machine = Machine()
        machine.begin()
        first, second = await line_up(machine, "a", "b")
        if given_first:
            machine.over()
            first.cancel()
        else:
            first.cancel()
            machine.over()
        assert machine.running == 1
        assert await second
        assert first.cancelled()
        assert (machine.running, machine.served) == (1, ["b"])
        machine.over()
        assert machine.running == 0

    play(main())


def test_a_turn_that_nobody_wants_is_given_back() -> None:
    async def main() -> None:
        machine = Machine()
        machine.begin()
        (task,) = await line_up(machine, "a")
        machine.over()
        task.cancel()
        await settle()
        assert machine.running == 0
        assert machine.turns.free()

    play(main())


def test_a_busy_worker_does_not_keep_its_places_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each worker is the first to see its own ends, and always has somebody for the place."""
    monkeypatch.setattr(turns_module, "_SHIFT_S", 0.2)
    over = asyncio.Event()

    async def call(machine: Machine, worker: int) -> None:
        turns = machine.workers[worker]
        while not over.is_set():
            if turns.free():
                machine.begin()
                machine.served.append(str(worker))
            else:
                assert await machine.ask(str(worker), worker=worker)
            await asyncio.sleep(0.01)
            machine.over(worker)

    async def main() -> None:
        scenes = [(1, (0, 0, 1, 1)), (1, (0, 1, 1)), (3, (0,) * 9 + (1,) * 3)]
        machines = [Machine(limit, workers=2) for limit, _ in scenes]
        calls = [
            asyncio.create_task(call(machine, worker))
            for machine, (_, callers) in zip(machines, scenes, strict=True)
            for worker in callers
        ]
        await asyncio.sleep(2.5)
        over.set()
        await asyncio.gather(*calls)
        for machine, (limit, _) in zip(machines, scenes, strict=True):
            counts = [machine.served.count(worker) for worker in "01"]
            assert min(counts) > sum(counts) / 6, counts
            assert machine.peak == limit

    play(main())


def test_another_limit_is_in_force_at_once() -> None:
    async def main() -> None:
        machine = Machine(limit=1, most=3)
        machine.begin()
        tasks = await line_up(machine, *"aaa")
        machine.turns.resize(2, 1)
        assert machine.running == 2
        assert not await machine.ask("a"), "the room is smaller too, but nobody is sent away"
        machine.turns.resize(None, 1)
        assert all(await asyncio.gather(*tasks))
        assert machine.running == 4
        assert machine.turns.free()

    play(main())


def test_the_hint_follows_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("ajar.gateway.turns.monotonic", lambda: now)

    async def main() -> None:
        nonlocal now
        machine = Machine()
        assert machine.turns.hint() == 1
        machine.begin()
        tasks = await line_up(machine, *["a"] * 100)
        assert machine.turns.hint() == pytest.approx(1, abs=1)
        for _ in range(5):
            now += 0.1
            machine.over()
            await settle()
        assert 95 * 0.1 * 0.8 < machine.turns.hint() < 96 * 0.1 * 3
        for task in tasks[:-9]:
            task.cancel()
        await settle()
        assert 1 <= machine.turns.hint() < 4, "with the queue"
        for task in tasks:
            task.cancel()
        await settle()
        assert machine.turns.hint() == 1

    play(main())


def test_looking_whether_it_is_free_costs_next_to_nothing() -> None:
    turns = Turns(10, 10, lambda: 3, lambda: None, lambda: None)
    best = 1.0
    for _ in range(20):
        began = time.perf_counter()
        for _ in range(10_000):
            turns.free()
        best = min(best, (time.perf_counter() - began) / 10_000)
    assert best < 1e-6, "0.1 µs where it was written; this leaves room for a slow machine"


_STEP = st.sampled_from(["ask", "ask", "ask", "over", "over", "cancel", "end elsewhere", "begin elsewhere", "turn"])


@given(limit=st.integers(1, 3), most=st.integers(0, 5), steps=st.lists(_STEP, max_size=60), seed=st.integers(0, 999))
def test_whatever_happens_the_limit_holds_and_nobody_is_forgotten(
    limit: int, most: int, steps: list[str], seed: int
) -> None:
    chance = random.Random(seed)

    async def main() -> None:
        machine = Machine(limit, most)
        tasks: list[asyncio.Task[bool]] = []
        elsewhere = 0
        for step in steps:
            if step == "ask":
                tasks.append(asyncio.create_task(machine.ask(chance.choice("abc"))))
            elif step == "cancel" and tasks:
                chance.choice(tasks).cancel()
            elif step == "turn":
                await asyncio.sleep(0)
            elif step == "begin elsewhere" and machine.running < limit:
                machine.begin()
                elsewhere += 1
            elif step == "end elsewhere" and elsewhere:
                machine.end()
                elsewhere -= 1
            elif step == "over" and machine.running - elsewhere > len(_promised(tasks)):
                machine.over()
            assert machine.running <= limit
            assert machine.turns.waiting <= most
        await settle()
        machine.running -= elsewhere
        while not all(task.done() for task in tasks):
            if machine.running:
                machine.over()
            else:
                machine.turns.ended()
            await settle()
            assert machine.running <= limit
        assert machine.peak <= limit
        assert machine.turns.waiting == machine.waiting[0] == 0
        assert machine.turns._look is None
        while machine.running:
            machine.over()
        assert len(machine.served) == sum(not task.cancelled() and task.result() for task in tasks)

    asyncio.run(main())


def _promised(tasks: list[asyncio.Task[bool]]) -> list[asyncio.Task[bool]]:
    """Those that may have a turn and not know it yet: they cannot end."""
    return [task for task in tasks if not task.done()]
