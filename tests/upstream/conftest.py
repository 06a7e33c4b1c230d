"""Both event loops that the transport has to work on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

import pytest
import uvloop

if TYPE_CHECKING:
    from collections.abc import Coroutine


class Run(Protocol):
    """Runs a coroutine to its end on a new loop."""

    def __call__(self, main: Coroutine[Any, Any, Any]) -> Any: ...


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine on a new loop of either kind; 10 seconds at most. What only the loop hears of fails the test."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop

    def runner(main: Coroutine[Any, Any, Any]) -> Any:
        unheard: list[dict[str, Any]] = []

        async def watched() -> Any:
            asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
            return await asyncio.wait_for(main, 10)

        with asyncio.Runner(loop_factory=factory) as loop:
            outcome = loop.run(watched())
        assert not unheard
        return outcome

    return runner
