from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cpu

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SPIN = """
import subprocess, sys, time
def spin():
    end = time.process_time() + 0.1
    while time.process_time() < end: pass
"""
# Waits to be told, spins, says so, and waits again.
CHILD = SPIN + "sys.stdin.readline(); spin(); print(flush=True); sys.stdin.read()"
PARENT = f"{SPIN}child = subprocess.Popen([sys.executable, '-c', {CHILD!r}]); child.wait()"


@pytest.fixture
def start() -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts Python programs, and ends them by ending their stdin."""
    started: list[subprocess.Popen[bytes]] = []

    def program(text: str) -> subprocess.Popen[bytes]:
        started.append(
            subprocess.Popen([sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        )
        return started[-1]

    yield program
    for each in started:
        each.communicate(timeout=10)


def spun(process: subprocess.Popen[bytes]) -> None:
    """Tell a program to spin, and wait until it has."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(b"\n")
    assert process.stdout.readline() == b"\n"


def schedstat_ns(pid: int) -> int:
    """The first field of schedstat over all threads that live."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def test_the_clock_is_the_schedulers_own(start: Callable[[str], subprocess.Popen[bytes]]) -> None:
    child = start(CHILD)
    spun(child)
    time.sleep(0.05)  # schedstat is brought up to date when the process sleeps
    assert cpu.process_ns(child.pid) >= 0.1e9
    assert cpu.process_ns(child.pid) == pytest.approx(schedstat_ns(child.pid), rel=0.05)


def test_children_count(start: Callable[[str], subprocess.Popen[bytes]]) -> None:
    parent = start(PARENT)
    while len(cpu.tree(parent.pid)) < 2:
        time.sleep(0.01)
    meter = cpu.Meter(parent.pid)
    spun(parent)
    used = meter.read()
    assert len(used) == 2
    assert sum(used.values()) >= 0.05e6


def test_a_child_that_begins_meanwhile_counts(start: Callable[[str], subprocess.Popen[bytes]]) -> None:
    meter = cpu.Meter(os.getpid())
    child = start(CHILD)
    spun(child)
    assert meter.read()[child.pid] >= 0.1e6


def test_a_thread_that_has_ended_still_counts() -> None:
    def spin() -> None:
        end = time.thread_time() + 0.1
        while time.thread_time() < end:
            pass

    meter = cpu.Meter(os.getpid())
    thread = threading.Thread(target=spin)
    thread.start()
    thread.join()
    assert meter.read()[os.getpid()] >= 0.1e6


def test_a_process_that_has_ended_is_an_error(start: Callable[[str], subprocess.Popen[bytes]]) -> None:
    child = start(CHILD)
    meter = cpu.Meter(child.pid)
    child.communicate()
    with pytest.raises(OSError, match="Invalid argument"):
        meter.read()
