from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from ajar.supervisor.backoff import Backoff
from ajar.supervisor.child import Child
from supervisor.served import alive

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import pytest

    from ajar.supervisor.said import Said

ECHO = """
import sys
print('{"kind": "ready", "base_url": "' + sys.stdin.readline().strip() + '"}', flush=True)
for line in sys.stdin:
    print('{"kind": "refused", "why": "' + line.strip() + '"}', flush=True)
"""


class Owner:
    def __init__(self) -> None:
        self.said: list[Said] = []
        self.deaths: list[str] = []
        self.starts = 0
        self.news = asyncio.Event()

    def first_line(self) -> bytes:
        self.starts += 1
        return b"start %d\n" % self.starts

    def heard(self, message: Said) -> None:
        self.said.append(message)
        self.news.set()

    def died(self, how: str) -> None:
        self.deaths.append(how)
        self.news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not holds():
                self.news.clear()
                await self.news.wait()


def _with_child(
    program: str, test: Callable[[Child, Owner], Awaitable[Any]], command: tuple[str, ...] | None = None
) -> Owner:
    async def run() -> Owner:
        owner = Owner()
        child = Child("child", command or (sys.executable, "-c", program), owner, Backoff())
        child.start()
        await test(child, owner)
        await child.stop(1)
        assert child.pid is None
        return owner

    return asyncio.run(run())


def test_lines_go_both_ways() -> None:
    async def test(child: Child, owner: Owner) -> None:
        await owner.until(lambda: child.ready)
        assert owner.said[0].base_url == "start 1"
        assert child.send(b"hello\n")
        await owner.until(lambda: len(owner.said) == 2)
        assert owner.said[1].why == "hello"

    assert _with_child(ECHO, test).deaths == []


def test_a_killed_process_is_replaced_and_told_its_settings_anew(capfd: pytest.CaptureFixture[str]) -> None:
    async def test(child: Child, owner: Owner) -> None:
        await owner.until(lambda: child.ready)
        first = child.pid
        child.kill()
        await owner.until(lambda: len(owner.said) == 2)
        assert owner.said[1].base_url == "start 2"
        assert child.pid not in (None, first)

    owner = _with_child(ECHO, test)
    assert owner.deaths == ["was ended by SIGKILL"]
    assert "child was ended by SIGKILL; it starts again in 0." in capfd.readouterr().err


def test_pauses_grow(capfd: pytest.CaptureFixture[str]) -> None:
    async def test(child: Child, owner: Owner) -> None:
        await owner.until(lambda: len(owner.deaths) == 3)

    began = time.monotonic()
    assert _with_child("raise SystemExit(7)", test).deaths == ["ended with exit code 7"] * 3
    assert time.monotonic() - began > 0.1 + 0.2


def test_a_program_that_does_not_exist_is_a_death_like_any_other(capfd: pytest.CaptureFixture[str]) -> None:
    async def test(child: Child, owner: Owner) -> None:
        await owner.until(lambda: len(owner.deaths) == 1)
        assert not child.send(b"hello\n")

    owner = _with_child("", test, command=("/no/such/program",))
    assert "cannot be started" in owner.deaths[0]


def test_what_is_not_a_message_is_reported_and_passed_over(capfd: pytest.CaptureFixture[str]) -> None:
    async def test(child: Child, owner: Owner) -> None:
        await owner.until(lambda: child.ready)

    _with_child("""print('hello\\n{"kind":"dance"}\\n[]\\n{"kind":"ready"}', flush=True); input(); input()""", test)
    assert capfd.readouterr().err.count("is not a message") == 3


def test_a_line_without_end_ends_the_process(capfd: pytest.CaptureFixture[str]) -> None:
    async def test(child: Child, owner: Owner) -> None:
        await owner.until(lambda: bool(owner.deaths))

    _with_child("while True: print('x' * 65536, end='')", test)
    assert "without a line's end" in capfd.readouterr().err


def test_stopping_one_that_ignores_it_kills_it() -> None:
    pids: list[int] = []
    ignore = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('{"kind": "ready"}', flush=True)
time.sleep(600)
"""

    async def test(child: Child, owner: Owner) -> None:
        await owner.until(lambda: child.ready)
        assert child.pid is not None
        pids.append(child.pid)
        began = time.monotonic()
        await child.stop(0.2)
        assert 0.2 <= time.monotonic() - began < 1

    assert _with_child(ignore, test).deaths == []
    assert not alive(pids[0])


def test_stopping_takes_along_what_the_process_started() -> None:
    family = """
import subprocess, sys, time
other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], stdout=subprocess.DEVNULL)
print('{"kind": "ready", "base_url": "%d"}' % other.pid, flush=True)
time.sleep(600)
"""
    pids: list[int] = []

    async def test(child: Child, owner: Owner) -> None:
        await owner.until(lambda: child.ready)
        pids.append(int(owner.said[0].base_url))
        child.retire()
        child.kill()
        await child.ended()

    _with_child(family, test)
    deadline = time.monotonic() + 2
    while alive(pids[0]):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_stopping_during_the_pause_and_before_the_first_start() -> None:
    async def nothing(child: Child, owner: Owner) -> None:
        pass

    async def test(child: Child, owner: Owner) -> None:
        await owner.until(lambda: bool(owner.deaths))

    began = time.monotonic()
    _with_child(ECHO, nothing)
    _with_child("raise SystemExit(1)", test)
    assert time.monotonic() - began < 2


def test_it_has_a_session_of_its_own() -> None:
    async def test(child: Child, owner: Owner) -> None:
        await owner.until(lambda: child.ready)
        assert child.pid is not None
        assert os.getsid(child.pid) == child.pid != os.getsid(0)

    _with_child(ECHO, test)
