"""One process that is kept alive."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from ajar.supervisor.log import log
from ajar.supervisor.said import Said, said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ajar.supervisor.backoff import Backoff

_LONGEST_LINE = 1 << 20


class Owner(Protocol):
    """Who a child belongs to. Every method is called in the event loop and returns at once."""

    def first_line(self) -> bytes:
        """The settings, as the first line on a new process's stdin. Asked for at each start."""
        ...

    def heard(self, message: Said) -> None:
        """The child said something."""
        ...

    def died(self, how: str) -> None:
        """The child ended although nobody asked it to; it starts again after a pause. `how` is for a person."""
        ...


class Child:
    """A process, its replacements after each death, and the lines that go both ways.

    It has a session of its own, so that the terminal's Ctrl-C reaches the supervisor alone. Its stdin ends when the
    supervisor does, and it is expected to end then. Its stderr is the supervisor's.
    """

    def __init__(
        self, name: str, command: Sequence[str], owner: Owner, backoff: Backoff, sockets: Sequence[int] = ()
    ) -> None:
        self.name = name
        self._command = command
        self._owner = owner
        self._backoff = backoff
        self._sockets = tuple(sockets)
        self._process: Process | None = None
        self._ready_at: float | None = None
        self._last = False
        self._wake = asyncio.Event()
        self._life: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The running process; None between two of them."""
        return None if self._process is None else self._process.pid

    @property
    def ready(self) -> bool:
        """True while a process runs that said that it is ready."""
        return self._ready_at is not None

    def start(self) -> None:
        """Start the process, and start it again whenever it ends."""
        self._life = asyncio.create_task(self._live(), name=self.name)

    def send(self, line: bytes) -> bool:
        """Write one line to its stdin. False where no process runs."""
        if self._process is None or self._process.stdin is None or self._process.stdin.is_closing():
            return False
        self._process.stdin.write(line)
        return True

    @property
    def backlog(self) -> int:
        """The bytes that were sent and that the process has not read yet, beyond what the pipe between them holds."""
        if self._process is None or self._process.stdin is None:
            return 0
        return self._process.stdin.transport.get_write_buffer_size()

    def kill(self) -> None:
        """End the process at once, with all that it started. Unless `retire` was called, another one follows."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def retire(self) -> None:
        """Let the process be the last one: when it ends, none follows."""
        self._last = True
        self._wake.set()

    async def ended(self) -> None:
        """Wait until the last process ended."""
        if self._life is not None:
            await asyncio.wait({self._life})

    async def stop(self, limit_s: float) -> None:
        """End it: stdin closed and SIGTERM, then SIGKILL after `limit_s` seconds."""
        self.retire()
        if self._life is None:
            return
        self._ask_to_end()
        done, _ = await asyncio.wait({self._life}, timeout=limit_s)
        while not done:
            self.kill()
            done, _ = await asyncio.wait({self._life}, timeout=0.1)

    def _ask_to_end(self) -> None:
        process = self._process
        if process is None or process.stdin is None or process.returncode is not None:
            return
        process.stdin.close()
        with suppress(ProcessLookupError):
            process.terminate()

    async def _live(self) -> None:
        while not self._last:
            how = await self._once()
            well_s = 0.0 if self._ready_at is None else time.monotonic() - self._ready_at
            self._process = self._ready_at = None
            if self._last:
                return
            pause = self._backoff.pause(well_s)
            log(f"{self.name} {how}; it starts again in {pause:.1f} s")
            self._owner.died(how)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)

    async def _once(self) -> str:
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=PIPE,
                stdout=PIPE,
                start_new_session=True,
                pass_fds=self._sockets,
                limit=_LONGEST_LINE,
            )
        except OSError as error:
            return f"cannot be started ({error})"
        if self._last:
            self.kill()
        self.send(self._owner.first_line())
        await self._listen(process)
        return _how_it_ended(await process.wait())

    async def _listen(self, process: Process) -> None:
        assert process.stdout is not None
        try:
            async for line in process.stdout:
                self._hear(line)
        except ValueError:  # a line without end: it is not speaking our protocol
            log(f"{self.name} wrote more than {_LONGEST_LINE} bytes without a line's end; it is ended")
            self.kill()

    def _hear(self, line: bytes) -> None:
        message = said(line)
        if message is None:
            log(f"{self.name} said something that is not a message: {line[:200]!r}")
            return
        if message.kind == "ready":
            self._ready_at = time.monotonic()
        self._owner.heard(message)


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
