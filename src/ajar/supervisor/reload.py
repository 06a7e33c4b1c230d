"""Putting a changed config into force without a restart."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ajar.errors import AjarError, ConfigError
from ajar.supervisor.fleet import Plan, settle
from ajar.supervisor.log import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.config.load import Loaded
    from ajar.config.model import Server
    from ajar.supervisor.crew import Crew
    from ajar.supervisor.fleet import Fleet
    from ajar.supervisor.pace import Pace
    from ajar.supervisor.publish import Publisher

_FIXED = ("host", "port", "workers", "state_dir")


class Reload:
    """Reads the config again whenever asked to. One that cannot be used is reported, and the last good one stays."""

    def __init__(
        self,
        load: Callable[[], Loaded],
        plan: Callable[[Loaded], Plan],
        fleet: Fleet,
        crew: Crew,
        publisher: Publisher,
        pace: Pace,
    ) -> None:
        self._load = load
        self._plan = plan
        self._fleet = fleet
        self._crew = crew
        self._publisher = publisher
        self._pace = pace
        self._due = asyncio.Event()

    def request(self) -> None:
        """Read the config again soon."""
        self._due.set()

    async def run(self) -> None:
        """Reload whenever asked to, for ever."""
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self._reload()
            except AjarError as error:
                problems = error.problems if isinstance(error, ConfigError) else [error.message]
                log("the config was refused, the last good one stays in force:")
                for problem in problems:
                    log(f"  {problem}")

    async def _reload(self) -> None:
        """New runtimes are up before the workers hear of them; old ones end after the workers left them."""
        loaded = self._load()
        before = self._publisher.loaded
        if loaded.hash == before.hash:
            log(f"the config was read again: nothing changed ({loaded.hash})")
            return
        _name_what_needs_a_restart(before.config.server, loaded.config.server)
        plan = self._plan(loaded)
        try:
            await self._start_runtimes(plan)
            await self._publisher.adopt(self._crew, loaded, plan)
        except AjarError:
            self._fleet.keep(self._publisher.plan, grace_s=0)
            raise
        self._fleet.keep(plan, grace_s=loaded.config.server.drain_s)
        log(f"the config is in force ({loaded.hash})")

    async def _start_runtimes(self, plan: Plan) -> None:
        starting = self._fleet.want(plan)
        settled = asyncio.create_task(settle(starting, self._pace.load_limit_s))
        newer = asyncio.create_task(self._due.wait())
        await asyncio.wait({settled, newer}, return_when=asyncio.FIRST_COMPLETED)
        settled.cancel()
        newer.cancel()
        if not settled.done():
            raise ConfigError(["it changed again before its runtimes were up"])
        failed = [runner for runner in starting if runner.base_url is None]
        if failed:
            late = f"it was not up after {self._pace.load_limit_s:.0f} s"
            raise ConfigError([f"[deployments.{runner.name}] {runner.failure or late}" for runner in failed])


def _name_what_needs_a_restart(before: Server, after: Server) -> None:
    for key in _FIXED:
        if getattr(before, key) != getattr(after, key):
            log(f"server.{key} changed: it takes effect when ajar serve is started again")
