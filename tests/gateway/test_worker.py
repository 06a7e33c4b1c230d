"""The worker's process, where the tests of its parts do not show it."""

from __future__ import annotations

import gc
import http.client
import json
import socket
import subprocess
import sys
import time
import weakref
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ajar.config.model import Config
from ajar.config.snapshot import Snapshot
from ajar.gateway.worker import _settle_memory
from ajar.traffic.board import Board
from ajar.traffic.health import HealthFile
from ajar.traffic.marks import Marks
from doubles.upstream import Reply
from gateway import copied
from gateway.conftest import config
from gateway.splits import options
from gateway.test_records import wait_for
from traffic.conftest import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doubles.upstream import Upstream


class Ring:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


def test_what_was_in_use_at_one_snapshot_is_freed_at_the_next() -> None:
    threshold = gc.get_threshold()
    try:
        ring = Ring()
        gone = weakref.ref(ring)
        _settle_memory()
        del ring
        _settle_memory()
        assert gone() is None
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)


class Started:
    """The program itself, on one socket, with everything that its supervisor makes for it.

    `answers` is where it sends answers to be checked.
    """

    def __init__(self, state: Path, config: Config, *, answers: socket.socket | None = None, **snapshot: Any) -> None:
        self.config = config
        Board.create(state / "run" / "board", 1).close()
        self._health = HealthFile.create(state / "run" / "health", 1, len(config.deployments))
        self._health.name(config.deployments)
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ajar.gateway.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(listener.fileno(), *(() if answers is None else (answers.fileno(),))),
            env=environment(),
        )
        start = {"kind": "start", "worker": 0, "sockets": [listener.fileno()], "state_dir": str(state)}
        start["answers_fd"] = -1 if answers is None else answers.fileno()
        assert self.tell({**start, "snapshot": self._snapshot(snapshot)})["kind"] == "ready"
        listener.close()

    def tell(self, message: dict[str, Any]) -> Any:
        """Send a line, and wait for the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(msgspec.json.encode(message) + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def apply(self, **snapshot: Any) -> None:
        """Another snapshot is published."""
        assert self.tell({"kind": "snapshot", "snapshot": self._snapshot(snapshot)})["kind"] == "applied"

    def end(self) -> None:
        """End it as the supervisor does."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
        self._health.close()

    def _snapshot(self, snapshot: dict[str, Any]) -> Snapshot:
        return Snapshot("h", self.config, keyless=True, loopback=True, **snapshot)


@pytest.fixture
def marks(tmp_path: Path) -> Iterator[Marks]:
    made = Marks.create(tmp_path / "run" / "marks", 1)
    yield made
    made.close()


@pytest.fixture
def worker(tmp_path: Path, marks: Marks, upstream: Upstream, second: Upstream) -> Iterator[Started]:
    """Route `r` over `a`; `b` is a deployment too. No experiment yet."""
    made = Started(tmp_path, msgspec.convert(config(upstream, second, fallback=()), Config))
    yield made
    if made.process.poll() is None:
        made.end()


def test_a_worker_tells_how_far_its_records_of_experiments_are_complete(
    worker: Started, marks: Marks, second: Upstream
) -> None:
    assert marks.watermark(-1) == -1
    before = time.time_ns() // 1000
    worker.apply(**options(("b", 100)))
    assert marks.watermark(-1) >= before, "at once"
    second.default = Reply([], hang_s=30)
    caller = socket.create_connection(("127.0.0.1", worker.port))
    body = b'{"model":"r","messages":[]}'
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nx-ajar-unit: u\r\ncontent-length: %d\r\n\r\n"
    caller.sendall(head % len(body) + body)
    assert wait_for(lambda: second.seen)
    assert wait_for(lambda: _rests(marks))
    held = marks.watermark(-1)
    assert before <= held < time.time_ns() // 1000 - 300_000
    worker.apply()
    assert _rests(marks), "the experiment is over, its last inference is not"
    assert marks.watermark(-1) == held
    caller.close()
    assert wait_for(lambda: marks.watermark(-1) == -1)


def _rests(marks: Marks) -> bool:
    before = marks.watermark(-1)
    time.sleep(0.5)
    return marks.watermark(-1) == before


def test_a_worker_that_ends_holds_nothing_back(worker: Started, marks: Marks) -> None:
    worker.apply(**options(("b", 100)))
    assert marks.watermark(-1) > 0
    worker.end()
    assert marks.watermark(-1) == -1


def test_a_worker_sends_answers_to_be_checked_and_records_the_copies_that_its_end_cuts(
    tmp_path: Path, upstream: Upstream, second: Upstream
) -> None:
    second.default = Reply([], hang_s=30)
    tables = msgspec.convert(copied.config(upstream, second, route={"checks": {"json": {}}}), Config)
    steward = copied.Steward()
    worker = Started(tmp_path, tables, answers=steward.sending, revisions=copied.copying())
    try:
        caller = http.client.HTTPConnection("127.0.0.1", worker.port, timeout=10)
        caller.request("POST", "/v1/chat/completions", b'{"model":"r","messages":[]}')
        answer = caller.getresponse()
        body = answer.read()
        (said,) = steward.said(1)
        assert (said.inference, said.answer) == (answer.getheader("x-ajar-inference"), body)
        assert wait_for(lambda: second.seen)
    finally:
        worker.end()
        caller.close()
        steward.sending.close()
        steward.receiving.close()
    lines = [line for path in (tmp_path / "journal").iterdir() for line in path.read_bytes().splitlines()]
    records = [json.loads(line[9:]) for line in lines]
    assert [(record["purpose"], record.get("error")) for record in records] == [("live", None), ("shadow", "copy_cut")]
    assert records[1]["copy_of"] == said.inference
