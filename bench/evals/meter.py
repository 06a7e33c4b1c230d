"""Runs a command and says what it cost: `python meter.py LOG SECONDS COMMAND…` prints one JSON line.

Alone in a small process, for the peak that the kernel tells of a command is never below that of the process which
started it. The CPU time is the scheduler's, of the command and all its children that have ended.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def main(log: str, seconds: float, command: list[str]) -> None:
    """Print user and system CPU seconds, wall seconds, the largest process's peak in MB, and the exit code."""
    with Path(log).open("ab") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        signal.signal(signal.SIGALRM, lambda *_: os.killpg(process.pid, signal.SIGKILL))
        signal.signal(signal.SIGTERM, lambda *_: os.killpg(process.pid, signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, seconds)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
    found = {
        "cpu_s": used.ru_utime + used.ru_stime,
        "user_s": used.ru_utime,
        "wall_s": wall,
        "peak_mb": used.ru_maxrss * 1024 / 1e6,
        "exit": os.waitstatus_to_exitcode(status),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
