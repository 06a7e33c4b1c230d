"""Whoever is answered, refused or gone leaves nothing behind that only the collector can take away.

Each fault is looked at in `test_matrix.py`; here, how callers end. What waits for the collector is memory that grows.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from faults import acts
from faults.cell import FRONTS, OTHER
from faults.circles import Circles
from faults.matrix import in_flight
from faults.speech import WORDS
from faults.stage import eventually, stage
from faults.upstream import healthy

if TYPE_CHECKING:
    from pathlib import Path

    from faults.stage import Stage
    from faults.upstream import Act

_TIMES = 2


async def left(it: Stage, *, stream: bool, until: bytes | None) -> None:
    """Somebody asks, hears so much, and leaves."""
    records = len(it.service.records())
    async with it.caller() as caller:
        caller.send(it.message(stream=stream))
        if until is None:
            await it.asked(len(it.primary.seen) + 1)
            await asyncio.sleep(0.05)
        else:
            await caller.listen(until=until)
        caller.leave()
    await eventually(lambda: len(it.service.records()) > records)
    await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("act", "stream", "until"),
    [
        pytest.param(acts.hang, True, None, id="before the head"),
        pytest.param(acts.hang_behind_head, True, None, id="before the first event"),
        pytest.param(acts.hang, False, None, id="before the head of a whole answer"),
        pytest.param(acts.stall, True, WORDS[1].encode(), id="in the middle"),
        pytest.param(acts.stall, False, None, id="in the middle of a whole answer"),
    ],
)
def test_callers_who_leave(tmp_path: Path, act: Act, stream: bool, until: bytes | None) -> None:
    async def check(front: str, back: str) -> None:
        async with stage(tmp_path / front / back, front, *[act] * (_TIMES + 1), back=back, fallback=(healthy,)) as it:
            await left(it, stream=stream, until=until)  # the first loads what is needed
            with Circles() as circles:
                for _ in range(_TIMES):
                    await left(it, stream=stream, until=until)
                circles.look()
            assert not circles.found

    async def main() -> None:
        for front in FRONTS:
            for back in (front, OTHER[front]):
                await check(front, back)

    asyncio.run(main())


def test_callers_who_are_refused_or_leave_in_the_queue(tmp_path: Path) -> None:
    async def main() -> None:
        options = {"max_concurrent": 1, "queue": 1}
        async with stage(tmp_path, "openai-chat", acts.hang, options=options) as it, it.caller() as first:
            first.send(it.message(stream=True))
            await it.asked()
            with Circles() as circles:
                for _ in range(_TIMES):
                    async with it.caller() as waiting:
                        waiting.send(it.message(stream=True))
                        await eventually(lambda: in_flight(it.service) == 2)
                        await asyncio.sleep(0.05)
                        assert (await it.saw(stream=True)).status == 429
                        assert (await it.saw(stream=False)).status == 429
                        waiting.leave()
                    await eventually(lambda: in_flight(it.service) == 1)
                    await asyncio.sleep(0.05)
                circles.look()
            assert not circles.found

    asyncio.run(main())


@pytest.mark.parametrize("stream", [False, True])
def test_callers_who_get_their_answers(tmp_path: Path, stream: bool) -> None:
    async def main() -> None:
        async with stage(tmp_path, "openai-chat", healthy) as it:
            await it.saw(stream=stream)
            with Circles() as circles:
                for _ in range(_TIMES):
                    assert (await it.saw(stream=stream)).kind == "answer"
                await asyncio.sleep(0.05)
                circles.look()
            assert not circles.found

    asyncio.run(main())
