"""What the tests of rollouts share."""

from __future__ import annotations

from itertools import count
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


@pytest.fixture(autouse=True)
def _no_slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A past is read in one turn here, however long that takes; a test that wants parts says so."""
    monkeypatch.setattr("ajar.rollout.feed.TURN_S", 60.0)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn reads no more of the past than a few records."""
    monkeypatch.setattr("ajar.rollout.feed.TURN_S", 0.0)
    monkeypatch.setattr("ajar.rollout.feed._ROWS", 7)
    monkeypatch.setattr("ajar.rollout.past._MANY", 40)


@pytest.fixture(autouse=True)
def _the_same_units_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rollout's id draws its units' arms: were it random, one equal candidate in twenty would be rolled back."""
    numbers = count(1)
    monkeypatch.setattr("ajar.rollout.ordering.uuid7", lambda: f"01234567-89ab-7000-8000-{next(numbers):012x}")
