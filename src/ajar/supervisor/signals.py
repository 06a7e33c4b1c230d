"""The signals that the supervisor obeys."""

from __future__ import annotations

import asyncio
import os
import signal
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Urgency(IntEnum):
    """How fast all shall end."""

    GO_ON = 0
    DRAIN = 1
    """SIGTERM: running inferences may take `drain_s`."""
    QUICK = 2
    """SIGINT: 3 s in all."""
    NOW = 3
    """A second SIGINT: at once."""


class Signals:
    """SIGTERM and SIGINT as an urgency that only rises; SIGHUP calls `reload`."""

    def __init__(self, reload: Callable[[], None]) -> None:
        self.urgency = Urgency.GO_ON
        self._reload = reload
        self._raised = asyncio.Event()
        self._had_terminal = _has_terminal()

    def install(self) -> None:
        """From now on the signals come here."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.hasten, Urgency.DRAIN)
        loop.add_signal_handler(signal.SIGINT, self._interrupted)
        loop.add_signal_handler(signal.SIGHUP, self._hung_up)

    def remove(self) -> None:
        """From now on they do what they do elsewhere."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)

    def hasten(self, urgency: Urgency) -> None:
        """Raise the urgency; a lower one than the present changes nothing."""
        if urgency > self.urgency:
            self.urgency = urgency
            self._raised.set()

    async def more_than(self, urgency: Urgency) -> None:
        """Wait until it is more urgent than `urgency`."""
        while self.urgency <= urgency:
            self._raised.clear()
            await self._raised.wait()

    def _interrupted(self) -> None:
        self.hasten(Urgency.NOW if self.urgency >= Urgency.QUICK else Urgency.QUICK)

    def _hung_up(self) -> None:
        # The same signal means "read the config again" and "your terminal was closed".
        if self._had_terminal and not _has_terminal():
            self.hasten(Urgency.QUICK)
        else:
            self._reload()


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
