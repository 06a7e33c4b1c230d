"""`ajar serve`, from its first process to its last."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ajar.errors import ConfigError
from ajar.runtimes.registry import launches
from ajar.supervisor.crew import Crew, Rows
from ajar.supervisor.fleet import Fleet, Plan, settle
from ajar.supervisor.listen import Listener, is_loopback
from ajar.supervisor.lock import Lock
from ajar.supervisor.log import log
from ajar.supervisor.pace import Pace
from ajar.supervisor.publish import Keys, Names, Publisher
from ajar.supervisor.reload import Reload
from ajar.supervisor.signals import Signals, Urgency
from ajar.supervisor.steward import Steward
from ajar.supervisor.watch import Watched, watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ajar.config.load import Loaded


def _shipped_plan(loaded: Loaded) -> Plan:
    return launches(loaded.config, loaded.folder)


class Health(Rows, Names, Protocol):
    """What the workers know of deployments: rows, and the deployments' names."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the supervisor is put together from.

    `load` reads the config again, with the same overrides as `loaded`. `make_board` creates the file of metrics for a
    number of workers, `make_health` that of deployments' health for a number of workers and one of deployments. The
    commands are the workers' and the steward's programs; `steward` None: without one.
    """

    loaded: Loaded
    load: Callable[[], Loaded]
    state_dir: Path
    keys: Keys
    keys_path: Path
    make_board: Callable[[Path, int], Rows]
    make_health: Callable[[Path, int, int], Health]
    plan: Callable[[Loaded], Plan] = _shipped_plan
    worker: tuple[str, ...] = (sys.executable, "-m", "ajar.gateway.worker")
    steward: tuple[str, ...] | None = (sys.executable, "-m", "ajar.steward.main")
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True)
class Ready:
    """What serves now. `failed` says, for each deployment of a route whose runtime is not up, why."""

    port: int
    loaded: Loaded
    keyless: bool
    failed: dict[str, str]


async def supervise(parts: Parts, on_ready: Callable[[Ready], None]) -> None:
    """Serve until a signal ends it; every child is gone on return. `on_ready` is called once.

    Raises ConfigError or StateError where it cannot start.
    """
    await Supervisor(parts, on_ready).run()


class Supervisor:
    """Starts everything, keeps it running, and ends it. `run` once."""

    def __init__(self, parts: Parts, on_ready: Callable[[Ready], None]) -> None:
        """Takes the lock, reads the keys and opens the sockets; starts nothing. Needs a running loop."""
        loaded, state_dir, pace = parts.loaded, parts.state_dir, parts.pace
        server = loaded.config.server
        self._parts = parts
        self._on_ready = on_ready
        # Looked at before they are read: what changes during the start is noticed after it.
        self._config_file = None if loaded.path is None else Watched(loaded.path, settle=True)
        self._keys_file = Watched(parts.keys_path, settle=False)
        plan = parts.plan(loaded)
        self._lock = Lock(state_dir)
        loopback = is_loopback(server.host)
        self._fleet = Fleet(lambda: self._publisher.request(), pace)
        health = parts.make_health(state_dir / "run" / "health", server.workers, len(loaded.config.deployments))
        self._publisher = Publisher(self._fleet, parts.keys, health, loopback, loaded, plan)
        if not loopback and not self._publisher.has_keys:
            raise ConfigError([_open_to_all(server.host)])
        self._listener = Listener(server.host, server.port, server.workers)
        board = parts.make_board(state_dir / "run" / "board", server.workers)
        self._crew = Crew(parts.worker, self._listener, server.workers, state_dir, (board, health), pace)
        self._steward = None if parts.steward is None else Steward(parts.steward, state_dir)
        self._reload = Reload(parts.load, parts.plan, self._fleet, self._crew, self._publisher, pace)
        self._signals = Signals(self._reload.request)
        self._is_ready = False

    async def run(self) -> None:
        """See `supervise`."""
        self._signals.install()
        serving = asyncio.create_task(self._serve())
        asked = asyncio.create_task(self._signals.more_than(Urgency.GO_ON))
        try:
            await asyncio.wait({serving, asked}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
        finally:
            await _cancel(serving, asked)
            await self._end()
            self._signals.remove()

    async def _serve(self) -> None:
        failed = await self._start()
        self._is_ready = True
        for name, why in failed.items():
            log(f"deployment {name} is NOT up: {why}. It is tried again; routes go on with their other deployments")
        self._on_ready(Ready(self._listener.port, self._publisher.loaded, self._publisher.keyless, failed))
        if self._steward is not None:
            self._steward.child.start()
        poll_s = self._parts.pace.poll_s
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._publisher.run(self._crew))
            tasks.create_task(self._reload.run())
            tasks.create_task(self._crew.watch())
            tasks.create_task(watch(self._keys_file, self._publisher.read_keys, poll_s))
            if self._config_file is not None:
                tasks.create_task(watch(self._config_file, self._reload.request, poll_s))

    async def _start(self) -> dict[str, str]:
        """Start runtimes and workers side by side. Returns why runtimes that routes need are not up, by deployment."""
        plan = self._publisher.plan
        self._fleet.want(plan)
        await self._crew.start(self._publisher.snapshot())
        routes = self._publisher.loaded.config.routes.values()
        needed = self._fleet.runners(plan, {name for route in routes for name in (route.primary, *route.fallback)})
        await settle(needed, self._parts.pace.load_limit_s)
        why = await self._publisher.publish(self._crew)
        if why:
            raise ConfigError([why])
        down = [runner for runner in needed if runner.base_url is None]
        return {runner.name: runner.failure or "it takes long to load; it is still tried" for runner in down}

    async def _end(self) -> None:
        self._listener.close()
        if self._is_ready:
            await self._drain()
        pace = self._parts.pace
        limit_s = pace.stop_now_s if self._signals.urgency is Urgency.NOW else pace.stop_s
        ends = [self._crew.stop(limit_s), self._fleet.stop(limit_s)]
        if self._steward is not None:
            ends.append(self._steward.child.stop(limit_s))
        await asyncio.gather(*ends)
        self._lock.release()

    async def _drain(self) -> None:
        """Let the workers finish what they have begun, for as long as the urgency allows; it may rise meanwhile."""
        while (urgency := self._signals.urgency) in (Urgency.DRAIN, Urgency.QUICK):
            drain_s = self._publisher.loaded.config.server.drain_s
            limit_s = drain_s if urgency is Urgency.DRAIN else min(drain_s, self._parts.pace.quick_drain_s)
            self._crew.drain(limit_s)
            ended = asyncio.create_task(self._crew.ended())
            hurry = asyncio.create_task(self._signals.more_than(urgency))
            done, _ = await asyncio.wait({ended, hurry}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            await _cancel(ended, hurry)
            if hurry not in done:
                return


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _open_to_all(host: str) -> str:
    return (
        f'server.host "{host}" can be reached from other machines, and there are no keys: run `ajar key create` first, '
        'or listen on "127.0.0.1"'
    )
