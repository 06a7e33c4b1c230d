"""The benchmark of harnesses imports its own modules by plain names, and those of the benchmark around it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

BENCH = Path(__file__).resolve().parents[3] / "bench"
sys.path.append(str(BENCH))
sys.path.append(str(BENCH / "evals"))

from program import Program  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def model(tmp_path: Path) -> Iterator[str]:
    """The address of the benchmark's model, running."""
    program = Program([sys.executable, str(BENCH / "evals/answering.py")], tmp_path / "model.log", talks=True)
    yield f"http://127.0.0.1:{program.hear()['port']}/v1"
    program.stop()
