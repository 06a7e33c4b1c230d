"""Noticing that a file, or a folder of files, changed."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Protocol

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


class WatchedFolder:
    """A folder, and how the files in it whose names end with `end` looked. Each of them is replaced whole."""

    def __init__(self, path: Path, end: str) -> None:
        self._path = path
        self._end = end
        self._taken = self._look()

    def changed(self) -> bool:
        """Look once. True where any file differs from what it was when this was last true, came or went."""
        now = self._look()
        before, self._taken = self._taken, now
        return now != before

    def _look(self) -> dict[str, Mark | None]:
        try:
            with os.scandir(self._path) as entries:
                return {one.name: mark(self._path / one.name) for one in entries if one.name.endswith(self._end)}
        except OSError:
            return {}


def mark(path: Path) -> Mark | None:
    """What tells two states of a file apart: time of change, size, inode. None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class Changing(Protocol):
    """What is watched."""

    def changed(self) -> bool:
        """Look once; whether it changed."""
        ...


async def watch(file: Changing, changed: Callable[[], None], every_s: float) -> None:
    """Call `changed` whenever the file did, for ever. Looking a few times a second works on every file system."""
    while True:
        await asyncio.sleep(every_s)
        if file.changed():
            changed()
