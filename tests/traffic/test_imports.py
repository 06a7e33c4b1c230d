"""What a worker imports of this room is light."""

from __future__ import annotations

import subprocess
import sys

import pytest

from traffic.conftest import environment

PROGRAM = """
import sys
import ajar.traffic.{0}
print(*sys.modules)
"""


@pytest.mark.parametrize("module", ["journal", "board", "exposition", "follow", "filters"])
def test_no_analytics_in_workers(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(module)], env=environment(), stdout=subprocess.PIPE, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "msgspec" in loaded
    assert not loaded & {"pyarrow", "duckdb", "numpy", "click", "rich", "asyncio"}
