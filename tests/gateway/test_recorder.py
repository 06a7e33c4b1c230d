"""A record that cannot be kept: refused or lost, as the operator chose, told loudly, and mended by itself."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from ajar.errors import JournalError
from ajar.gateway import recorder as recorder_module
from ajar.gateway.meters import Meters
from ajar.gateway.recorder import Recorder, Rule
from ajar.traffic.board import Board
from ajar.traffic.journal import Journal
from doubles.upstream import DONE, Reply, Upstream, chunk, stream
from gateway.conftest import config
from traffic.conftest import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from doubles.service import Service


class Disk:
    """A journal whose disk can be full."""

    def __init__(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0
        """What is wrong with it: an errno, or 0."""
        self._real = os.write
        self._journal = journal
        monkeypatch.setattr(os, "write", self._write)

    def _write(self, fd: int, data: bytes) -> int:
        if self.number and fd == self._journal._fd:
            raise OSError(self.number, os.strerror(self.number))
        return self._real(fd, data)


class Kept:
    """A recorder with its disk, its clock and its counts."""

    def __init__(self, folder: Path, rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
        Board.create(folder / "board", 1)
        self.board = Board.open(folder / "board", 0)
        self.journal = Journal(folder / "journal", 0)
        self.disk = Disk(self.journal, monkeypatch)
        self.recorder = Recorder(self.journal, Meters(self.board), rule)
        self.now = 1000.0
        monkeypatch.setattr(recorder_module, "monotonic", lambda: self.now)

    def keep(self, times: int = 1) -> int:
        """Keep records; how many were refused."""
        refused = 0
        for _ in range(times):
            try:
                self.recorder.keep(record())
            except JournalError:
                refused += 1
        return refused

    def total(self, name: str, **labels: str) -> float:
        """A metric's value."""
        totals = [total for total in self.board.totals() if total.name == name]
        return sum(total.value for total in totals if labels.items() <= dict(total.labels).items())


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Rule], Kept]]:
    made: list[Kept] = []

    def make(rule: Rule) -> Kept:
        made.append(Kept(tmp_path, rule, monkeypatch))
        return made[-1]

    yield make
    for each in made:
        each.journal.close()
        each.board.close()


@pytest.mark.parametrize("rule", ["refuse", "serve"])
@pytest.mark.parametrize("number", [0, errno.ENOSPC])
def test_whether_kept_or_lost_it_is_no_longer_unfinished(kept: Callable[[Rule], Kept], rule: Rule, number: int) -> None:
    k = kept(rule)
    k.disk.number = number
    k.recorder.unfinished.update({"one": 1, "another": 2})
    with contextlib.suppress(JournalError):
        k.recorder.keep(record(id="one"))
    assert k.recorder.unfinished == {"another": 2}


FULL = [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG]


@pytest.mark.parametrize("number", FULL)
def test_by_default_nothing_is_answered_without_its_record(kept: Callable[[Rule], Kept], number: int) -> None:
    k = kept("refuse")
    k.disk.number = number
    with pytest.raises(JournalError) as refused:
        k.recorder.keep(record())
    assert refused.value.retry_after == 5
    assert str(k.journal.path) not in str(refused.value)
    assert k.total("ajar_requests_refused_total", code="journal_unavailable") == 1
    assert k.total("ajar_inferences_total") == k.total("ajar_records_lost_total") == 0
    k.disk.number = 0
    assert k.keep() == 0
    assert k.total("ajar_inferences_total") == 1


@pytest.mark.parametrize("number", FULL)
def test_where_the_operator_chose_so_answers_go_out_and_are_counted(kept: Callable[[Rule], Kept], number: int) -> None:
    k = kept("serve")
    k.disk.number = number
    assert k.keep(3) == 0
    assert k.total("ajar_records_lost_total") == 3
    assert k.total("ajar_inferences_total") == 3, "they were answered all the same"
    k.disk.number = 0
    assert k.keep(2) == 0
    assert k.total("ajar_records_lost_total") == 3


def test_that_the_disk_has_room_again_is_found_without_an_inference(kept: Callable[[Rule], Kept]) -> None:
    """Which may take minutes, and would be billed for nothing where there is still no room."""
    k = kept("refuse")
    k.recorder.require()
    k.disk.number = errno.ENOSPC
    assert k.keep() == 1
    for _ in range(3):
        k.now += 0.5
        with pytest.raises(JournalError):
            k.recorder.require()
    k.disk.number = 0
    with pytest.raises(JournalError):
        k.recorder.require()
    k.now += 0.5
    k.recorder.require()
    k.recorder.require()
    assert k.journal.path.stat().st_size == 0


def test_while_refusing_the_operator_is_reminded(
    kept: Callable[[Rule], Kept], caplog: pytest.LogCaptureFixture
) -> None:
    k = kept("refuse")
    k.disk.number = errno.ENOSPC
    k.keep(3)
    for _ in range(300):
        k.now += 0.5
        with pytest.raises(JournalError):
            k.recorder.require()
    assert len(caplog.records) == 3
    assert caplog.records[1].getMessage().endswith("Records not kept: 2")


def test_the_rule_can_change_while_it_runs(kept: Callable[[Rule], Kept]) -> None:
    k = kept("refuse")
    k.disk.number = errno.ENOSPC
    assert k.keep() == 1
    k.recorder.rule = "serve"
    assert k.keep() == 0


def test_the_operator_hears_at_once_and_then_once_a_minute(
    kept: Callable[[Rule], Kept], caplog: pytest.LogCaptureFixture
) -> None:
    k = kept("refuse")
    k.disk.number = errno.ENOSPC
    k.keep()
    (first,) = caplog.records
    assert first.levelno == logging.ERROR
    said = first.getMessage()
    assert str(k.journal.path) in said
    assert "No space left on device. The operator has to free space" in said
    assert said.endswith("no inference is answered (server.journal_full). Records not kept: 1")
    k.now += 59
    k.keep(40)
    assert len(caplog.records) == 1
    k.now += 1
    k.keep(2)
    assert caplog.records[1].getMessage().endswith("Records not kept: 41")
    k.recorder.rule = "serve"
    k.now += 60
    k.keep()
    assert "answers go out without a record" in caplog.records[2].getMessage()
    assert len(caplog.records) == 3


def test_the_end_of_it_is_told_too(kept: Callable[[Rule], Kept], caplog: pytest.LogCaptureFixture) -> None:
    k = kept("serve")
    k.keep()
    k.disk.number = errno.ENOSPC
    k.keep(5)
    k.disk.number = 0
    k.keep(5)
    assert len(caplog.records) == 1, "not within the minute"
    k.now += 61
    k.keep(5)
    (_, end) = caplog.records
    assert end.levelno == logging.WARNING
    assert end.getMessage() == "The traffic journal takes records again. Not kept since the last line: 4"
    k.now += 100
    k.keep(5)
    assert len(caplog.records) == 2


def test_a_disk_that_is_all_but_full_does_not_fill_the_log(
    kept: Callable[[Rule], Kept], caplog: pytest.LogCaptureFixture
) -> None:
    k = kept("serve")
    for turn in range(600):
        k.disk.number = errno.ENOSPC if turn % 2 else 0
        k.keep()
        k.now += 1
    assert len(caplog.records) == 10


@contextlib.contextmanager
def full(service: Service) -> Iterator[None]:
    """The journal's file cannot be written."""
    journal = service._journal
    real = os.dup(journal._fd)
    read_only = os.open(os.devnull, os.O_RDONLY)
    os.dup2(read_only, journal._fd)
    yield
    os.dup2(real, journal._fd)
    os.close(real)
    os.close(read_only)


def served(upstream: Upstream, rule: str) -> dict[str, Any]:
    return {**config(upstream), "server": {"journal_full": rule}}


def metric(service: Service, name: str) -> float:
    lines = service.exposition().decode().splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).rpartition(" ")[2])


@pytest.mark.parametrize("streamed", [False, True])
def test_a_caller_is_served_or_refused_by_the_rule(
    serve: Callable[..., Service], upstream: Upstream, streamed: bool
) -> None:
    service = serve(served(upstream, "serve"))
    if streamed:
        upstream.default = stream([chunk("a", "stop"), DONE])
    with full(service):
        result = service.chat(stream=streamed)
        assert result.status == 200
        assert b"journal_unavailable" not in result.body
        assert metric(service, "ajar_records_lost_total") == 1
        service.apply(served(upstream, "refuse"))
        result = service.chat(stream=streamed)
        assert b"journal_unavailable" in result.body
        if streamed:
            assert not result.body.endswith(DONE)
        else:
            assert (result.status, result.headers["retry-after"]) == (503, "5")
    refused = len(upstream.seen)
    assert service.chat(stream=streamed).status == 503, "nobody is asked for what could not be recorded"
    assert len(upstream.seen) == refused
    time.sleep(0.6)
    assert service.chat(stream=streamed).status == 200
    assert len(service.records()) == 1


@pytest.mark.parametrize("streamed", [False, True])
def test_a_failure_that_cannot_be_recorded_is_refused_too(
    serve: Callable[..., Service], upstream: Upstream, streamed: bool
) -> None:
    service = serve(served(upstream, "refuse"))
    upstream.default = Reply([], reset=True)
    with full(service):
        result = service.chat(stream=streamed)
    assert (result.status, result.json["error"]["code"]) == (503, "journal_unavailable")
