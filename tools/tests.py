"""Every test, in three parts: those that compute, two at once; those that mostly wait; and those that measure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

WAITING = (
    "tests/e2e/test_drain.py",
    "tests/e2e/test_full_disk.py",
    "tests/e2e/test_health.py",
    "tests/e2e/test_operations.py",
    "tests/e2e/test_rollback.py",
    "tests/evals/run/test_runner.py",
    "tests/faults",
    "tests/gateway/http/test_server.py",
    "tests/gateway/test_admission.py",
    "tests/gateway/test_health_in_use.py",
    "tests/gateway/test_time_limits.py",
    "tests/steward",
    "tests/supervisor",
)
"""Tests that spend most of their time waiting for a clock. Two cores that compute all the time would disturb them;
several of them at once do so on a slow machine."""

ALONE = (
    "tests/bench/test_cpu.py",
    "tests/bench/test_load.py",
    "tests/bench/test_memory.py",
    "tests/bench/test_mock_upstream.py",
    "tests/bench/test_run.py",
    "tests/bench/test_translation.py",
    "tests/e2e/test_under_load.py",
    "tests/faults/test_cancellation.py",
    "tests/faults/test_failover_speed.py",
    "tests/gateway/test_turns.py",
    "tests/soak",
)
"""Tests that measure: any neighbour could disturb them."""


def main() -> int:
    """Run all parts, also those behind one that fails; 1 where one fails."""
    parts = (
        ["--numprocesses=2", "--dist=worksteal", *_without(*WAITING, *ALONE)],
        [*WAITING, *_without(*ALONE)],
        list(ALONE),
    )
    pytest = [sys.executable, "-m", "pytest"]
    # Hundreds of processes are started, and without this each of them may compile all of Ajar anew.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return max(
        subprocess.run([*pytest, *part], cwd=ROOT, env=environment, check=False).returncode != 0 for part in parts
    )


def _without(*paths: str) -> list[str]:
    return [f"--ignore={path}" for path in paths]


if __name__ == "__main__":
    sys.exit(main())
