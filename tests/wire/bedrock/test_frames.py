"""Frames come out alike, however the bytes are cut; damaged ones never do."""

from __future__ import annotations

import contextlib
import itertools
import random
import struct
import uuid
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import UpstreamGarbage
from ajar.wire.bedrock.frames import Frame, FrameReader
from doubles.eventstream import event, exception, frame

MANY = {
    ":message-type": "event",
    "yes": True,
    "no": False,
    "long": -7,
    "raw": b"\x00\xff",
    "id": uuid.UUID(int=7),
    "empty": "",
    ":event-type": "thing",
}
STREAM = (
    event("messageStart", {"role": "assistant"})
    + frame(MANY, b"")
    + exception("throttlingException", "slow down")
    + frame({":message-type": "error", ":error-code": "Internal", ":error-message": "oh"}, b"x")
)


def read(pieces: list[bytes]) -> list[Frame]:
    reader = FrameReader()
    found = [each for piece in pieces for each in reader.feed(piece)]
    assert not reader.partial
    return found


FRAMES = read([STREAM])


def test_whole() -> None:
    assert [(each.kind, each.name, each.message) for each in FRAMES] == [
        ("event", "messageStart", ""),
        ("event", "thing", ""),
        ("exception", "throttlingException", ""),
        ("error", "Internal", "oh"),
    ]
    assert FRAMES[1].payload == b""
    assert FRAMES[2].payload == b'{"message": "slow down"}'


def test_botocore_reads_the_same() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(STREAM)
    assert [each.payload for each in buffer] == [each.payload for each in FRAMES]


def test_at_every_split() -> None:
    assert [at for at in range(1, len(STREAM)) if read([STREAM[:at], STREAM[at:]]) != FRAMES] == []


def test_byte_by_byte() -> None:
    assert read([bytes([byte]) for byte in STREAM]) == FRAMES


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_at_many_splits(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    assert read([STREAM[a:b] for a, b in itertools.pairwise(edges)]) == FRAMES


def test_any_damaged_byte_is_found() -> None:
    def is_found(at: int) -> bool:
        damaged = STREAM[:at] + bytes([STREAM[at] ^ 0x10]) + STREAM[at + 1 :]
        try:
            FrameReader().feed(damaged)
        except UpstreamGarbage:
            return True
        return False

    assert [at for at in range(len(STREAM)) if not is_found(at)] == []


def test_a_frame_that_has_begun_is_partial() -> None:
    reader = FrameReader()
    assert reader.feed(STREAM[:5]) == []
    assert reader.partial
    reader.feed(STREAM[5:])
    assert not reader.partial


def _prelude(total: int, headers: int) -> bytes:
    start = struct.pack(">II", total, headers)
    return start + struct.pack(">I", crc32(start))


@pytest.mark.parametrize(
    ("total", "headers"), [(0, 0), (15, 0), (20, 5), (2**32 - 1, 0), (26 * 2**20, 0), (2**20, 2**18)]
)
def test_impossible_lengths(total: int, headers: int) -> None:
    with pytest.raises(UpstreamGarbage, match="impossible length"):
        FrameReader().feed(_prelude(total, headers))


def test_a_large_frame_costs_no_more_than_its_size() -> None:
    whole = frame({":message-type": "event", ":event-type": "x"}, bytes(4 * 2**20))
    reader = FrameReader()
    pieces = [whole[at : at + 1000] for at in range(0, len(whole), 1000)]  # would take minutes if it were quadratic
    assert [len(each.payload) for piece in pieces for each in reader.feed(piece)] == [4 * 2**20]


def _raw(headers: bytes) -> bytes:
    body = _prelude(16 + len(headers), len(headers)) + headers
    return body + struct.pack(">I", crc32(body))


@pytest.mark.parametrize(
    "headers",
    [
        b"",
        b"\x05abc",
        b"\x01a\x0a",
        b"\x01a\x07\x00\x09abc",
        b"\x01a\x07\x00",
        b"\x01a\x04\x00",
        b"\x01\xff\x07\x00\x01a",
        b"\x01a\x07\x00\x01\xff",
        b"\x01a",
        b"\x0d:message-type\x07\x00\x05other",
    ],
)
def test_damaged_headers(headers: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        FrameReader().feed(_raw(headers))


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    with contextlib.suppress(UpstreamGarbage):
        FrameReader().feed(data)


@given(st.binary(max_size=60))
def test_any_headers(headers: bytes) -> None:
    with contextlib.suppress(UpstreamGarbage):
        FrameReader().feed(_raw(headers))


def test_many_different_headers_are_all_read() -> None:
    names = [f"n{random.Random(at).random()}" for at in range(200)]
    data = b"".join(frame({":message-type": "event", ":event-type": name}) for name in names)
    assert [each.name for each in FrameReader().feed(data)] == names
