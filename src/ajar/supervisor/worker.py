"""One gateway worker, as the supervisor sees it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from ajar.errors import ConfigError
from ajar.supervisor.backoff import Backoff
from ajar.supervisor.child import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ajar.supervisor.said import Said

_LONGEST_PAUSE_S = 1.0  # connections wait in the socket of a worker that is down


class Worker:
    """Keeps one worker running, and knows which snapshots it has taken."""

    def __init__(
        self,
        index: int,
        command: Sequence[str],
        sockets: Sequence[int],
        first_line: Callable[[int], bytes],
        retire_rows: Callable[[int], None],
    ) -> None:
        self.index = index
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once the first process is ready; ConfigError where that one ended before."""
        self._first_line = first_line
        self._retire_rows = retire_rows
        self._unanswered: deque[asyncio.Future[str]] = deque()
        self._why = ""
        self.child = Child(f"worker {index}", command, self, Backoff(_LONGEST_PAUSE_S), sockets)

    def take(self, line: bytes) -> asyncio.Future[str]:
        """Send a snapshot. The future is done with "" once it is in force, or with why it was refused.

        A worker that is down, or dies over it, is done at once: its replacement starts with the newest snapshot.
        """
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if self.child.send(line):
            self._unanswered.append(answer)
        else:
            answer.set_result("")
        return answer

    def first_line(self) -> bytes:
        """The worker's start message."""
        return self._first_line(self.index)

    def heard(self, message: Said) -> None:
        """Snapshots are answered in the order in which they were sent."""
        if message.kind == "ready":
            if not self.started.done():
                self.started.set_result(None)
        elif self._unanswered:
            _answer(self._unanswered.popleft(), message.why if message.kind == "refused" else "")
        elif message.kind == "refused":
            self._why = message.why

    def died(self, how: str) -> None:
        """Its rows in shared files count no longer. A first process that dies before it was ready stops the start."""
        self._retire_rows(self.index)
        while self._unanswered:
            _answer(self._unanswered.popleft(), "")
        if not self.started.done():
            why = self._why or f"worker {self.index} {how} before it was ready; its own words stand above"
            self.started.set_exception(ConfigError([why]))


def _answer(future: asyncio.Future[str], text: str) -> None:
    if not future.done():
        future.set_result(text)
