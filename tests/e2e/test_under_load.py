"""Changes and deaths while many callers are served: nobody gets a wrong answer, and no answer lacks its record."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
import urllib.request
from typing import TYPE_CHECKING, Any

from e2e.crowd import Crowd, Model

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.conftest import Running

CALLERS = 50


def config(first: Model, second: Model, turn: int, server: str = "") -> str:
    """Every turn another deployment answers the route, under another name, with other limits and other routes."""
    model = (first, second)[turn % 2]
    return f"""
[server]
max_body_mb = {32 + turn}
{server}
[deployments.d{turn}]
provider = "openai-compatible"
base_url = "{model.url}"
model = "m{turn}"
timeouts = {{ first_byte_s = {100 + turn} }}
[routes.r]
primary = "d{turn}"
bodies = "{("none", "all")[turn % 2]}"
meter_streams = {("true", "false")[turn % 2]}
[routes.other{turn}]
primary = "d{turn}"
"""


async def in_force(service: Running, deployment: str, crowd: Crowd) -> None:
    """Wait until the newest answers come from this deployment."""
    deadline = time.monotonic() + 10
    while not crowd.answers or crowd.answers[-1].headers.get("x-ajar-deployment") != deployment:
        assert time.monotonic() < deadline, (service.folder / "log").read_text()
        await asyncio.sleep(0.02)


def rows(service: Running) -> list[dict[str, Any]]:
    return [json.loads(line) for line in service.ajar("traffic", "export", "--format", "jsonl").splitlines()]


def test_reloads_under_load_cost_nobody_an_answer(serve: Callable[..., Running]) -> None:
    async def main() -> tuple[Running, Crowd]:
        async with Model() as first, Model() as second:
            service = await asyncio.to_thread(serve, config(first, second, 0), "--workers", "2")
            began = time.monotonic()
            async with Crowd(service.port, CALLERS) as crowd:
                turn = 0
                while turn < 12 or time.monotonic() - began < 5:
                    turn += 1
                    (service.folder / "ajar.toml").write_text(config(first, second, turn))
                    if turn % 4 == 0:  # twice in one go, and once by signal
                        service.process.send_signal(signal.SIGHUP)
                    await in_force(service, f"d{turn}", crowd)
            return service, crowd

    service, crowd = asyncio.run(main())
    assert crowd.bad == []
    assert len({answer.headers["x-ajar-config"] for answer in crowd.answers}) >= 11
    assert len(crowd.answers) > 20 * CALLERS
    recorded = [row["id"] for row in rows(service)]
    assert sorted(recorded) == sorted(answer.headers["x-ajar-inference"] for answer in crowd.answers)


def test_kill_9_of_workers_under_load_leaves_every_finished_answer_one_record(serve: Callable[..., Running]) -> None:
    async def main() -> tuple[Running, Crowd]:
        async with Model() as model:
            service = await asyncio.to_thread(serve, config(model, model, 0), "--workers", "2")
            async with Crowd(service.port, CALLERS, excused=True) as crowd:
                for _ in range(6):
                    before = len(crowd.answers)
                    while len(crowd.answers) < before + 4 * CALLERS:
                        await asyncio.sleep(0.02)
                    for pid in service.children("ajar.gateway.worker"):
                        os.kill(pid, signal.SIGKILL)
            return service, crowd

    service, crowd = asyncio.run(main())
    finished = [answer.headers["x-ajar-inference"] for answer in crowd.answers if answer.whole]
    assert len(finished) > 20 * CALLERS
    assert crowd.broken, "the kills were felt"
    assert all(answer.good for answer in crowd.answers if answer.whole)
    recorded = [row["id"] for row in rows(service)]
    assert len(recorded) == len(set(recorded)), "a record stands twice"
    assert not set(finished) - set(recorded), "an answered inference has no record"
    with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/metrics") as page:
        counts = [line.rpartition(b" ")[2] for line in page if line.startswith(b"ajar_inferences_total{")]
    assert sum(map(int, counts)) >= len(finished), "what dead workers counted is kept"
