"""A gateway with one route over one or two scripted deployments, for tests that look at one behaviour."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from doubles.service import Service
from faults.caller import PATIENCE_S, Caller, ask, message
from faults.cell import deployment
from faults.saw import Saw, saw
from faults.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from faults.upstream import Act, Seen

ROUTE = "r"
LEAVE_S = 0.25
"""How soon an upstream must see that nobody waits for its answer any more."""


@dataclass
class Stage:
    """What is running. `front` is the callers' format."""

    front: str
    service: Service
    primary: Upstream
    fallback: Upstream

    def caller(self) -> Caller:
        """A connection of its own."""
        return Caller(self.service.port)

    def message(self, *, stream: bool) -> bytes:
        """A request."""
        return message(self.front, ROUTE, stream=stream)

    async def saw(self, *, stream: bool, seconds: float = PATIENCE_S) -> Saw:
        """What one more caller sees."""
        heard = await ask(self.service.port, self.front, ROUTE, stream=stream, seconds=seconds)
        return saw(self.front, stream, heard)

    async def asked(self, number: int = 1) -> Seen:
        """The faulty deployment's request of that number, once it is there."""
        await eventually(lambda: len(self.primary.seen) >= number)
        return self.primary.seen[number - 1]

    async def record(self) -> dict[str, Any]:
        """The one record that there is, or comes within a second."""
        await eventually(self.service.records)
        await asyncio.sleep(0.05)
        (record,) = self.service.records()
        return record

    async def left(self, at: float, number: int = 1) -> None:
        """Fails where that request's connection is not closed at once when its caller left, which was `at`."""
        seen = await self.asked(number)
        await eventually(lambda: seen.left_at is not None)
        assert seen.left_at is not None
        assert seen.left_at - at < LEAVE_S, f"it was seen after {seen.left_at - at:.3f} s"


@asynccontextmanager
async def stage(
    state: Path,
    front: str,
    *acts: Act,
    back: str | None = None,
    fallback: tuple[Act, ...] = (),
    own: bool = True,
    limits: dict[str, float] | None = None,
    options: dict[str, Any] | None = None,
    server: dict[str, Any] | None = None,
    **route: Any,
) -> AsyncIterator[Stage]:
    """`acts` are those of the route's primary, in order, and `fallback` those of its fallback, if it has one.

    `back` is the primary's format where it is not the callers'; `limits` and `options` are of the primary, `server` and
    `route` stand in the tables of that name.
    """
    back = back or front
    async with AsyncExitStack() as stack:
        primary = await stack.enter_async_context(Upstream(back, acts))
        second = await stack.enter_async_context(Upstream(front, fallback))
        deployments = {"a": {**deployment(back, primary.url, own=own, limits=limits or {}), **(options or {})}}
        if fallback:
            deployments["b"] = deployment(front, second.url, own=False, limits={})
            route["fallback"] = ["b"]
        config = {"server": server or {}, "deployments": deployments, "routes": {ROUTE: {"primary": "a", **route}}}
        service = await asyncio.to_thread(Service, config, state)
        stack.push_async_callback(asyncio.to_thread, service.stop)
        yield Stage(front, service, primary, second)


async def eventually(holds: Callable[[], Any], seconds: float = 3.0) -> None:
    """Wait until `holds()`; fails after `seconds`."""
    deadline = monotonic() + seconds
    while not holds():
        assert monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.005)
