"""The short form of `make soak`: half a minute, fewer callers, the same promises."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from soak.soak import Size, Soak

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20
_SIZE = Size(seconds=18, callers=100)


def test_random_faults_kills_and_a_full_disk_at_load(tmp_path: Path) -> None:
    outcome = asyncio.run(Soak(tmp_path, SEED, _SIZE, print).run())
    for name, words in outcome.lines:
        print(f"{name:32} {words}")
    assert outcome.count == 0, "\n".join(outcome.problems)
