"""Events come out alike, however the bytes are cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import UpstreamGarbage
from ajar.wire import sse as module
from ajar.wire.sse import Sse, SseReader, sse

STREAM = (
    b": hello\n\n"
    b"data: one\n\n"
    b'event: message_start\r\ndata: {"a":1}\r\n\r\n'
    b"id: 7\nretry: 10\n\n"
    b"data:two\ndata:  three\n\n"
    b"data\n\n"
    b"event:x\rdata: four\r\r"
    b"data: five"
)
EVENTS = [
    Sse(b"", b"one"),
    Sse(b"message_start", b'{"a":1}'),
    Sse(b"", b"two\n three"),
    Sse(b"", b""),
    Sse(b"x", b"four"),
    Sse(b"", b"five"),
]


def read(pieces: list[bytes]) -> list[Sse]:
    reader = SseReader()
    found = [event for piece in pieces for event in reader.feed(piece)]
    return found + reader.finish()


def test_whole() -> None:
    assert read([STREAM]) == EVENTS


def test_a_byte_order_mark_hides_no_event() -> None:
    assert read([b"\xef\xbb\xbf" + STREAM.removeprefix(b": hello\n\n")]) == EVENTS


@pytest.mark.parametrize("at", range(1, len(STREAM)))
def test_at_every_split(at: int) -> None:
    assert read([STREAM[:at], STREAM[at:]]) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_at_many_splits(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    assert read([STREAM[a:b] for a, b in itertools.pairwise(edges)]) == EVENTS


def test_byte_by_byte() -> None:
    assert read([bytes([byte]) for byte in STREAM]) == EVENTS


def test_several_in_one_piece() -> None:
    assert read([sse(b"a") + sse(b"b", b"n")]) == [Sse(b"", b"a"), Sse(b"n", b"b")]


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    read([data])


def test_an_event_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 100)
    reader = SseReader()
    reader.feed(b"data: " + b"a" * 90)
    with pytest.raises(UpstreamGarbage):
        reader.feed(b"data: abc")
