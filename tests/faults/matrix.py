"""Runs all cells of a fault: one gateway, and for each cell a route and upstreams of its own."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doubles.service import Service
from faults.caller import ask
from faults.cell import Cell, cells
from faults.circles import Circles
from faults.memory import Growth
from faults.outcome import Outcome
from faults.place import place
from faults.saw import saw
from faults.upstream import Upstream

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from pathlib import Path

    from faults.table import Fault

_SETTLE_S = 1.0
_MOST_MB = 80
"""How much memory a fault may take, the test's own upstreams and callers included."""


@dataclass
class Run:
    """A fault, played."""

    fault: Fault
    outcomes: list[Outcome]
    grown_mb: float
    in_flight: int
    """Inferences that the gateway still believes to run when all callers have their answers."""
    circles: Counter[str]
    """What they left behind for the collector."""

    def problems(self) -> Iterator[str]:
        """What is not as it should be; nothing where all is well."""
        for outcome in self.outcomes:
            if wrong := outcome.wrong():
                yield f"{outcome.cell}: {'; '.join(wrong)}"
        if self.in_flight:
            yield f"{self.fault.name}: {self.in_flight} inferences are still counted as running"
        if self.grown_mb >= _MOST_MB:
            yield f"{self.fault.name}: the process grew by {self.grown_mb:.0f} MB"
        if self.circles:
            yield f"{self.fault.name}: left for the collector: {dict(self.circles.most_common(8))}"


async def run(fault: Fault, state: Path) -> Run:
    """Play it. The gateway runs in a thread of this process, with its state in the folder `state`."""
    async with AsyncExitStack() as stack:
        sites = [(cell, *await _site(cell, stack)) for cell in cells(fault)]
        config = _config([(cell, addresses) for cell, addresses, _, _ in sites])
        service = await asyncio.to_thread(Service, config, state)
        stack.push_async_callback(asyncio.to_thread, service.stop)
        with Circles() as circles:
            async with Growth() as growth:
                outcomes = await _ask_all(service, fault, [(cell, a, b) for cell, _, a, b in sites])
            await _settle(service, outcomes)
            circles.look()
        return Run(fault, outcomes, growth.megabytes, in_flight(service), circles.found)


async def _site(cell: Cell, stack: AsyncExitStack) -> tuple[tuple[str, str | None], Upstream, Upstream | None]:
    faulty, primary = await stack.enter_async_context(place(cell.fault, cell.back))
    if cell.fallback is None:
        return (faulty, None), primary, None
    fallback = await stack.enter_async_context(Upstream(cell.fallback))
    return (faulty, fallback.url), primary, fallback


def _config(sites: list[tuple[Cell, tuple[str, str | None]]]) -> dict[str, Any]:
    deployments: dict[str, Any] = {}
    for cell, addresses in sites:
        deployments |= cell.deployments(*addresses)
    return {"deployments": deployments, "routes": {cell.route: cell.plan() for cell, _ in sites}}


async def _ask_all(
    service: Service, fault: Fault, sites: list[tuple[Cell, Upstream, Upstream | None]]
) -> list[Outcome]:
    async def one(number: int, cell: Cell, primary: Upstream, fallback: Upstream | None) -> Outcome:
        await asyncio.sleep(number * (fault.apart_s or 0))
        heard = await ask(service.port, cell.front, cell.route, stream=cell.stream)
        seen = [] if fallback is None else fallback.seen
        return Outcome(cell, heard, saw(cell.front, cell.stream, heard), primary.seen, seen)

    asked = [one(number, *site) for number, site in enumerate(sites)]
    return [await each for each in asked] if fault.apart_s is None else await asyncio.gather(*asked)


async def _settle(service: Service, outcomes: list[Outcome]) -> None:
    """Give each outcome its records, and time to those that come after the answer's end."""
    deadline = asyncio.get_running_loop().time() + _SETTLE_S
    while True:
        records = await asyncio.to_thread(service.records)
        late = len(records) < len(outcomes) or in_flight(service) or not all(map(_left, outcomes))
        if not late or asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.02)
    for outcome in outcomes:
        outcome.records = [record for record in records if record["route"] == outcome.cell.route]


def _left(outcome: Outcome) -> bool:
    return not outcome.cell.fault.holds or all(seen.left_at is not None for seen in outcome.primary)


def in_flight(service: Service) -> int:
    """What the metrics say of it."""
    found = re.search(rb"^ajar_inferences_in_flight(?:\{\})? (\d+)", service.exposition(), re.MULTILINE)
    return int(found[1]) if found else -1
