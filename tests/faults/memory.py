"""How much memory this process takes, and how much it took at most for a while."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Self

_STATUS = Path("/proc/self/statm")
_PAGE = 4096


def resident() -> int:
    """Bytes."""
    return int(_STATUS.read_text().split()[1]) * _PAGE


class Growth:
    """Looks fifty times a second while inside. An async context manager."""

    def __init__(self) -> None:
        self.before = self.most = resident()

    @property
    def megabytes(self) -> float:
        """The most over what it was at the beginning."""
        return (self.most - self.before) / 1e6

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        self.most = max(self.most, resident())

    async def _look(self) -> None:
        while True:
            self.most = max(self.most, resident())
            await asyncio.sleep(0.02)
