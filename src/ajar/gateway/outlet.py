"""Where an answer goes: to a caller, or nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Outlet(Protocol):
    """What relaying an answer needs: an exchange has it all, and says more of each."""

    @property
    def started(self) -> bool:
        """The answer's head has been sent."""
        ...

    def start(self, status: int, headers: list[tuple[bytes, bytes]], length: int | None, lines: bytes = b"", /) -> None:
        """The answer's head."""
        ...

    def write(self, data: bytes, /) -> bool:
        """A piece of its body. True: time to `drain`."""
        ...

    async def drain(self) -> None:
        """Wait until more can be taken."""
        ...

    def finish(self, data: bytes = b"", /) -> None:
        """The last piece, and the end."""
        ...

    def abort(self) -> None:
        """It broke off."""
        ...


class Sink:
    """Takes an answer that nobody waits for, and calls `cut` once where it is longer than `most` bytes."""

    __slots__ = ("_cut", "_left", "started")

    def __init__(self, most: int, cut: Callable[[], object]) -> None:
        self._left = most
        self._cut = cut
        self.started = False

    def start(self, status: int, headers: list[tuple[bytes, bytes]], length: int | None, lines: bytes = b"", /) -> None:
        """Nothing to do."""

    def write(self, data: bytes, /) -> bool:
        """Count the piece."""
        self.started = True
        left, self._left = self._left, self._left - len(data)
        if left >= 0 > self._left:
            self._cut()
        return False

    async def drain(self) -> None:
        """Never waits."""

    def finish(self, data: bytes = b"", /) -> None:  # noqa: ARG002 - what is whole by now is not cut
        """Nobody reads it."""
        self.started = True

    def abort(self) -> None:
        """Nothing to do."""
