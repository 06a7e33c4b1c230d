"""The load generator: a process of its own that does one job for each JSON line on stdin and answers with one line.

Every job but `close` names the `port`, the `path`, and its `callers`, a list of `{"model", "headers"}` taken in turn.

    connect   open `count` connections; `events` > 0 makes them stream that many events, `pace_ms` apart
    requests  send `count` requests over them, each caller one at a time: seconds, wrong
    streams   each caller one stream: seconds, events, reads, bytes, wrong
    rate      send `rate` requests a second for `seconds`, whether answered or not: microseconds of each, wrong
    hold      each caller begins a stream that goes on until `close`: open (those that have had an event), wrong
    close     close all connections
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from typing import Any

import uvloop

import payload
from caller import Caller, PlainCaller, StreamCaller, http_request

Job = dict[str, Any]

_PATIENCE_S = 120


class Load:
    """The open connections, and the jobs over them."""

    def __init__(self) -> None:
        self._callers: list[Any] = []

    async def do(self, job: Job) -> Job:
        """Do one job; returns its result."""
        return await getattr(self, f"do_{job['do']}")(job)

    async def do_connect(self, job: Job) -> Job:
        """Open connections."""
        loop = asyncio.get_running_loop()
        for index in range(job["count"]):
            caller = _caller(job, index)
            await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", job["port"])
            self._callers.append(caller)
        return {"open": len(self._callers)}

    async def do_requests(self, job: Job) -> Job:
        """A closed loop: each caller sends its next request when its last one is answered."""
        total, sent, answered = job["count"], 0, 0
        wrong: list[str] = []
        done = asyncio.get_running_loop().create_future()

        def next_one(caller: Caller) -> None:
            nonlocal sent, answered
            answered += 1
            if caller.error is not None:
                wrong.append(caller.error)
            elif sent < total:
                sent += 1
                caller.send()
            if (answered == total or len(wrong) == len(self._callers)) and not done.done():
                done.set_result(None)

        began = time.perf_counter()
        for caller in self._callers[:total]:
            caller.on_answer = next_one
            sent += 1
            caller.send()
        await done
        return {"seconds": time.perf_counter() - began, "answered": answered, "wrong": wrong}

    async def do_streams(self, job: Job) -> Job:  # noqa: ARG002
        """Each caller takes one stream."""
        left = len(self._callers)
        done = asyncio.get_running_loop().create_future()

        def ended(_: Caller) -> None:
            nonlocal left
            left -= 1
            if not left:
                done.set_result(None)

        began = time.perf_counter()
        for caller in self._callers:
            caller.on_answer = ended
            caller.send()
        await done
        sums = {name: sum(getattr(each, name) for each in self._callers) for name in ("events", "reads", "bytes")}
        return {"seconds": time.perf_counter() - began, "wrong": self._wrong(), **sums}

    async def do_rate(self, job: Job) -> Job:
        """An open loop: requests leave at their time, over any idle connection."""
        loop = asyncio.get_running_loop()
        total = round(job["rate"] * job["seconds"])
        idle = list(self._callers)
        took: list[float] = []
        wrong: list[str] = []
        done = loop.create_future()

        def answered(caller: Caller) -> None:
            took.append((time.perf_counter() - caller.sent_at) * 1e6)
            if caller.error is not None:
                wrong.append(caller.error)
            idle.append(caller)
            if len(took) == total:
                done.set_result(None)

        for caller in self._callers:
            caller.on_answer = answered
        began = loop.time()
        for index in range(total):
            await asyncio.sleep(began + index / job["rate"] - loop.time())
            while not idle:
                await asyncio.sleep(0.001)
            caller = idle.pop()
            caller.sent_at = time.perf_counter()
            caller.send()
        await done
        return {"microseconds": [round(each, 1) for each in took], "wrong": wrong}

    async def do_hold(self, job: Job) -> Job:
        """Begin all streams, a few at a time; answers when each has had its first event, or after `patience_s`."""
        begun = 0
        done = asyncio.Event()

        def begin(_: Caller | None = None) -> None:
            nonlocal begun
            begun += 1
            if begun == len(self._callers):
                done.set()

        for index, caller in enumerate(self._callers):
            caller.on_answer = caller.on_first = begin
            caller.send()
            if index % 20 == 19:
                await asyncio.sleep(job.get("ramp_s", 0.02))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), job["patience_s"])
        return {"open": begun, "wrong": self._wrong()}

    async def do_close(self, job: Job) -> Job:  # noqa: ARG002
        """Close all connections."""
        for caller in self._callers:
            caller.close()
        self._callers = []
        await asyncio.sleep(0.05)
        return {}

    def _wrong(self) -> list[str]:
        return [each.error for each in self._callers if each.error is not None]


def _caller(job: Job, index: int) -> Caller:
    identity = job["callers"][index % len(job["callers"])]
    events = job.get("events", 0)
    body = payload.request_body(
        identity["model"], bool(events), job.get("pace_ms", payload.PACE_MS), events or payload.EVENTS
    )
    request = http_request(job["port"], job["path"], identity["headers"], body)
    if events:
        return StreamCaller(request, _nobody, events)
    return PlainCaller(request, _nobody)


def _nobody(caller: Caller) -> None:
    raise AssertionError(f"an answer that nobody asked for: {caller.error}")


async def serve() -> None:
    """Do the jobs from stdin until it ends."""
    load = Load()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        job = json.loads(line)
        try:
            result = await asyncio.wait_for(load.do(job), _PATIENCE_S)
        except (TimeoutError, OSError) as error:
            result = {"wrong": [str(error) or f"no end within {_PATIENCE_S} s"]}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    uvloop.run(serve())
