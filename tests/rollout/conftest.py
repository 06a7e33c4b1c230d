"""What the tests of rollouts share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollout import bench

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """No test leaves a file open."""
    yield
    while bench.MADE:
        bench.MADE.pop().close()
