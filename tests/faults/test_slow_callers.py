"""Callers who send or take a byte at a time: nobody else waits for them, and nothing grows."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from ajar.gateway.http.server import Limits, Server
from faults import acts
from faults.caller import Caller, ask
from faults.cell import FRONTS
from faults.memory import Growth
from faults.saw import saw
from faults.speech import TEXT, WORDS
from faults.stage import LEAVE_S, ROUTE, Stage, eventually, stage
from faults.upstream import healthy

if TYPE_CHECKING:
    from pathlib import Path

    from faults.speech import Speech
    from faults.upstream import Peer

_CROWD = 40


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own limits, but short."""
    limits = Limits(head_s=0.6, body_s=0.6, send_s=1.0, keep_alive_s=2.0)
    monkeypatch.setattr("doubles.service.Server", partial(Server, limits=limits))


async def served(it: Stage) -> None:
    """Somebody else gets a whole answer, at once."""
    heard = await ask(it.service.port, it.front, ROUTE, stream=True)
    assert saw(it.front, True, heard).text == TEXT
    assert heard.seconds < 0.5


async def trickle(caller: Caller, data: bytes) -> None:
    """A byte every twentieth of a second, until the other side has had enough."""
    with suppress(ConnectionError):
        for at in range(len(data)):
            caller.writer.write(data[at : at + 1])
            await caller.writer.drain()
            if caller.reader.at_eof():
                return
            await asyncio.sleep(0.05)


def test_heads_a_byte_at_a_time(tmp_path: Path) -> None:
    async def main() -> None:
        async with stage(tmp_path, "openai-chat", healthy) as it, AsyncExitStack() as stack:
            crowd = [await stack.enter_async_context(it.caller()) for _ in range(_CROWD)]
            head = it.message(stream=True).partition(b"\r\n\r\n")[0]
            slow = [asyncio.create_task(trickle(caller, head)) for caller in crowd]
            began = monotonic()
            while monotonic() - began < 1:
                await served(it)
                await asyncio.sleep(0.1)
            told = await asyncio.wait_for(asyncio.gather(*(caller.reader.read() for caller in crowd)), 3)
            assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in told)
            assert monotonic() - began < 3
            await asyncio.wait(slow, timeout=2)
            assert {record["status"] for record in it.service.records()} == {200}, "no inference, no record"

    asyncio.run(main())


def test_a_body_a_byte_at_a_time_takes_nobodys_place(tmp_path: Path) -> None:
    """It is no inference before it is whole, so it counts as none."""

    async def main() -> None:
        server = {"max_concurrent": 2}
        async with stage(tmp_path, "openai-chat", healthy, server=server) as it, AsyncExitStack() as stack:
            crowd = [await stack.enter_async_context(it.caller()) for _ in range(_CROWD)]
            head, _, body = it.message(stream=True).partition(b"\r\n\r\n")
            for caller in crowd:
                caller.send(head + b"\r\n\r\n" + body[:-20])
            slow = [asyncio.create_task(trickle(caller, body[-20:])) for caller in crowd[:2]]
            await asyncio.sleep(0.2)
            await served(it)
            assert len(it.primary.seen) == 1, "an unfinished request was sent on"
            for caller in crowd[2:]:  # these have stopped sending
                heard = await caller.listen()
                assert (heard.status, heard.whole) == (408, True)
            for caller in crowd[:2]:
                assert saw("openai-chat", True, await caller.listen()).text == TEXT
            await asyncio.gather(*slow)
            assert len(it.service.records()) == len(it.primary.seen) == 3

    asyncio.run(main())


async def flood(peer: Peer, speech: Speech) -> None:
    """The same word, as fast as it is taken."""
    await peer.start(speech.kind)
    await peer.pieces(*speech.events[: speech.first])
    event = speech.events[speech.first] * 200
    while not peer.gone.is_set():
        await peer.piece(event)


@pytest.mark.parametrize("front", FRONTS)
def test_a_caller_who_takes_nothing(tmp_path: Path, front: str) -> None:
    """The upstream is held back, what is held is little, and in the end he is taken to have left."""

    async def main() -> None:
        async with stage(tmp_path, front, flood, healthy) as it:
            async with Growth() as growth, it.caller() as caller:
                caller.send(it.message(stream=True))
                caller.writer.transport.pause_reading()  # type: ignore[attr-defined]
                seen = await it.asked()
                await asyncio.sleep(0.5)
                sent = it.primary.peers[0].sent
                await served(it)
                assert it.primary.peers[0].sent - sent < 4e6, "the upstream is not held back"
                await eventually(lambda: seen.left_at is not None, 4)
            assert growth.megabytes < 40
            await eventually(lambda: len(it.service.records()) == 2)
            record = next(record for record in it.service.records() if record["status"] != 200)
            assert (record["status"], record["error"]) == (499, "caller_left")

    asyncio.run(main())


async def plenty(peer: Peer, speech: Speech) -> None:
    """A long answer: more than fits between an upstream and a caller who does not read."""
    await peer.start(speech.kind)
    word = speech.events[speech.first]
    await peer.pieces(*speech.events[: speech.first + 1])
    for _ in range(200):
        await peer.piece(word * 200)
    await peer.pieces(*speech.events[speech.first + 1 :])
    await peer.end()


def test_a_caller_who_pauses_is_no_gap_of_the_upstreams(tmp_path: Path) -> None:
    """What is held back because of him does not make the upstream late."""

    async def main() -> None:
        limits = {"gap_s": 0.3, "first_byte_s": 0.3}
        async with stage(tmp_path, "openai-chat", plenty, limits=limits) as it:
            async with it.caller() as caller:
                caller.send(it.message(stream=True))
                await caller.listen(until=WORDS[0].encode())
                transport = caller.writer.transport
                transport.pause_reading()  # type: ignore[attr-defined]
                await asyncio.sleep(0.8)
                transport.resume_reading()  # type: ignore[attr-defined]
                heard = await caller.listen()
            assert heard.whole
            assert heard.body.endswith(b"data: [DONE]\n\n")
            record = await it.record()
            assert (record["status"], record.get("error")) == (200, None)

    asyncio.run(main())


def test_a_caller_who_takes_nothing_and_leaves(tmp_path: Path) -> None:
    """While he is held back, nothing is written to him, so that no write can fail."""

    async def main() -> None:
        async with stage(tmp_path, "openai-chat", flood) as it:
            async with it.caller() as caller:
                caller.send(it.message(stream=True))
                caller.writer.transport.pause_reading()  # type: ignore[attr-defined]
                await it.asked()
                await asyncio.sleep(0.4)
                at = caller.leave()
            await it.left(at)
            assert (await it.record())["status"] == 499

    asyncio.run(main())


def test_a_request_ahead_of_a_hanging_one_waits(tmp_path: Path) -> None:
    """Pipelined requests are answered in order, and the second one costs no attempt before its turn."""

    async def main() -> None:
        limits = {"first_byte_s": 0.3}
        async with stage(tmp_path, "openai-chat", acts.hang, healthy, own=False, limits=limits) as it:
            async with it.caller() as caller:
                request = it.message(stream=False)
                caller.send(request + request)
                heard = await caller.listen()
                assert heard.status == 504
                assert len(it.service.records()) >= 1
            await asyncio.sleep(LEAVE_S)
            assert len(it.primary.seen) <= 2

    asyncio.run(main())
