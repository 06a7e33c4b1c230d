"""CPU time of a program and all its children, from the scheduler's own accounting.

The number is `sum_exec_runtime`, in nanoseconds: what /proc/PID/schedstat shows for one thread. It is read through the
process's CPU clock instead, which is brought up to this instant and keeps the time of threads that have ended.
"""

from __future__ import annotations

import time
from pathlib import Path

_CLOCK_OF_SCHEDULER = 2  # CPUCLOCK_SCHED, <linux/posix-timers.h>: clock_getcpuclockid(3) builds the same number


def process_ns(pid: int) -> int:
    """Nanoseconds that all threads of `pid` have run since it began. Raises OSError where there is no such process."""
    return time.clock_gettime_ns((~pid << 3) | _CLOCK_OF_SCHEDULER)


def tree(pid: int) -> list[int]:
    """`pid` and all its living descendants."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue  # ended between the listing and the reading
        parent = int(text.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for each in found:
        found.extend(children.get(each, ()))
    return found


class Meter:
    """One window of measurement over a process and its descendants, from the meter's making to its reading."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = {each: process_ns(each) for each in tree(pid)}

    def read(self) -> dict[int, float]:
        """Microseconds of CPU of each process, of those that began meanwhile too.

        Raises OSError where one of them has ended: its time would be missing.
        """
        pids = {*self._before, *tree(self._pid)}
        return {each: (process_ns(each) - self._before.get(each, 0)) / 1000 for each in pids}
