"""SIGTERM: what runs is finished, what comes is refused in words, and then everything is gone."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from e2e.crowd import Answer, Caller, Model

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.conftest import Running


def config(model: Model, drain_s: float) -> str:
    return f"""
[server]
workers = 2
drain_s = {drain_s}
[deployments.a]
provider = "openai-compatible"
base_url = "{model.url}"
model = "m"
[routes.r]
primary = "a"
"""


async def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def ended(service: Running) -> Callable[[], bool]:
    return lambda: service.process.poll() is not None


def to_the_supervisor(service: Running) -> None:
    service.process.send_signal(signal.SIGTERM)


def to_everybody(service: Running) -> None:
    """As systemd does it, unless it is told otherwise."""
    for pid in (*service.children("ajar"), service.process.pid):
        os.kill(pid, signal.SIGTERM)


@pytest.mark.parametrize("stop", [to_the_supervisor, to_everybody])
def test_running_answers_are_finished_and_new_ones_refused(
    serve: Callable[..., Running], stop: Callable[[Running], None]
) -> None:
    async def main() -> tuple[Running, list[Answer]]:
        async with Model() as model:
            service = await asyncio.to_thread(serve, config(model, 20))
            idle = [Caller(service.port) for _ in range(20)]
            assert all(answer.good for answer in await asyncio.gather(*(each.ask("r", stream=False) for each in idle)))
            model.pause_s = 0.4
            busy = [Caller(service.port) for _ in range(20)]
            tasks = [asyncio.create_task(each.ask("r", stream=bool(number % 2))) for number, each in enumerate(busy)]
            await until(lambda: model.at_work == 20)
            asked = model.asked
            stop(service)
            await asyncio.sleep(0.1)
            for refused in await asyncio.gather(*(each.ask("r", stream=True) for each in idle)):
                assert (refused.status, json.loads(refused.body)["error"]["code"]) == (503, "drained")
                assert refused.headers["retry-after"] == "1"
                assert refused.headers["connection"] == "close"
            with pytest.raises(OSError):
                await Caller(service.port).ask("r", stream=False)
            answers = await asyncio.gather(*tasks)
            assert model.asked == asked
            await until(ended(service))
            for each in busy:
                each.leave()
            return service, answers

    service, answers = asyncio.run(main())
    assert all(answer.good for answer in answers)
    assert service.process.returncode == 0
    rows = [json.loads(line) for line in service.ajar("traffic", "export", "--format", "jsonl").splitlines()]
    assert [row["status"] for row in rows] == [200] * 40


def test_ctrl_c_shortens_a_drain(serve: Callable[..., Running]) -> None:
    """What it cuts is told and recorded all the same."""

    async def main() -> tuple[Running, Answer]:
        async with Model(pause_s=30) as model:
            service = await asyncio.to_thread(serve, config(model, 60))
            caller = Caller(service.port)
            asking = asyncio.create_task(caller.ask("r", stream=True))
            await until(lambda: model.at_work == 1)
            service.process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.3)
            assert service.process.poll() is None
            began = time.monotonic()
            service.process.send_signal(signal.SIGINT)
            answer = await asking
            await until(ended(service))
            assert time.monotonic() - began < 3.5
            caller.leave()
            return service, answer

    service, answer = asyncio.run(main())
    assert b'"code":"drained"' in answer.body
    (row,) = [json.loads(line) for line in service.ajar("traffic", "export", "--format", "jsonl").splitlines()]
    assert (row["status"], row["error"]) == (503, "drained")
