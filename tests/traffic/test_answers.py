"""Answers reach the steward whole and in order, and nobody waits for that."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import pytest

from ajar.traffic import answers
from ajar.traffic.answers import AnswerReceiver, AnswerSender, Said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def said(number: int = 0, size: int = 10, **fields: bytes) -> Said:
    values = {"request": b"{}", "answer": b"a" * size, **fields}
    return Said(inference=str(number), route="r", caller="c", format="openai-chat", stream=False, **values)


class Pair:
    """Both ends; `received` fills while the receiving thread runs."""

    def __init__(self) -> None:
        ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ours = ours
        self.dropped: Counter[str] = Counter()
        self.received: list[Said] = []
        self.stop = threading.Event()
        self._thread: threading.Thread | None = None

    def sender(self) -> AnswerSender:
        return AnswerSender(self.ours.detach(), lambda why: self.dropped.update([why]))

    def receive(self) -> None:
        receiver = AnswerReceiver(self.theirs.detach())

        def run() -> None:
            for each in receiver.said(self.stop):
                if each is not None:
                    self.received.append(each)
            receiver.close()

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def end(self) -> None:
        self.stop.set()
        if self._thread is not None:
            self._thread.join(5)
            assert not self._thread.is_alive()
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.end()


async def until(check: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not check():
            await asyncio.sleep(0.01)


def test_what_waits_goes_out_in_order_once_somebody_reads(pair: Pair) -> None:
    count = 60

    async def run() -> None:
        sender = pair.sender()
        for number in range(count):
            sender.send(said(number, 100_000))
        assert sender.pending
        pair.receive()
        await until(lambda: not sender.pending)
        sender.close()

    asyncio.run(run())
    pair._thread.join(5)  # type: ignore[union-attr]
    assert [int(each.inference) for each in pair.received] == list(range(count))
    assert pair.received[-1] == said(count - 1, 100_000)
    assert not pair.dropped


def test_beyond_eight_megabytes_it_is_dropped_and_counted(pair: Pair) -> None:
    async def run() -> None:
        sender = pair.sender()
        for number in range(400):
            sender.send(said(number, 100_000))
            assert sender.pending <= 8 * 2**20
        assert pair.dropped["full"] > 50
        sender.close()

    asyncio.run(run())
    assert pair.dropped["gone"] >= 80  # what waited


def test_too_long_a_message_goes_without_its_request_or_not_at_all(pair: Pair) -> None:
    async def run() -> None:
        sender = pair.sender()
        pair.receive()
        sender.send(said(1, request=b"q" * sender.most))
        sender.send(said(2, sender.most))
        sender.send(said(3))
        await until(lambda: not sender.pending)
        sender.close()

    asyncio.run(run())
    pair._thread.join(5)  # type: ignore[union-attr]
    assert [(each.inference, each.request) for each in pair.received] == [("1", b""), ("3", b"{}")]
    assert pair.dropped == {"too_large": 1}


def test_what_is_far_too_long_is_not_even_encoded(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def encode(value: Said) -> bytes:
        sizes.append(len(value.request) + len(value.answer))
        return msgspec.msgpack.encode(value)

    monkeypatch.setattr(answers, "_encode", encode)

    async def run() -> None:
        sender = pair.sender()
        sender.send(said(1, request=b"q" * sender.most))
        sender.send(said(2, sender.most + 1))
        sender.close()

    asyncio.run(run())
    assert sizes == [10]
    assert pair.dropped == {"too_large": 1}


def test_nobody_at_the_other_end(pair: Pair) -> None:
    async def run() -> None:
        sender = pair.sender()
        pair.theirs.close()
        sender.send(said())
        sender.close()

    asyncio.run(run())
    assert pair.dropped == {"gone": 1}


def test_the_receiver_stops_when_told_and_passes_over_what_is_no_message(pair: Pair) -> None:
    ours = pair.ours.dup()
    pair.receive()
    ours.send(b"nonsense")
    ours.send(b"\x80")

    async def run() -> None:
        sender = pair.sender()
        sender.send(said(7))
        await until(lambda: pair.received)
        sender.close()

    asyncio.run(run())
    pair.stop.set()
    pair._thread.join(2)  # type: ignore[union-attr]
    assert not pair._thread.is_alive()  # type: ignore[union-attr]
    ours.close()
    assert [each.inference for each in pair.received] == ["7"]
