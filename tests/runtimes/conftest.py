"""The shipped model and a runtime that serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ajar.runtimes import models
from runtimes.child import Child

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def weights() -> Path:
    """The file of the better of the shipped models."""
    return models.shipped()["ajar-triage-v2"]


@pytest.fixture(scope="module")
def child(weights: Path) -> Iterator[Child]:
    """A runtime that is ready."""
    child = Child(weights)
    assert child.said()["kind"] == "ready"
    yield child
    child.end()
