"""One runtime: the process that serves one deployment's model."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec

from ajar.runtimes.health import Health
from ajar.supervisor.backoff import Backoff
from ajar.supervisor.child import Child
from ajar.supervisor.log import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.runtimes.launch import Launch
    from ajar.supervisor.pace import Pace
    from ajar.supervisor.said import Said

_UNTIL_FIRST_ANSWER_S = 0.05


class Runner:
    """Starts the runtime of one deployment, checks its health, and replaces it when it dies or hangs.

    `changed` is called whenever `base_url` did, `crashed` whenever its process ended by itself, or because it hung.
    `settled` is set once the first process is healthy or has failed.
    """

    def __init__(
        self, name: str, launch: Launch, changed: Callable[[], None], crashed: Callable[[], None], pace: Pace
    ) -> None:
        self.name = name
        self.base_url: str | None = None
        """Where it listens; None while it is not up."""
        self.failure: str | None = None
        """Why it is not up, where that is known."""
        self.settled = asyncio.Event()
        self._launch = launch
        self._changed = changed
        self._crashed = crashed
        self._pace = pace
        self._check: asyncio.Task[None] | None = None
        self._child = Child(f"runtime {name}", launch.command, self, Backoff())

    @property
    def pid(self) -> int | None:
        """Its process; None between two of them."""
        return self._child.pid

    def start(self) -> None:
        """Start it, and keep it running."""
        self._child.start()

    async def stop(self, limit_s: float) -> None:
        """End it for good, with SIGKILL after `limit_s` seconds."""
        self._stop_checking()
        await self._child.stop(limit_s)

    def first_line(self) -> bytes:
        """The runtime's settings."""
        return msgspec.json.encode(self._launch.settings) + b"\n"

    def heard(self, message: Said) -> None:
        """`ready` names the base URL; `refused` comes before an end."""
        if message.kind == "ready":
            self._stop_checking()
            self._check = asyncio.create_task(self._keep_checking(message.base_url))
        elif message.kind == "refused":
            self.failure = message.why
            log(f"runtime {self.name}: {message.why}")

    def died(self, how: str) -> None:
        """It is not up until its replacement is."""
        self._stop_checking()
        self.base_url = None
        self.failure = self.failure or f"its process {how}"
        self.settled.set()
        self._crashed()
        self._changed()

    def _stop_checking(self) -> None:
        if self._check is not None:
            self._check.cancel()
            self._check = None

    async def _keep_checking(self, url: str) -> None:
        health = Health(url, self._pace.health_limit_s)
        try:
            await self._check_on(health, url)
        finally:
            await health.close()

    async def _check_on(self, health: Health, url: str) -> None:
        well_at = time.monotonic()
        while True:
            if await health.good():
                well_at = time.monotonic()
                self._is_up(url)
            elif time.monotonic() - well_at > self._pace.wedged_s:
                log(f"runtime {self.name} gave no health answer for {self._pace.wedged_s:.0f} s; it is ended")
                self._child.kill()
                return
            await asyncio.sleep(_UNTIL_FIRST_ANSWER_S if self.base_url is None else self._pace.health_every_s)

    def _is_up(self, url: str) -> None:
        if self.base_url is not None:
            return
        self.base_url = url
        self.failure = None
        self.settled.set()
        self._changed()
