"""How long it takes to fail over from a dead primary."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

from doubles.service import Service
from faults.caller import Caller, message
from faults.cell import deployment
from faults.saw import saw
from faults.speech import TEXT
from faults.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path

ROUTES = 60


async def added(state: Path) -> float:
    """The seconds that failing over adds to a request, in the median over as many dead primaries."""
    async with Upstream("openai-chat") as upstream:
        with ExitStack() as stack:
            deployments = {"b": deployment("openai-chat", upstream.url, own=False, limits={})}
            routes = {}
            for number in range(ROUTES):  # each its own: a breaker would soon spare the rest their attempt
                taken = stack.enter_context(socket.socket())
                taken.bind(("127.0.0.1", 0))
                url = f"http://127.0.0.1:{taken.getsockname()[1]}"
                deployments[f"dead{number}"] = deployment("openai-chat", url, own=False, limits={})
                routes[f"r{number}"] = {"primary": f"dead{number}", "fallback": ["b"]}
            routes["direct"] = {"primary": "b"}
            service = await asyncio.to_thread(Service, {"deployments": deployments, "routes": routes}, state)
            try:
                return await _measure(service)
            finally:
                await asyncio.to_thread(service.stop)


async def _measure(service: Service) -> float:
    async with Caller(service.port) as caller:

        async def seconds(route: str) -> float:
            caller.send(message("openai-chat", route, stream=True))
            heard = await caller.listen()
            assert saw("openai-chat", True, heard).text == TEXT
            return heard.seconds

        for _ in range(10):
            await seconds("direct")
        pairs = [(await seconds("direct"), await seconds(f"r{number}")) for number in range(ROUTES)]
    attempts = [record["attempts"] for record in service.records() if record["route"] != "direct"]
    assert all([each.get("error") for each in pair] == ["upstream_connect_failed", None] for pair in attempts)
    return median(over for _, over in pairs) - median(direct for direct, _ in pairs)
