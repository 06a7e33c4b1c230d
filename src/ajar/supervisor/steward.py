"""The steward, as the supervisor sees it: nothing waits for it, and inference goes on without it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

from ajar.supervisor.backoff import Backoff
from ajar.supervisor.child import Child

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ajar.config.snapshot import Snapshot
    from ajar.supervisor.own_key import OwnKey
    from ajar.supervisor.said import Said

_MOST_CRASHES: Final = 10_000
_LOOK_S: Final = 0.1


class Steward:
    """Keeps the background process running, and tells it what is in force and what crashed.

    One that does not read is told nothing more until it does, and then only the newest snapshot.
    """

    def __init__(
        self, command: Sequence[str], key: OwnKey, state_dir: Path, folder: Path, base_url: str, answers_fd: int
    ) -> None:
        self._key = key.text
        self._place = {
            "kind": "start",
            "state_dir": str(state_dir),
            "folder": str(folder),
            "base_url": base_url,
            "answers_fd": answers_fd,
        }
        self._snapshot: Snapshot | None = None
        self._told: Snapshot | None = None
        self._crashes: deque[bytes] = deque(maxlen=_MOST_CRASHES)
        self._untold: deque[bytes] = deque(maxlen=_MOST_CRASHES)
        self._due = asyncio.Event()
        self.child = Child("steward", command, self, Backoff(), () if answers_fd < 0 else (answers_fd,))

    def tell(self, snapshot: Snapshot) -> None:
        """This is in force now. The first one comes before the steward is started."""
        self._snapshot = snapshot
        self._due.set()

    def crashed(self, deployment: str) -> None:
        """The process of a started deployment ended, and nobody had asked for its end."""
        line = _line({"kind": "crashed", "deployment": deployment, "time": time.time_ns() // 1000})
        self._crashes.append(line)
        self._untold.append(line)
        self._due.set()

    async def run(self) -> None:
        """Pass on what is new, for ever."""
        while True:
            await self._due.wait()
            while self.child.backlog:  # noqa: ASYNC110 - a pipe that runs empty tells nobody
                await asyncio.sleep(_LOOK_S)
            self._due.clear()
            lines = list(self._untold)
            if self._snapshot != self._told:
                lines.append(_line({"kind": "snapshot", **self._in_force()}))
            if lines and self.child.send(b"".join(lines)):  # one that is not up gets all of it when it starts
                self._untold.clear()
                self._told = self._snapshot

    def first_line(self) -> bytes:
        """The steward's start message, and every crash so far."""
        self._untold.clear()
        self._told = self._snapshot
        return b"".join((_line({**self._place, **self._in_force()}), *self._crashes))

    def heard(self, message: Said) -> None:
        """Nothing waits for what it says."""

    def died(self, how: str) -> None:
        """Nothing else changes."""

    def _in_force(self) -> dict[str, object]:
        assert self._snapshot is not None
        return {"key": None if self._snapshot.keyless else self._key, "snapshot": self._snapshot}


def _line(message: dict[str, object]) -> bytes:
    return msgspec.json.encode(message) + b"\n"
