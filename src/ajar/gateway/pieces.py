"""An answer's pieces, kept as they go to the caller."""

from __future__ import annotations


class Pieces:
    """Appended to while the answer goes out; `whole` is None once there were more than `most` bytes of it."""

    __slots__ = ("_left", "_parts")

    def __init__(self, most: int | None = None) -> None:
        self._left = most
        self._parts: list[bytes] | None = []

    def append(self, data: bytes) -> None:
        """One more piece."""
        if self._parts is None:
            return
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                self._parts = None  # half an answer is of no use, so it takes no room
                return
        self._parts.append(data)

    def whole(self) -> bytes | None:
        """All of them."""
        return None if self._parts is None else b"".join(self._parts)
