"""A dead primary costs next to nothing where its address refuses connections."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from faults.speed import added

if TYPE_CHECKING:
    from pathlib import Path

MOST_S = 0.005


def test_failing_over_adds_less_than_five_milliseconds(tmp_path: Path) -> None:
    assert asyncio.run(added(tmp_path)) < MOST_S
