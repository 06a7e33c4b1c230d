"""Streams on their way through."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.wire.openai_responses.opening import opening
from ajar.wire.openai_responses.stream import EventStream
from ajar.wire.opening import Failure
from wire.openai_responses.samples import event

USAGE = {"input_tokens": 9, "output_tokens": 2, "total_tokens": 11}
BEGIN = event("response.created", response={"id": "r", "model": "m-1", "status": "in_progress", "error": None})
DELTA = event("response.output_text.delta", delta='say "type":"response.completed" or error', output_index=0)
LAST = event("response.completed", response={"id": "r", "model": "m-1", "status": "completed", "usage": USAGE})


def end(kind: str, **response: object) -> bytes:
    return event(kind, response={"model": "m-1", "status": kind.partition(".")[2], **response})


@pytest.mark.parametrize("line", [b"\n", b"\r\n"])
def test_the_end_is_found_at_every_byte_split(line: bytes) -> None:
    before = (BEGIN + DELTA).replace(b"\n", line)
    data = before + LAST.replace(b"\n", line) + b": bye" + line + line
    for cut in range(len(data) + 1):
        stream, out, found = EventStream(), b"", None
        for piece in (data[:cut], data[cut:]):
            got = stream.feed(piece)
            at = stream.mark_in(got)
            if at >= 0 and found is None:
                found = len(out) + at
            out += got
        assert out == data
        assert found == len(before)
        facts, marked = stream.facts()
        assert marked
        assert (facts.model, facts.finish_reason, facts.failed) == ("m-1", "completed", False)
        assert json.loads(bytes(facts.usage or b"")) == USAGE


@pytest.mark.parametrize(
    ("last", "finish", "failed"),
    [
        (end("response.completed"), "completed", False),
        (end("response.incomplete", incomplete_details={"reason": "max_output_tokens"}), "max_output_tokens", False),
        (end("response.failed", error={"code": "server_error", "message": "x"}), "failed", True),
        (event("error", code="x", message="y"), None, True),
        (b'data: {"type":"response.completed","response":{"status":"completed"}}\n\n', "completed", False),
        (b'event: response.completed\ndata: {"response":{"status":"completed"}}\n\n', "completed", False),
    ],
)
def test_every_end(last: bytes, finish: str | None, failed: bool) -> None:
    stream = EventStream()
    out = stream.feed(BEGIN + DELTA + last)
    assert stream.mark_in(out) == len(BEGIN + DELTA)
    facts, marked = stream.facts()
    assert (facts.finish_reason, facts.failed, marked) == (finish, failed, True)


def test_a_cut_stream_has_no_end() -> None:
    stream = EventStream()
    stream.feed(BEGIN + DELTA)
    facts, marked = stream.facts()
    assert (facts.model, facts.finish_reason, marked) == ("m-1", None, False)


def test_no_end_in_text_nor_in_other_events() -> None:
    stream = EventStream()
    item = event("response.output_item.done", item={"type": "error", "x": {"type": "response.completed"}})
    out = stream.feed(BEGIN + DELTA + item)
    assert stream.mark_in(out) == -1
    assert stream.facts()[1] is False


def test_a_bare_error_object_is_noticed() -> None:
    stream = EventStream()
    stream.feed(BEGIN + b'data: {"error":{"message":"out of memory"}}\n\n')
    assert stream.facts()[0].failed


@pytest.mark.parametrize(
    ("error", "marks"),
    [
        (b'event: error\ndata: {"message":"out of memory"}\n\n', True),
        (b'event: error\ndata: ["out of memory"]\n\n', True),
        (b'event: error\ndata: {"code":\ndata: "x"}\n\n', True),
        (event("response.failed"), True),
        (event("response.failed", response={"id": "r", "model": "m-1"}), True),
        (event("response.failed", response={"model": "m-1", "status": 3}), True),
        (b'event: response.failed\ndata: {"response":{}}\n\n', True),
        (event("response.completed", response={"type": "error", "message": "out of memory"}), True),
        (event("response.cancelled", response={"model": "m-1"}), False),
        (b'data: {"error":{"message":"out of memory"},"response":"none"}\n\n', False),
    ],
)
def test_every_error_that_the_gate_knows_is_noticed(error: bytes, marks: bool) -> None:
    assert isinstance(opening(error), Failure)
    stream = EventStream()
    out = stream.feed(BEGIN + DELTA + error)
    assert stream.mark_in(out) == (len(BEGIN + DELTA) if marks else -1)
    facts, marked = stream.facts()
    assert (facts.failed, marked, facts.model) == (True, marks, "m-1")


def test_events_of_several_lines_are_read_whole() -> None:
    stream = EventStream()
    out = stream.feed(BEGIN + DELTA + LAST.replace(b', "', b',\ndata: "').replace(b',"', b',\ndata: "'))
    assert b"\ndata: " in out[len(BEGIN + DELTA) + len("event: response.completed\ndata: ") :]
    assert stream.mark_in(out) == len(BEGIN + DELTA)
    facts, marked = stream.facts()
    assert (facts.finish_reason, facts.failed, marked) == ("completed", False, True)
    assert json.loads(facts.raw() or "") == USAGE


@pytest.mark.parametrize("name", ["error", "response.failed"])
def test_an_end_in_which_there_is_no_json_is_a_failure_by_its_name(name: str) -> None:
    stream = EventStream()
    stream.feed(BEGIN + DELTA + f"event: {name}\ndata: oh\n\n".encode())
    facts, marked = stream.facts()
    assert (facts.failed, marked) == (True, True)


@pytest.mark.parametrize("name", ["error", "response.completed"])
def test_half_an_event_is_no_end(name: str) -> None:
    stream = EventStream()
    stream.feed(BEGIN + DELTA + f'event: {name}\ndata: {{"mess'.encode())
    facts, marked = stream.facts()
    assert (facts.failed, marked) == (False, False)


def test_half_an_event_is_not_forwarded() -> None:
    stream = EventStream()
    assert stream.feed(DELTA + DELTA[:30]) == DELTA
    assert stream.whole
    assert stream.flush() == DELTA[:30]


def test_an_enormous_last_event_is_read() -> None:
    """It repeats instructions and tools, before and after what counts."""
    large = "x" * 1_500_000
    last = event("response.completed", response={"instructions": large, "model": "m", "usage": USAGE, "tools": large})
    stream = EventStream()
    for _ in range(1000):
        stream.feed(DELTA)
    out = b"".join(stream.feed(last[at : at + 16_384]) for at in range(0, len(last), 16_384))
    assert out == last
    facts, marked = stream.facts()
    assert marked
    assert json.loads(bytes(facts.usage or b"")) == USAGE


def test_what_is_held_is_bounded() -> None:
    stream = EventStream()
    data = b'data: {"x":"' + b"y" * 5_000_000
    assert stream.feed(data) == data
    assert not stream.whole
    assert stream.feed(b"more") == b"more"
    for _ in range(4000):
        stream.feed(DELTA)
    assert sum(len(part) for part in stream._kept) < 5_200_000


def test_the_tail_is_bounded() -> None:
    stream = EventStream()
    for _ in range(4000):
        stream.feed(DELTA)
    assert sum(len(part) for part in stream._kept) < 40_000


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_every_byte_is_forwarded(pieces: list[bytes]) -> None:
    stream = EventStream()
    out = b""
    for piece in pieces:
        got = stream.feed(piece)
        stream.mark_in(got)
        out += got
    assert out + stream.flush() == b"".join(pieces)
    stream.facts()
