"""The steward as a process: its protocol, its work, its ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from ajar.config.load import load
from ajar.config.snapshot import Snapshot
from ajar.traffic.journal import Journal
from ajar.traffic.segments import list_segments
from traffic.conftest import environment, ids, record, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Process = subprocess.Popen[str]


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """Start a steward; it ends with the test."""
    started: list[Process] = []

    def run(first_line: str) -> Process:
        process = subprocess.Popen(
            [sys.executable, "-m", "ajar.steward.main"],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdin is not None
        process.stdin.write(first_line)
        process.stdin.flush()
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream is not None
            stream.close()


def ready(process: Process) -> dict[str, object]:
    assert process.stdout is not None
    message: dict[str, object] = json.loads(process.stdout.readline())
    return message


def line(state: Path) -> str:
    place = {"state_dir": str(state), "folder": str(state), "base_url": "http://127.0.0.1:9"}
    start = {"kind": "start", **place, "snapshot": Snapshot("0", load(None).config)}
    return msgspec.json.encode(start).decode() + "\n"


def wait_for(check: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not check() and time.monotonic() < deadline:
        time.sleep(0.02)
    return check()


def test_it_seals_what_is_there_and_what_comes(start: Callable[..., Process], tmp_path: Path) -> None:
    write(tmp_path, [record(time=1)])
    process = start(line(tmp_path))
    assert ready(process) == {"kind": "ready", "pid": process.pid}
    assert wait_for(lambda: not list_segments(tmp_path / "journal"))
    journal = Journal(tmp_path / "journal", 0, max_bytes=1)
    for number in (2, 3, 4):
        journal.append(record(time=number))
    assert wait_for(lambda: len(list_segments(tmp_path / "journal")) == 1), "the open one stays"
    assert len(ids(tmp_path)) == 4
    journal.close()
    assert wait_for(lambda: not list_segments(tmp_path / "journal"))
    assert len(ids(tmp_path)) == 4


@pytest.mark.parametrize("how", ["end of stdin", "SIGTERM", "both"])
def test_it_stops_within_a_second(start: Callable[..., Process], tmp_path: Path, how: str) -> None:
    process = start(line(tmp_path))
    ready(process)
    began = time.monotonic()
    if how != "SIGTERM":
        assert process.stdin is not None
        process.stdin.close()
    if how != "end of stdin":
        process.terminate()
    assert process.wait(5) == 0
    assert time.monotonic() - began < 1.5  # a second of its own, and the rest for a machine under load
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_it_stops_in_the_middle_of_its_work(start: Callable[..., Process], tmp_path: Path) -> None:
    body = "x" * 2000
    records = [record(time=number, request=body) for number in range(12_000)]
    for worker in range(4):
        write(tmp_path, records[worker::4], worker)
    process = start(line(tmp_path))
    ready(process)
    assert wait_for(lambda: (tmp_path / "traffic").exists())
    began = time.monotonic()
    process.terminate()
    assert process.wait(5) == 0
    assert time.monotonic() - began < 1.5
    assert ids(tmp_path) == [one.id for one in records]


def test_it_ignores_the_terminals_interrupt(start: Callable[..., Process], tmp_path: Path) -> None:
    process = start(line(tmp_path))
    ready(process)
    process.send_signal(signal.SIGINT)
    write(tmp_path, [record()])
    assert wait_for(lambda: not list_segments(tmp_path / "journal"))
    assert process.poll() is None


def test_it_goes_on_after_an_error(start: Callable[..., Process], tmp_path: Path) -> None:
    (tmp_path / "traffic").touch()
    write(tmp_path, [record()])
    process = start(line(tmp_path))
    ready(process)
    assert process.stderr is not None
    said = process.stderr.readline()
    assert "the steward could not seal" in said
    assert said.rstrip().endswith("it tries again in 4 s")
    (tmp_path / "traffic").unlink()
    assert wait_for(lambda: not list_segments(tmp_path / "journal"))
    assert len(ids(tmp_path)) == 1


@pytest.mark.parametrize("first_line", ["what?\n", '{"kind":"drain"}\n', '{"kind":"start"}\n', "\n"])
def test_without_a_start_message_it_does_not_run(start: Callable[..., Process], first_line: str) -> None:
    process = start(first_line)
    assert process.wait(10) == 3
    assert process.stderr is not None
    assert "got no start message" in process.stderr.read()


def test_a_terminated_parent_takes_it_along(tmp_path: Path) -> None:
    """Even where somebody else holds the other end of its stdin."""
    parent = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-m', 'ajar.steward.main'], stdin=sys.stdin, stdout=sys.stdout)\n"
        "child.wait()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", parent], env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line(tmp_path))
    process.stdin.flush()
    steward = ready(process)["pid"]
    assert isinstance(steward, int)
    process.kill()
    process.wait()
    assert process.stdout.read() == "", "its stdout ends, so the steward has ended"
    process.stdin.close()
    process.stdout.close()
    assert wait_for(lambda: not _alive(steward))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
