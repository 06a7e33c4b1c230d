"""The benchmark's scripts import each other by plain names, as they do when `make bench` runs them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
sys.path.append(str(BENCH))

from program import Program  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Program]:
    """The load generator, running."""
    program = Program([sys.executable, str(BENCH / "load.py")], tmp_path / "load.log", talks=True)
    yield program
    program.stop()


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[int]:
    """The port of the mock upstream, running."""
    program = Program([sys.executable, str(BENCH / "mock_upstream.py")], tmp_path / "upstream.log", talks=True)
    yield program.hear()["port"]
    program.stop()
