"""Every test, in three parts: those that compute, three at once, beside those that mostly wait; then what measures.

What computes has a low priority, so that what waits for a clock goes on as soon as its time has come.
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
    "tests/evals/run",
    "tests/faults",
    "tests/gateway/http",
    "tests/gateway/test_admission.py",
    "tests/gateway/test_failover.py",
    "tests/gateway/test_health_in_use.py",
    "tests/gateway/test_shadow.py",
    "tests/gateway/test_streams.py",
    "tests/gateway/test_time_limits.py",
    "tests/gateway/test_traps_streams.py",
    "tests/gateway/test_worker.py",
    "tests/runtimes",
    "tests/steward",
    "tests/supervisor",
    "tests/upstream",
)
"""Tests that wait for a clock more than they compute, or whose time limits are short; one after the other, for several
at once disturb each other on a slow machine."""

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
COMPUTING = ("nice", "-n", "10", *PYTEST, "--numprocesses=3", "--dist=worksteal")
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
