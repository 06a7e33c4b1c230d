"""All gateway workers, and the snapshot that they serve from."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import msgspec

from ajar.errors import ConfigError
from ajar.supervisor.log import log
from ajar.supervisor.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ajar.config.snapshot import Snapshot
    from ajar.supervisor.listen import Listener
    from ajar.supervisor.pace import Pace


_PING = b'{"kind":"ping"}\n'


class Rows(Protocol):
    """A file in which every worker has a row."""

    def retire(self, worker: int) -> None:
        """Clear the row of a dead worker."""
        ...


class Crew:
    """Starts the workers and brings every snapshot to all of them."""

    def __init__(
        self,
        command: Sequence[str],
        listener: Listener,
        workers: int,
        state_dir: Path,
        shared: Sequence[Rows],
        answers_fd: int,
        pace: Pace,
    ) -> None:
        """`shared` are the files in which the workers have rows; `answers_fd` is where answers are sent, or -1."""
        self._listener = listener
        self._state_dir = str(state_dir)
        self._pace = pace
        self._shared = shared
        self._answers_fd = answers_fd
        inherited = () if answers_fd < 0 else (answers_fd,)
        self._snapshot: Snapshot | None = None
        self._workers = [
            Worker(index, command, (*listener.fds(index), *inherited), self._start_message, self._retire)
            for index in range(workers)
        ]

    @property
    def pids(self) -> list[int | None]:
        """Each worker's process; None between two of them."""
        return [worker.child.pid for worker in self._workers]

    async def start(self, snapshot: Snapshot) -> None:
        """Start all and wait until each is ready. Raises ConfigError where one cannot."""
        self._snapshot = snapshot
        for worker in self._workers:
            worker.child.start()
        waiting = {worker.started for worker in self._workers}
        done, late = await asyncio.wait(waiting, timeout=self._pace.boot_limit_s, return_when=asyncio.FIRST_EXCEPTION)
        for started in done:
            started.result()
        if late:
            raise ConfigError([f"a worker was not ready after {self._pace.boot_limit_s:.0f} s"])

    async def publish(self, snapshot: Snapshot) -> str:
        """Bring `snapshot` to all workers. Returns "" once all have it, or why one refused it.

        A worker that gives no answer hangs, and would go on with keys that are revoked: it is replaced.
        """
        self._snapshot = snapshot
        line = msgspec.json.encode({"kind": "snapshot", "snapshot": snapshot}) + b"\n"
        return next((why for why in await self._ask(line) if why), "")

    async def watch(self) -> None:
        """Ask every worker now and again whether it lives; one that hangs is replaced."""
        while True:
            await asyncio.sleep(self._pace.ping_every_s)
            await self._ask(_PING)

    async def _ask(self, line: bytes) -> list[str]:
        answers = {worker.take(line): worker for worker in self._workers}
        done, late = await asyncio.wait(answers, timeout=self._pace.apply_limit_s)
        for answer in late:
            worker = answers[answer]
            log(f"worker {worker.index} has not answered in {self._pace.apply_limit_s:.0f} s; it is ended")
            worker.child.kill()
        return [answer.result() for answer in done]

    def drain(self, seconds: float) -> None:
        """Ask the workers to accept nothing new, and to end once they have answered, or after `seconds`."""
        line = msgspec.json.encode({"kind": "drain", "seconds": seconds}) + b"\n"
        for worker in self._workers:
            worker.child.retire()
            worker.child.send(line)

    async def ended(self) -> None:
        """Wait until all workers that `drain` asked have ended."""
        await asyncio.gather(*(worker.child.ended() for worker in self._workers))

    async def stop(self, limit_s: float) -> None:
        """End them all, with SIGKILL after `limit_s` seconds."""
        await asyncio.gather(*(worker.child.stop(limit_s) for worker in self._workers))

    def _retire(self, worker: int) -> None:
        for rows in self._shared:
            rows.retire(worker)

    def _start_message(self, worker: int) -> bytes:
        message = {
            "kind": "start",
            "worker": worker,
            "sockets": self._listener.fds(worker),
            "state_dir": self._state_dir,
            "snapshot": self._snapshot,
            "answers_fd": self._answers_fd,
        }
        return msgspec.json.encode(message) + b"\n"
