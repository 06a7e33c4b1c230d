"""Several checks at once in one event loop: most of what they do is wait."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from pathlib import Path

_MOST = 300
"""Letters of each failure that are told."""
_AT_ONCE = 12
"""Checks that run at a time: the time limits that they have are those of an upstream, not of this machine."""


def together(folder: Path, check: Callable[..., Awaitable[None]], cases: Iterable[tuple[Any, ...]]) -> None:
    """Call `check` with a folder of its own and each case; fails with the name of every case that failed."""
    listed = list(cases)

    async def main() -> list[BaseException | None]:
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(number: int, case: tuple[Any, ...]) -> None:
            async with places:
                await check(folder / str(number), *case)

        return await asyncio.gather(*(one(*each) for each in enumerate(listed)), return_exceptions=True)

    failed = [(case, error) for case, error in zip(listed, asyncio.run(main()), strict=True) if error is not None]
    if failed:
        told = [
            f"{', '.join(map(_name, case))}: {type(error).__name__}: {str(error)[:_MOST]}" for case, error in failed
        ]
        pytest.fail(f"{len(failed)} of {len(listed)} cases\n" + "\n".join(told), pytrace=False)


def _name(part: Any) -> str:
    return getattr(part, "__name__", None) or getattr(part, "name", None) or str(part)
