"""Every test: first those that need nothing but a processor, on two at once, then those that look at a clock, alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

TIMED = (
    "tests/bench/test_cpu.py",
    "tests/bench/test_load.py",
    "tests/bench/test_memory.py",
    "tests/bench/test_mock_upstream.py",
    "tests/bench/test_run.py",
    "tests/bench/test_translation.py",
    "tests/e2e/test_drain.py",
    "tests/e2e/test_full_disk.py",
    "tests/e2e/test_health.py",
    "tests/e2e/test_operations.py",
    "tests/e2e/test_rollback.py",
    "tests/e2e/test_under_load.py",
    "tests/evals/run/test_runner.py",
    "tests/faults",
    "tests/soak",
    "tests/steward",
    "tests/supervisor",
    "tests/gateway/http/test_server.py",
    "tests/gateway/test_admission.py",
    "tests/gateway/test_health_in_use.py",
    "tests/gateway/test_time_limits.py",
    "tests/gateway/test_turns.py",
)
"""Tests that a busy neighbour could disturb. What is not named here runs in the first part."""


def main() -> int:
    """Run both parts, also the second where the first fails; 1 where one fails."""
    beside = [f"--ignore={path}" for path in TIMED]
    parts = (["--numprocesses=2", "--dist=worksteal", *beside], list(TIMED))
    pytest = [sys.executable, "-m", "pytest"]
    return max(subprocess.run([*pytest, *part], cwd=ROOT, check=False).returncode != 0 for part in parts)


if __name__ == "__main__":
    sys.exit(main())
