"""`ajar serve`, from its first process to its last."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ajar.config.overlay import in_order
from ajar.errors import ConfigError
from ajar.runtimes.registry import launches
from ajar.store.revisions import Revisions
from ajar.store.salt import salt
from ajar.supervisor.answers import Answers
from ajar.supervisor.crew import Crew, Rows
from ajar.supervisor.fleet import Fleet, Plan, settle
from ajar.supervisor.listen import Listener, is_loopback, reachable
from ajar.supervisor.lock import Lock
from ajar.supervisor.log import log
from ajar.supervisor.overlay import Overlay
from ajar.supervisor.own_key import OwnKey
from ajar.supervisor.pace import Pace
from ajar.supervisor.publish import Keys, Names, Publisher
from ajar.supervisor.reload import Reload
from ajar.supervisor.signals import Signals, Urgency
from ajar.supervisor.standing import Standing
from ajar.supervisor.steward import Steward
from ajar.supervisor.watch import Watched, WatchedFolder, watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ajar.config.load import Loaded
    from ajar.config.revision import Revision
    from ajar.config.snapshot import Snapshot
    from ajar.runtimes.launch import Launch


def _shipped_plan(loaded: Loaded) -> Plan:
    return launches(loaded.config, loaded.folder)


class Health(Rows, Names, Protocol):
    """What the workers know of deployments: rows, and the deployments' names."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the supervisor is put together from.

    `load` reads the config again, with the same overrides as `loaded`. `make_board` creates the file of metrics for a
    number of workers, `make_health` that of deployments' health for a number of workers and one of deployments, and
    `make_marks` the workers' marks in experiments. The commands are the workers' and the steward's programs; `steward`
    None: without one.
    """

    loaded: Loaded
    load: Callable[[], Loaded]
    state_dir: Path
    keys: Keys
    keys_path: Path
    make_board: Callable[[Path, int], Rows]
    make_health: Callable[[Path, int, int], Health]
    make_marks: Callable[[Path, int], Rows]
    plan: Callable[[Loaded], Plan] = _shipped_plan
    worker: tuple[str, ...] = (sys.executable, "-m", "ajar.gateway.worker")
    steward: tuple[str, ...] | None = (sys.executable, "-m", "ajar.steward.main")
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True)
class Ready:
    """What serves now: the config, and by route the revisions over it.

    `failed` says, for each deployment of a route whose runtime is not up, why.
    """

    port: int
    loaded: Loaded
    keyless: bool
    failed: dict[str, str]
    revisions: dict[str, Revision] = field(default_factory=dict)


async def supervise(parts: Parts, on_ready: Callable[[Ready], None]) -> None:
    """Serve until a signal ends it; every child is gone on return. `on_ready` is called once.

    Raises ConfigError or StateError where it cannot start.
    """
    await Supervisor(parts, on_ready).run()


class Supervisor:
    """Starts everything, keeps it running, and ends it. `run` once."""

    def __init__(self, parts: Parts, on_ready: Callable[[Ready], None]) -> None:
        """Takes the lock, reads keys and revisions, opens the sockets; starts nothing. Needs a running loop."""
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
        revisions = Revisions(state_dir)
        self._revisions_folder = WatchedFolder(revisions.folder, ".json")
        overlay = Overlay(revisions)
        standing = Standing(state_dir)
        own_key = None if parts.steward is None else OwnKey.make()
        self._fleet = Fleet(lambda: self._publisher.request(), self._crashed, pace)
        health = parts.make_health(state_dir / "run" / "health", server.workers, len(loaded.config.deployments))
        self._publisher = Publisher(
            self._fleet,
            parts.keys,
            health,
            overlay,
            loopback,
            loaded,
            plan,
            salt=salt(state_dir).hex(),
            own_key=own_key,
            told=(standing.tell, self._tell),
        )
        if not loopback and not self._publisher.has_keys:
            raise ConfigError([_open_to_all(server.host)])
        self._listener = Listener(server.host, server.port, server.workers)
        self._answers = Answers()
        self._steward = None if own_key is None else self._make_steward(own_key)
        board = parts.make_board(state_dir / "run" / "board", server.workers)
        marks = parts.make_marks(state_dir / "run" / "marks", server.workers)
        answers_fd = -1 if self._steward is None else self._answers.sending.fileno()
        self._crew = Crew(
            parts.worker, self._listener, server.workers, state_dir, (board, health, marks), answers_fd, pace
        )
        self._reload = Reload(parts.load, parts.plan, self._fleet, self._crew, self._publisher, pace)
        self._signals = Signals(self._reload.request)
        self._is_ready = False

    def _make_steward(self, key: OwnKey) -> Steward:
        parts = self._parts
        assert parts.steward is not None
        url = f"http://{reachable(parts.loaded.config.server.host)}:{self._listener.port}"
        receiving = self._answers.receiving.fileno()
        return Steward(parts.steward, key, parts.state_dir, parts.loaded.folder.absolute(), url, receiving)

    def _tell(self, snapshot: Snapshot) -> None:
        if self._steward is not None:
            self._steward.tell(snapshot)

    def _crashed(self, deployment: str, launch: Launch) -> None:
        """One that a refused config asked for, or that is about to leave, says nothing about the deployment."""
        if self._steward is not None and self._publisher.plan.get(deployment) == launch:
            self._steward.crashed(deployment)

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
        self._publisher.settle()
        publisher = self._publisher
        self._on_ready(
            Ready(self._listener.port, publisher.loaded, publisher.keyless, failed, publisher.snapshot().revisions)
        )
        poll_s = self._parts.pace.poll_s
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._publisher.run(self._crew))
            tasks.create_task(self._reload.run())
            tasks.create_task(self._crew.watch())
            if self._steward is not None:
                self._steward.child.start()
                tasks.create_task(self._steward.run())
            tasks.create_task(watch(self._keys_file, self._publisher.read_keys, poll_s))
            tasks.create_task(watch(self._revisions_folder, self._publisher.read_revisions, poll_s))
            tasks.create_task(self._publisher.end_experiments(poll_s))
            if self._config_file is not None:
                tasks.create_task(watch(self._config_file, self._reload.request, poll_s))

    async def _start(self) -> dict[str, str]:
        """Start runtimes and workers side by side. Returns why runtimes that routes need are not up, by deployment."""
        plan = self._publisher.plan
        self._fleet.want(plan)
        first = self._publisher.snapshot()
        await self._crew.start(first)
        routes = first.config.routes.items()
        names = {name for one, route in routes for name in in_order(route, first.revisions.get(one))}
        needed = self._fleet.runners(plan, names)
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
        self._answers.close()
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
