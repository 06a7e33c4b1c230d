"""Host names are looked up beside the event loop, and a look-up that hangs hurts only those who wait for it."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ajar.upstream.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    Run = Callable[[Coroutine[Any, Any, Any]], Any]


class Stuck:
    """A name server that answers when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.answer = threading.Event()
        real = socket.getaddrinfo

        def look_up(host: str, *args: Any, **options: Any) -> Any:
            if options.get("flags", 0) & socket.AI_NUMERICHOST:
                return real(host, *args, **options)
            self.asked.append(host)
            self.answer.wait(20)
            raise socket.gaierror(socket.EAI_NONAME, "no such name")

        monkeypatch.setattr(socket, "getaddrinfo", look_up)


async def lost(waiting: asyncio.Future[Any] | Coroutine[Any, Any, Any]) -> None:
    with pytest.raises(socket.gaierror):
        await waiting


def test_an_address_is_its_own_answer(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    stuck = Stuck(monkeypatch)
    assert run(Names().resolve("127.0.0.1", 80))[0][4] == ("127.0.0.1", 80)
    assert not stuck.asked


def test_a_name_is_looked_up(run: Run) -> None:
    assert {address[4][0] for address in run(Names().resolve("localhost", 80))} & {"127.0.0.1", "::1"}


def test_a_name_is_looked_up_once_for_all_who_wait(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    stuck = Stuck(monkeypatch)

    async def main() -> None:
        names = Names()
        waiting = [asyncio.ensure_future(names.resolve("a.invalid", 80)) for _ in range(5)]
        await asyncio.sleep(0.05)
        waiting[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting[0]
        stuck.answer.set()
        for each in waiting[1:]:
            await lost(each)
        assert stuck.asked == ["a.invalid"]
        await lost(names.resolve("a.invalid", 80))
        assert len(stuck.asked) == 2, "an answer is not kept"

    run(main())


def test_so_many_look_ups_that_hang_are_enough(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    stuck = Stuck(monkeypatch)

    async def main() -> None:
        names = Names()
        waiting = [asyncio.ensure_future(names.resolve(f"{at}.invalid", 80)) for at in range(64)]
        await asyncio.sleep(0.05)
        with pytest.raises(OSError, match="too many"):
            await names.resolve("one-more.invalid", 80)
        stuck.answer.set()
        for each in waiting:
            await lost(each)

    run(main())
