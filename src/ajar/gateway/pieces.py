"""An answer's pieces, kept as they go to the caller."""

from __future__ import annotations

from typing import Literal

_OVERHEAD = 48
"""Bytes that a piece takes beside its own: a stream's are small."""


class Room:
    """What the pieces of many answers may take together; `left` is in bytes."""

    __slots__ = ("left",)

    def __init__(self, most: int) -> None:
        self.left = most


class Pieces:
    """Appended to while the answer goes out.

    `whole` is None once there were more than `most` bytes of it, or no more `room`; `lack` says which of the two.
    """

    __slots__ = ("_left", "_parts", "_room", "_taken", "lack")

    def __init__(self, most: int | None = None, room: Room | None = None) -> None:
        self._left = most
        self._parts: list[bytes] | None = []
        self._room = room
        self._taken = 0
        self.lack: Literal["too_large", "full"] | None = None

    def append(self, data: bytes) -> None:
        """One more piece."""
        if self._parts is None:
            return
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                self._drop("too_large")
                return
        if self._room is not None:
            takes = len(data) + _OVERHEAD
            if self._room.left < takes:
                self._drop("full")
                return
            self._room.left -= takes
            self._taken += takes
        self._parts.append(data)

    def whole(self) -> bytes | None:
        """All of them."""
        return None if self._parts is None else b"".join(self._parts)

    def release(self) -> None:
        """The answer is over: the room is for others now."""
        if self._room is not None:
            self._room.left += self._taken
            self._taken = 0

    def _drop(self, why: Literal["too_large", "full"]) -> None:
        self._parts = None  # half an answer is of no use, so it takes no room
        self.lack = why
        self.release()
