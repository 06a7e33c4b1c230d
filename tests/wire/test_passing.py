"""The events of what passed through, as the reader that translates finds them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.wire.passing import events_in
from ajar.wire.sse import Sse, SseReader

LINES = [b"data: {}", b'data:{"a":1}', b"data: [", b"data: ]", b"event: y", b"event:z", b": x", b"id: 1", b""]


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def _expected(data: bytes) -> list[tuple[bytes, bytes]]:
    reader = SseReader()
    found: list[tuple[bytes, bytes]] = []
    for event in reader.feed(data) + reader.finish():
        parts = [event.data] if _is_json(event.data) else event.data.split(b"\n")
        found += [(event.name, part) for part in parts]
    return found


@given(st.lists(st.sampled_from(LINES), max_size=12), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_every_whole_event_is_found_from_either_end(lines: list[bytes], end: bytes) -> None:
    data = end.join([*lines, b"", b""])
    found = list(events_in(data))
    assert found == _expected(data)
    assert list(events_in(data, backwards=True)) == found[::-1]


def test_lines_that_are_no_json_together_are_events_of_their_own() -> None:
    """As of servers that forget the empty line between two events."""
    assert list(events_in(b'data: {"a":1}\ndata: [DONE]\n\n')) == [(b"", b'{"a":1}'), (b"", b"[DONE]")]
    assert list(events_in(b'event: x\ndata: {"a":\ndata: 1}\n\n')) == [Sse(b"x", b'{"a":\n1}')]


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        (b"data: [DONE]", [(b"", b"[DONE]")]),
        (b'event: error\ndata: {"a":1}\n', [(b"error", b'{"a":1}')]),
        (b'event: error\ndata: {"a":', []),
        (b"event: error\n", []),
        (b"data: oh", []),
    ],
)
@pytest.mark.parametrize("before", [b"", b"data: {}\n\n"])
def test_an_event_that_may_be_cut_off_counts_where_its_data_is_whole(
    before: bytes, rest: bytes, found: list[tuple[bytes, bytes]]
) -> None:
    first = [(b"", b"{}")] if before else []
    assert list(events_in(before + rest)) == first + found
    assert list(events_in(before + rest, backwards=True)) == (first + found)[::-1]
