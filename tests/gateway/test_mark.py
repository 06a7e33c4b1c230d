"""What a worker tells of its unfinished inferences of experiments."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ajar.gateway.mark import Mark
from ajar.traffic.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

SPLIT: Any = SimpleNamespace(routes={"q": SimpleNamespace(split=None), "r": SimpleNamespace(split=object())})
PLAIN: Any = SimpleNamespace(routes={"r": SimpleNamespace(split=None)})


def now() -> int:
    return time.time_ns() // 1000


async def becomes(check: Callable[[], bool]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + 5
    while not check():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def told(path: Path, play: Callable[[Mark, dict[str, int], Callable[[], int]], Awaitable[None]]) -> None:
    """Play with worker 1's mark, the inferences that it looks at, and a look at what is written (-1: nothing is)."""
    marks = Marks.create(path / "marks", 2)
    unfinished: dict[str, int] = {}

    async def run() -> None:
        mark = Mark(Marks.open(path / "marks"), 1, unfinished)
        await play(mark, unfinished, lambda: marks.watermark(-1))
        mark.close()
        assert marks.watermark(-1) == -1

    asyncio.run(run())
    marks.close()


def test_nothing_is_told_without_an_experiment(tmp_path: Path) -> None:
    async def play(mark: Mark, unfinished: dict[str, int], look: Callable[[], int]) -> None:
        del unfinished
        mark.apply(PLAIN)
        await asyncio.sleep(0.25)
        assert look() == -1

    told(tmp_path, play)


def test_with_one_it_is_told_at_once_and_then_four_times_a_second(tmp_path: Path) -> None:
    async def play(mark: Mark, unfinished: dict[str, int], look: Callable[[], int]) -> None:
        del unfinished
        before = now()
        mark.apply(SPLIT)
        assert before <= look() <= now()
        mark.apply(SPLIT)
        seen: set[int] = set()
        end = time.monotonic() + 1
        while time.monotonic() < end:
            await asyncio.sleep(0.02)
            seen.add(look())
        assert 3 <= len(seen) <= 6, "five times, or a little less often where the machine is busy"

    told(tmp_path, play)


def test_the_oldest_that_is_unfinished_holds_it_back(tmp_path: Path) -> None:
    async def play(mark: Mark, unfinished: dict[str, int], look: Callable[[], int]) -> None:
        mark.apply(SPLIT)
        start = now()
        unfinished.update({"b": start - 3, "a": start - 5, "c": start})
        await becomes(lambda: look() == start - 5)
        del unfinished["a"]
        await becomes(lambda: look() == start - 3)
        unfinished.clear()
        await becomes(lambda: look() > start)

    told(tmp_path, play)


def test_after_the_experiment_its_last_inference_is_waited_for(tmp_path: Path) -> None:
    async def play(mark: Mark, unfinished: dict[str, int], look: Callable[[], int]) -> None:
        mark.apply(SPLIT)
        unfinished["a"] = 7
        mark.apply(PLAIN)
        await becomes(lambda: look() == 7)
        await asyncio.sleep(0.3)
        assert look() == 7
        unfinished.clear()
        await becomes(lambda: look() == -1)
        mark.apply(SPLIT)
        assert look() > 7

    told(tmp_path, play)


def test_where_nobody_made_the_file_nothing_is_told() -> None:
    async def run() -> None:
        mark = Mark(None, 0, {})
        mark.apply(SPLIT)
        mark.close()

    asyncio.run(run())
