"""What holds for every command of `ajar eval`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

COUNTED = """
import os
from ajar.cli.main import main

main(["eval", "plan", "--difference", "2%"])
print("threads", len(os.listdir("/proc/self/task")), os.environ["OPENBLAS_NUM_THREADS"])
"""


@pytest.mark.parametrize(("asked", "threads"), [(None, "1"), ("2", "2")])
def test_algebra_starts_no_threads_unless_asked_to(asked: str | None, threads: str) -> None:
    env = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    env |= {} if asked is None else {"OPENBLAS_NUM_THREADS": asked}
    done = subprocess.run([sys.executable, "-c", COUNTED], capture_output=True, text=True, env=env, timeout=60)
    assert done.returncode == 0, done.stderr
    _, running, told = done.stdout.splitlines()[-1].split()
    assert told == threads
    if asked is None:
        assert running == "1"
