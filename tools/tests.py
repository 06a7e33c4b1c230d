"""Every test, in three parts: those that compute, three at once, beside those that mostly wait; then what measures.

What computes has the lowest priority, so that what waits for a clock goes on as soon as its time has come.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
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
"""Tests that spend most of their time waiting for a clock; one after the other, for several at once disturb each other
on a slow machine."""

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

PYTEST = (sys.executable, "-m", "pytest")
COMPUTING = ("nice", "-n", "19", *PYTEST, "--numprocesses=3", "--dist=worksteal")
"""Three processes even on two cores: some of these tests wait for a service now and then."""


def main() -> int:
    """Run all parts, also those behind one that fails; 1 where one fails."""
    with ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(_run, *PYTEST, *WAITING, *_without(*ALONE), stdout=subprocess.PIPE)
        computed = _run(*COMPUTING, *_without(*WAITING, *ALONE))
        waited = waiting.result()
        sys.stdout.buffer.write(waited.stdout)
        sys.stdout.flush()
    measured = _run(*PYTEST, *ALONE)
    return max(part.returncode != 0 for part in (computed, waited, measured))


def _run(*command: str, stdout: int | None = None) -> subprocess.CompletedProcess[bytes]:
    # Hundreds of processes are started, and without this each of them may compile all of Ajar anew.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, stdout=stdout, stderr=stdout and subprocess.STDOUT, check=False
    )


def _without(*paths: str) -> list[str]:
    return [f"--ignore={path}" for path in paths]


if __name__ == "__main__":
    sys.exit(main())
