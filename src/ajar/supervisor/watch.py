"""Noticing that a file changed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Mark = tuple[int, int, int]


class Watched:
    """A file, and how it looked.

    With `settle` a change counts once the file looked the same twice: an editor may be in the middle of writing it.
    """

    def __init__(self, path: Path, *, settle: bool) -> None:
        self._path = path
        self._settle = settle
        self._taken = self._seen = mark(path)

    def changed(self) -> bool:
        """Look once. True where the file differs from what it was when this was last true."""
        now = mark(self._path)
        steady = now == self._seen or not self._settle
        self._seen = now
        if now == self._taken or not steady:
            return False
        self._taken = now
        return True


def mark(path: Path) -> Mark | None:
    """What tells two states of a file apart: time of change, size, inode. None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


async def watch(file: Watched, changed: Callable[[], None], every_s: float) -> None:
    """Call `changed` whenever the file did, for ever. Looking a few times a second works on every file system."""
    while True:
        await asyncio.sleep(every_s)
        if file.changed():
            changed()
