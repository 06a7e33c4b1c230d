"""All runtimes that a config asks for."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from ajar.supervisor.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ajar.runtimes.launch import Launch
    from ajar.supervisor.pace import Pace

Plan = dict[str, "Launch"]
"""How to start the runtime of each deployment that has one."""


class Fleet:
    """The runners by deployment and launch.

    A deployment whose launch changes has two of them for a while: the old one answers until the new one is up and the
    workers know of it. So a swapped checkpoint costs no inference; it costs the memory of both meanwhile.
    """

    def __init__(self, changed: Callable[[], None], crashed: Callable[[str, Launch], None], pace: Pace) -> None:
        """`changed` is called whenever an endpoint did, `crashed` whenever the process of a deployment's launch did."""
        self._changed = changed
        self._crashed = crashed
        self._pace = pace
        self._runners: dict[tuple[str, Launch], Runner] = {}
        self._leaving: dict[tuple[str, Launch], asyncio.TimerHandle] = {}
        self._going: dict[Runner, asyncio.Task[None]] = {}

    def want(self, plan: Plan) -> list[Runner]:
        """Start what `plan` has and does not run yet. Returns those of the plan that are not settled."""
        for key in plan.items():
            leaving = self._leaving.pop(key, None)
            if leaving is not None:
                leaving.cancel()
            if key not in self._runners:
                name, launch = key
                self._runners[key] = Runner(name, launch, self._changed, partial(self._crashed, *key), self._pace)
                self._runners[key].start()
        return [runner for runner in self.runners(plan, plan) if not runner.settled.is_set()]

    def keep(self, plan: Plan, grace_s: float) -> None:
        """Stop what is not in `plan`, after `grace_s` seconds in which running inferences may end."""
        wanted = set(plan.items())
        for key in [key for key in self._runners if key not in wanted]:
            if grace_s == 0:
                self._let_go(key)
            elif key not in self._leaving:
                self._leaving[key] = asyncio.get_running_loop().call_later(grace_s, self._let_go, key)

    def endpoints(self, plan: Plan) -> dict[str, str]:
        """The base URL of each deployment of `plan` that is up."""
        found = {key[0]: self._runners[key].base_url for key in plan.items() if key in self._runners}
        return {name: url for name, url in found.items() if url is not None}

    def runners(self, plan: Plan, names: Iterable[str]) -> list[Runner]:
        """The runners of those deployments in `names` that have one."""
        return [self._runners[name, plan[name]] for name in names if name in plan]

    async def stop(self, limit_s: float) -> None:
        """End them all, with SIGKILL after `limit_s` seconds."""
        for leaving in self._leaving.values():
            leaving.cancel()
        await asyncio.gather(*(runner.stop(limit_s) for runner in (*self._runners.values(), *self._going)))

    def _let_go(self, key: tuple[str, Launch]) -> None:
        """From here on a config that wants it back gets a new one."""
        leaving = self._leaving.pop(key, None)
        if leaving is not None:
            leaving.cancel()
        runner = self._runners.pop(key)
        self._going[runner] = going = asyncio.create_task(runner.stop(self._pace.stop_s))
        going.add_done_callback(lambda _: self._going.pop(runner))


async def settle(runners: Iterable[Runner], limit_s: float) -> None:
    """Wait until each is healthy or has failed once; at most `limit_s` seconds."""
    waits = [asyncio.ensure_future(runner.settled.wait()) for runner in runners]
    if waits:
        _, late = await asyncio.wait(waits, timeout=limit_s)
        for wait in late:
            wait.cancel()
