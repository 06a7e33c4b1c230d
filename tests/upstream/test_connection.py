"""The parser at every byte split. A real connection on a real socket pair; the bytes are handed in by the test."""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ajar.errors import UpstreamError
from ajar.upstream.connection import Connection
from ajar.upstream.departures import Departures
from ajar.upstream.origin import Origin
from ajar.upstream.pool import Lane

HEAD = b"POST / HTTP/1.1\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\nx: y\r\n\r\n"
SAMPLES = {
    "length": b"HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 11\r\n\r\nhello world",
    "chunked": (
        b"HTTP/1.1 201 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5;e=1\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\n"
    ),
    "until close": b"HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\nhello world",
    "empty": b"HTTP/1.1 204 No\r\nX-A: 1\r\n\r\n",
    "refusal": b"HTTP/1.1 429 No\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}",
}
SAMPLES |= {f"{name}, 100 before": CONTINUE + sample for name, sample in SAMPLES.items()}
BODIES = {
    name: b"" if name.startswith("empty") else b"{}" if name.startswith("refusal") else b"hello world"
    for name in SAMPLES
}

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ajar.upstream.response import Response

Outcome = tuple[int, list[tuple[bytes, bytes]], bytes, bool, bool, str]


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Connection, Lane, socket.socket]]:
    """A connection, who keeps it, and the peer's socket."""
    lane = Lane(Origin("http", "test", 80), None, None, 55, 8)
    ours, theirs = socket.socketpair()
    with theirs:
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: Connection(lane, "test:80", 65_536, Departures()), sock=ours
        )
        yield connection, lane, theirs
    await lane.close()


async def begin(connection: Connection) -> Response:
    """A request that is on its way: it leaves at the end of the loop's turn."""
    response = connection.begin(HEAD, b"")
    await asyncio.sleep(0)
    return response


async def exchange(pieces: list[bytes]) -> Outcome:
    """Feed the pieces and then the end: status, headers, body, ended, kept for reuse, the kind of the fault."""
    async with connected() as (connection, lane, _):
        response = await begin(connection)
        for piece in pieces:
            if piece and response.source is not None:
                connection.data_received(piece)
        kept = bool(lane.idle)
        connection.eof_received()
        body, fault = b"", ""
        try:
            while response.status and (data := await asyncio.wait_for(response.chunk(), 5)):
                body += data
        except UpstreamError as error:
            fault = type(error).__name__
        if not response.status:
            assert response.fault is not None
            fault = type(response.fault).__name__
    return response.status, response.headers, body, response.ended, kept, fault


@pytest.fixture(scope="module")
def loop() -> Any:
    with asyncio.Runner() as runner:
        yield runner


@pytest.mark.parametrize("name", SAMPLES)
def test_every_split_in_two(loop: asyncio.Runner, name: str) -> None:
    sample = SAMPLES[name]

    async def main() -> None:
        whole = await exchange([sample])
        assert whole[2] == BODIES[name]
        assert whole[3]
        assert not whole[5]
        assert {key for key, _ in whole[1]} <= {
            b"x-a",
            b"content-length",
            b"transfer-encoding",
            b"retry-after",
            b"connection",
        }
        for at in range(1, len(sample)):
            assert await exchange([sample[:at], sample[at:]]) == whole, sample[:at]
        assert await exchange([sample[at : at + 1] for at in range(len(sample))]) == whole

    loop.run(main())


@given(name=st.sampled_from(sorted(SAMPLES)), cuts=st.lists(st.integers(0, 200), max_size=12))
@settings(max_examples=150)
def test_any_split(loop: asyncio.Runner, name: str, cuts: list[int]) -> None:
    sample = SAMPLES[name]
    places = [0, *sorted(cut % len(sample) for cut in cuts), len(sample)]
    pieces = [sample[start:end] for start, end in pairwise(places)]

    async def main() -> None:
        assert await exchange(pieces) == await exchange([sample])

    loop.run(main())


@pytest.mark.parametrize("name", SAMPLES)
def test_every_cut_is_noticed(loop: asyncio.Runner, name: str) -> None:
    """Only a body that runs until the close can be cut without being seen, and only inside that body."""
    sample = SAMPLES[name]

    async def main() -> None:
        for at in range(len(sample)):
            *_, ended, kept, fault = await exchange([sample[:at]])
            unseen = name.startswith("until") and sample.rindex(b"\r\n\r\n") + 4 <= at
            assert ended is unseen, sample[:at]
            assert not kept
            assert fault == ("" if unseen else "UpstreamClosed")

    loop.run(main())


def test_one_that_is_kept_reads_on(loop: asyncio.Runner) -> None:
    """Over TLS the end of a body may come after reading was paused; the close of an idle peer must still be heard."""

    async def main() -> None:
        async with connected() as (connection, lane, theirs):
            response = await begin(connection)
            connection.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 300001\r\n\r\n" + bytes(300_000))
            assert connection.held
            connection.data_received(b"!")
            assert response.ended
            assert list(lane.idle) == [connection]
            assert len(await response.read(300_001)) == 300_001
            theirs.close()
            while lane.open:
                await asyncio.sleep(0.001)
            assert not lane.idle

    loop.run(asyncio.wait_for(main(), 5))


def test_one_that_heard_the_end_is_not_taken(loop: asyncio.Runner) -> None:
    """Over TLS the end is in the data, before the socket's own."""

    async def main() -> None:
        async with connected() as (connection, lane, _):
            await begin(connection)
            connection.data_received(SAMPLES["length"])
            assert list(lane.idle) == [connection]
            connection.eof_received()
            assert lane.take() is None

    loop.run(main())


def test_one_that_is_still_uploading_is_not_kept(loop: asyncio.Runner) -> None:
    """Not even when the answer comes in the turn in which the peer has read on."""

    async def main() -> None:
        async with connected() as (connection, lane, _):
            response = connection.begin(HEAD, bytes(8_000_000))
            uploading = asyncio.create_task(connection.upload(bytes(8_000_000)))
            await asyncio.sleep(0.01)
            assert not uploading.done()
            connection.resume_writing()
            connection.data_received(SAMPLES["length"])
            await uploading
            assert response.ended
            assert not lane.idle
            assert lane.take() is None

    loop.run(main())


@pytest.mark.parametrize("early", ["bytes", "end"])
def test_nobody_answers_a_request_that_has_not_left(loop: asyncio.Runner, early: str) -> None:
    """What comes in the turn in which the request still waits is no answer to it; nor has the peer seen any of it."""

    async def main() -> None:
        async with connected() as (connection, lane, theirs):
            response = connection.begin(HEAD, b"")
            if early == "bytes":
                connection.data_received(SAMPLES["length"])
            else:
                connection.eof_received()
            assert response.fault is not None
            assert early == "bytes" or not response.fault.sent
            assert not response.status
            assert connection.unwritten
            await asyncio.sleep(0)
            assert theirs.recv(100) == b""
            assert lane.take() is None

    loop.run(main())


def test_a_request_that_cannot_be_written_is_given_up_at_once(loop: asyncio.Runner) -> None:
    async def main() -> None:
        async with connected() as (connection, lane, _):
            response = connection.begin(b"no bytes", b"")  # with what follows the transport refuses it
            connection._departures._waiting[:] = [(connection._depart, "text")]  # type: ignore[list-item]
            await asyncio.sleep(0)
            assert response.fault is not None
            assert response.fault.sent
            assert lane.take() is None

    loop.run(main())


def test_a_request_that_has_left_is_written(loop: asyncio.Runner) -> None:
    async def main() -> None:
        async with connected() as (connection, _, theirs):
            connection.begin(HEAD, b"body")
            assert connection.unwritten
            await asyncio.sleep(0)
            assert not connection.unwritten
            assert theirs.recv(100) == HEAD + b"body"

    loop.run(main())


def test_what_was_taken_counts_no_more(loop: asyncio.Runner) -> None:
    async def main() -> None:
        async with connected() as (connection, _, _):
            response = await begin(connection)
            connection.data_received(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            for _ in range(5):
                connection.data_received(b"%x\r\n" % 100_000 + bytes(100_000))
                assert not connection.held
                assert len(await response.chunk()) == 100_000
                connection.data_received(b"\r\n")
            connection.data_received(b"0\r\n\r\n")
            assert response.ended
            assert await response.chunk() == b""

    loop.run(main())


def test_framing_before_content_counts_no_more_either(loop: asyncio.Runner) -> None:
    taken: list[bytes] = []

    async def main() -> None:
        async with connected() as (connection, _, _):
            response = await begin(connection)
            connection.data_received(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            pouring = asyncio.create_task(response.pour(lambda data: taken.append(data) is not None))
            for _ in range(5):
                await asyncio.sleep(0)
                connection.data_received(b"5;" + b"x" * 100_000)
                connection.data_received(b"\r\nhello\r\n")
            connection.data_received(b"0\r\n\r\n")
            assert await pouring
            assert taken == [b"hello"] * 5

    loop.run(main())


chunk_text = st.binary(max_size=40).map(lambda data: b"%x\r\n%b\r\n" % (len(data), data))


@given(
    st.binary(max_size=200)
    | st.binary(max_size=100).map(lambda tail: b"HTTP/1.1 200 OK\r\n" + tail)
    | st.lists(st.binary(max_size=20) | st.sampled_from([b"\r\n", b"content-length: 3", b": ", b"0\r\n\r\n"])).map(
        b"".join
    )
    | st.lists(chunk_text | st.binary(max_size=5)).map(lambda chunks: SAMPLES["chunked"][:51] + b"".join(chunks))
    | st.tuples(st.sampled_from(sorted(SAMPLES.values())), st.integers(0, 2**32)).map(lambda pair: mutated(*pair))
)
@settings(max_examples=400)
def test_garbage_raises_nothing_but_our_errors(loop: asyncio.Runner, data: bytes) -> None:
    async def main() -> None:
        middle = len(data) // 2
        together = await exchange([data])
        apart = await exchange([data[:middle], data[middle:]])
        for status, _, _, ended, _, fault in (together, apart):
            assert fault in ("", "UpstreamClosed", "UnsoundHttp")
            assert bool(fault) is not ended
            assert status == 0 or 200 <= status <= 599
            assert status or fault

    loop.run(main())


def mutated(sample: bytes, seed: int) -> bytes:
    """The sample with a few bytes changed, dropped or doubled."""
    rng = random.Random(seed)
    data = bytearray(sample)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data))
        match rng.randrange(3):
            case 0:
                data[at] = rng.randrange(256)
            case 1:
                del data[at]
            case _:
                data[at:at] = data[at : at + rng.randint(1, 8)]
    return bytes(data)
