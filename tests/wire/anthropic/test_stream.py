"""A stream on its way through: nothing changes, and its facts are read."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.events import Failed
from ajar.domain.usage import Usage
from ajar.wire.anthropic.opening import opening
from ajar.wire.anthropic.stream import EventStream
from ajar.wire.anthropic.stream_read import StreamReader
from ajar.wire.opening import Failure
from recordings import Exchange, exchanges


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


START = event(
    "message_start",
    message={
        "model": "m-1",
        "usage": {"input_tokens": 7, "cache_read_input_tokens": 3, "output_tokens": 1, "service_tier": "standard"},
    },
)
END = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 20})
STOP = event("message_stop")


def delta(text: str) -> bytes:
    return event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    bounds = [0, *sorted(cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(bounds)]


def run(reader: EventStream, parts: list[bytes]) -> bytes:
    return b"".join(reader.feed(part) for part in parts) + reader.flush()


@pytest.mark.parametrize("stop", [STOP, STOP.replace(b"\n", b"\r\n"), b'data: {"type":"message_stop"}\n\n'])
def test_the_end_mark_is_found_at_every_byte_split_and_never_in_text(stop: bytes) -> None:
    before = START + delta("event: message_stop\n") + END
    data = before + stop
    for cut in range(len(data) + 1):
        reader = EventStream(clean=True)
        out, found = b"", None
        for piece in pieces(data, [cut]):
            got = reader.feed(piece)
            at = reader.mark_in(got)
            if at >= 0 and found is None:
                found = len(out) + at
            out += got
        assert (found, out) == (len(before), data)
        facts, marked = reader.facts()
        assert (facts.model, facts.finish_reason, marked, facts.failed) == ("m-1", "end_turn", True, False)
        assert facts.counts() == Usage(10, 20, 3)


def test_an_id_line_belongs_to_the_mark() -> None:
    reader = EventStream()
    out = reader.feed(delta("a") + b"id: 7\n" + STOP)
    assert reader.mark_in(out) == len(delta("a"))


def test_the_input_count_at_the_beginning_of_a_long_stream_is_kept() -> None:
    reader = EventStream()
    reader.feed(START)
    for _ in range(2000):
        reader.feed(delta("x" * 100))
    reader.feed(END + STOP)
    facts, marked = reader.facts()
    assert (facts.counts(), facts.model, marked) == (Usage(10, 20, 3), "m-1", True)
    assert json.loads(facts.raw() or "")["service_tier"] == "standard"
    assert sum(len(part) for part in reader._kept) < 40_000


def test_a_large_last_event_is_read_all_the_same() -> None:
    reader = EventStream()
    for _ in range(300):
        reader.feed(delta("x" * 200))
    reader.feed(delta("y" * 60_000) + END)
    facts, marked = reader.facts()
    assert (facts.finish_reason, marked) == ("end_turn", False)


def test_half_an_event_is_not_forwarded() -> None:
    reader = EventStream()
    assert reader.feed(START + END[:30]) == START
    assert reader.whole
    assert reader.flush() == END[:30]


def test_an_enormous_event_is_not_held() -> None:
    reader = EventStream()
    data = b'data: {"x":"' + b"y" * 3_000_000
    assert reader.feed(data) == data
    assert not reader.whole
    assert reader.feed(b"more") == b"more"


def test_an_error_event_is_noticed() -> None:
    reader = EventStream()
    reader.feed(START + event("error", error={"type": "overloaded_error", "message": "later"}))
    facts, marked = reader.facts()
    assert (facts.failed, marked) == (True, False)


ERRORS = [
    b'event: error\ndata: {"message":"later"}\n\n',
    b'event: error\ndata: {"detail":"later"}\n\n',
    b'event: error\ndata: ["later"]\n\n',
    b'data: {"type":"error","message":"later"}\n\n',
    b'data: {"error":{"message":"later"},"message":"later"}\n\n',
    b'event: error\ndata: {"type":"error",\ndata: "error":{"type":"overloaded_error"}}\n\n',
]


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_that_the_gate_knows_is_noticed(error: bytes) -> None:
    assert isinstance(opening(error), Failure)
    reader = EventStream()
    reader.feed(START + delta("a") + error + STOP)
    facts, marked = reader.facts()
    assert (facts.failed, marked, facts.model) == (True, True, "m-1")


@pytest.mark.parametrize("error", ERRORS[:2])
def test_an_error_by_its_name_is_read_as_one_too(error: bytes) -> None:
    events = StreamReader().feed(START + delta("a") + error + STOP)
    assert type(events[-1]) is Failed


def test_events_of_several_lines_are_read_whole() -> None:
    reader = EventStream()
    data = (START + END).replace(b', "', b',\ndata: "')
    reader.feed(data + b"event: message_stop\ndata: {}\n\n")
    for _ in range(2000):
        reader.feed(b": ping with nothing in it\n\n")
    facts, _ = reader.facts()
    assert (facts.counts(), facts.model) == (Usage(10, 1, 3), "m-1"), "of the beginning"
    reader.feed(END.replace(b', "', b',\ndata: "') + b"event: message_stop\ndata: {}\n\n")
    facts, marked = reader.facts()
    assert (facts.counts(), facts.finish_reason, marked) == (Usage(10, 20, 3), "end_turn", True)


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_no_byte_is_lost(data: bytes, cuts: list[int]) -> None:
    reader = EventStream()
    assert run(reader, pieces(data, [min(cut, len(data)) for cut in cuts])) == data
    reader.mark_in(data)
    reader.facts()


@exchanges("anthropic", "/v1/messages", lambda each: each.streamed)
def test_recorded_streams_give_the_same_facts_on_both_paths(exchange: Exchange) -> None:
    reader, typed = EventStream(), StreamReader()
    assert run(reader, [exchange.answer[at : at + 700] for at in range(0, len(exchange.answer), 700)]) == (
        exchange.answer
    )
    facts, marked = reader.facts()
    found = {type(each).__name__: each for each in typed.feed(exchange.answer)}
    assert marked
    assert facts.model == found["Started"].model  # type: ignore[union-attr]
    assert facts.finish_reason == found["Finished"].finish.native  # type: ignore[union-attr]
    assert facts.counts() == found["Counted"].usage  # type: ignore[union-attr]
