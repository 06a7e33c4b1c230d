"""Bodies that arrive in pieces."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import BadRequest, BodyTooLarge, SlowRequest
from ajar.gateway.http.incoming import IncomingBody

BEHIND = b"GET /next HTTP/1.1\r\n\r\n"


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    marks = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(marks)]


def feed(body: IncomingBody, parts: list[bytes]) -> bytes:
    """What was left over."""
    over = b""
    for part in parts:
        over += part if body.complete else part[body.feed(part) :]
    return over


def whole(body: IncomingBody, limit: int = 10**6) -> bytes:
    async def read() -> bytes:
        return await body.whole(limit, asyncio.get_running_loop())

    return asyncio.run(read())


def chunked(chunks: list[bytes], extension: bytes = b"", trailers: bytes = b"") -> bytes:
    said = b"".join(b"%X%b\r\n%b\r\n" % (len(chunk), extension, chunk) for chunk in chunks if chunk)
    return said + b"0\r\n" + trailers + b"\r\n"


TEXT = st.binary(max_size=40) | st.lists(st.sampled_from([b"\r", b"\n", b"0", b"a"]), max_size=30).map(b"".join)


@given(st.lists(TEXT, max_size=5), st.lists(st.integers(0, 400), max_size=20), st.booleans(), st.booleans())
def test_chunks_at_any_cut(chunks: list[bytes], cuts: list[int], extended: bool, trailed: bool) -> None:
    sent = chunked(chunks, b";a=b" if extended else b"", b"x: y\r\n" if trailed else b"")
    body = IncomingBody(None)
    assert feed(body, pieces(sent + BEHIND, cuts)) == BEHIND
    assert body.complete
    assert whole(body) == b"".join(chunks)


def test_chunks_at_every_cut_and_byte_by_byte() -> None:
    sent = chunked([b"one\r\n\r\n", b"\r\n", b"0\r\n\r\n"], trailers=b"a: b\r\nc: d\r\n")
    for cuts in [[cut] for cut in range(len(sent))] + [list(range(len(sent) + 2))]:
        body = IncomingBody(None)
        assert feed(body, pieces(sent + BEHIND, cuts)) == BEHIND
        assert whole(body) == b"one\r\n\r\n\r\n0\r\n\r\n"


@given(st.binary(min_size=1, max_size=60), st.lists(st.integers(0, 100), max_size=10))
def test_a_known_length_at_any_cut(sent: bytes, cuts: list[int]) -> None:
    body = IncomingBody(len(sent))
    assert feed(body, pieces(sent + BEHIND, cuts)) == BEHIND
    assert whole(body) == sent


@pytest.mark.parametrize(
    "sent",
    [
        b"g\r\n",
        b"-1\r\n",
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"3 \r\nabc\r\n0\r\n\r\n",
        b" 3\r\nabc\r\n0\r\n\r\n",
        b"\r\nabc",
        b"ffffffffffffffffff\r\n",
        b"3\nabc\n0\n\n",
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"3\r\nab\r\n0\r\n\r\n",
        b"3;a\nabc\r\n0\r\n\r\n",
        b"0\r\nbad trailer\r\n\r\n",
        b"0\r\nContent-Length: 4\r\n\r\n",
        b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_broken_chunks(sent: bytes) -> None:
    for cuts in ([], list(range(len(sent)))):
        body = IncomingBody(None)
        feed(body, pieces(sent, cuts))
        assert not body.complete
        with pytest.raises(BadRequest):
            whole(body)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_garbage_never_breaks_the_decoder(sent: bytes, cuts: list[int]) -> None:
    body = IncomingBody(None)
    feed(body, pieces(sent, cuts))
    assert body.complete or body.error is not None or body.size <= len(sent)


@pytest.mark.parametrize("spam", [b"1;" + b"a" * 200_000, b"0\r\n" + b"a: b\r\n" * 40_000])
def test_framing_without_body_ends(spam: bytes) -> None:
    body = IncomingBody(None)
    feed(body, pieces(spam, list(range(0, len(spam), 4096))))
    with pytest.raises(BadRequest):
        whole(body)


def test_single_bytes_are_not_too_much_framing() -> None:
    body = IncomingBody(None)
    feed(body, [b"1\r\nx\r\n" * 100_000, b"0\r\n\r\n"])
    assert len(whole(body)) == 100_000


def test_too_large_by_its_length_before_a_byte_has_come() -> None:
    body = IncomingBody(11)
    with pytest.raises(BodyTooLarge):
        whole(body, 10)


def test_too_large_by_count_while_waiting_keeps_nothing() -> None:
    async def scene() -> None:
        body = IncomingBody(None)
        waiting = asyncio.ensure_future(body.whole(10, asyncio.get_running_loop()))
        await asyncio.sleep(0)
        assert body.awaited
        body.feed(b"8\r\n12345678\r\n")
        assert body.awaited
        body.feed(b"8\r\n12345678\r\n")
        assert not body.awaited
        with pytest.raises(BodyTooLarge):
            await waiting
        body.feed(b"8\r\n12345678\r\n")
        assert body.size == 0

    asyncio.run(scene())


def test_a_failure_reaches_who_waits_and_who_comes_later() -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        body = IncomingBody(10)
        waiting = asyncio.ensure_future(body.whole(10, loop))
        await asyncio.sleep(0)
        body.fail(SlowRequest("late"))
        for again in (waiting, body.whole(10, loop)):
            with pytest.raises(SlowRequest):
                await again

    asyncio.run(scene())
