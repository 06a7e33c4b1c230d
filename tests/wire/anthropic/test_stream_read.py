"""Streams as events of a dialog, at every split."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.answer import Finish
from ajar.domain.dialog.events import (
    AnnotationDelta,
    ArgumentsDelta,
    Closed,
    Counted,
    Ended,
    Failed,
    Finished,
    OpaqueDelta,
    Opened,
    Started,
    TextDelta,
)
from ajar.domain.dialog.parts import Foreign, Reasoning, Text
from ajar.errors import UpstreamGarbage
from ajar.wire.anthropic.stream_read import StreamReader
from recordings import Exchange, exchanges
from wire.anthropic.dialogs import BLOCK, JSON
from wire.anthropic.streams import EVENTS, START, WHOLE, check_grammar, delta, end, event, joined, read, start, stop


def test_a_whole_stream() -> None:
    assert joined(read(WHOLE)) == joined(EVENTS)
    check_grammar(EVENTS)


def test_every_split() -> None:
    for cut in range(len(WHOLE)):
        assert joined(read(WHOLE, cut)) == joined(EVENTS)
    assert joined(read(WHOLE, *range(len(WHOLE)))) == joined(EVENTS)


def test_line_ends_do_not_matter() -> None:
    assert joined(read(WHOLE.replace(b"\n", b"\r\n"))) == joined(EVENTS)


def test_the_end_is_told_only_where_it_came() -> None:
    reader = StreamReader()
    cut = WHOLE[: -len(event("message_stop"))]
    assert type(reader.feed(cut)[-1]) is Counted
    assert reader.finish() == []
    assert not reader.ended
    assert type(read(WHOLE.rstrip(b"\n"))[-1]) is Ended
    assert read(WHOLE + START + WHOLE) == read(WHOLE)


def test_an_error_ends_it() -> None:
    error = event("error", error={"type": "overloaded_error", "message": "later"})
    events = read(START + start(0, type="text", text="") + delta(0, "text", text="x") + error + WHOLE)
    assert events[-1] == Failed("later", "overloaded_error", None, 529)
    check_grammar(events)
    assert read(b'data: {"error":{"message":"oom","code":"c"}}\n\ndata: [DONE]\n\n') == [Failed("oom", None, "c", 502)]
    assert read(event("error", error={"type": "t", "message": "m", "code": 400})) == [Failed("m", "t", "400", 400)]


def test_servers_that_leave_things_out() -> None:
    data = (
        delta(0, "text", text="a")
        + delta(0, "text", text="b")
        + delta(1, "thinking", thinking="c")
        + event("message_delta", delta={"stop_reason": "max_tokens"})
        + delta(1, "thinking", thinking="late")
        + start(2, type="text", text="late")
        + event("message_stop")
    )
    assert read(data) == [
        Started("anthropic"),
        Opened(0, Text("")),
        TextDelta(0, "a"),
        TextDelta(0, "b"),
        Opened(1, Reasoning()),
        TextDelta(1, "c"),
        Closed(0),
        Closed(1),
        Finished(Finish("length", "max_tokens")),
        Ended(),
    ]
    assert read(START + event("message_stop"))[2:] == [Finished(Finish("stop")), Ended()]


def test_what_a_start_holds_already_is_not_lost() -> None:
    data = (
        start(0, type="text", text="a", citations=[{"x": 1}])
        + stop(0)
        + start(1, type="tool_use", id="t", name="f", input={"a": 1})
        + stop(1)
        + start(2, type="tool_use", id="t", name="f", input={"a": 1})
        + delta(2, "input_json", partial_json='{"a":2}')
        + stop(2)
        + start(3, type="thinking", thinking="t", signature="s")
        + stop(3)
    )
    deltas = [each for each in read(data) if type(each) not in (Started, Opened, Closed)]
    assert deltas == [
        TextDelta(0, "a"),
        AnnotationDelta(0, "anthropic", {"x": 1}),
        ArgumentsDelta(1, '{"a":1}'),
        ArgumentsDelta(2, '{"a":2}'),
        TextDelta(3, "t"),
        OpaqueDelta(3, "s"),
    ]


def test_unknown_events_deltas_and_blocks() -> None:
    data = (
        START
        + event("brand_new", index=3)
        + start(0, type="text", text="")
        + delta(0, "brand_new", x=1)
        + delta(0, "input_json", partial_json="{}")
        + delta(7, "brand_new", x=1)
        + stop(0)
        + stop(9)
        + start(1, type="compaction", content=None)
        + delta(1, "compaction", content="a")
        + delta(1, "compaction", content="b", more=[1])
        + stop(1)
        + start(2, type="server_tool_use", id="s", name="n", input={})
        + delta(2, "input_json", partial_json='{"cut')
        + end("compaction", output_tokens=2)
    )
    opened = [each.part for each in read(data) if type(each) is Opened]
    assert opened[1] == Foreign("anthropic", "compaction", {"type": "compaction", "content": "ab", "more": [1]})
    assert opened[2].value["input"] == {}  # type: ignore[union-attr]


def test_why_it_ends_with_all_that_is_said_of_it() -> None:
    data = START + event(
        "message_delta",
        delta={
            "stop_reason": "refusal",
            "stop_sequence": None,
            "stop_details": {"type": "refusal"},
            "container": None,
        },
        context_management={"applied_edits": []},
        usage={"output_tokens": 2},
    )
    finished = next(each for each in read(data) if type(each) is Finished)
    assert finished.finish == Finish(
        "refusal", "refusal", None, {"stop_details": {"type": "refusal"}, "context_management": {"applied_edits": []}}
    )


GARBAGE = [
    b"data: <html>\n\n",
    b"data: [1]\n\n",
    b"data: \xff\n\n",
    event("message_start"),
    event("message_start", message=7),
    event("content_block_start", index=0),
    start(0, text="x"),
    start(0, type="text"),
    event("content_block_delta", index="x", delta={}),
    event("content_block_delta", index=0, delta={"type": "text_delta", "text": 7}),
    b"data: " + b"[" * 5000 + b"\n\n",
]


@pytest.mark.parametrize("data", GARBAGE)
def test_garbage(data: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        read(data)


KINDS = st.sampled_from(
    ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "ping", "x"]
)
DELTA = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["text_delta", "thinking_delta", "input_json_delta", "signature_delta", "citations_delta"]
        )
    },
    optional=dict.fromkeys(("text", "thinking", "partial_json", "signature"), st.text(max_size=3)),
)
STEP = st.fixed_dictionaries(
    {"type": KINDS},
    optional={
        "index": st.integers(0, 2),
        "content_block": BLOCK,
        "delta": DELTA | st.just({"stop_reason": "end_turn"}) | JSON,
        "message": st.just({}) | JSON,
        "usage": JSON,
    },
)


@given(
    st.binary(max_size=60)
    | st.lists(STEP, max_size=8).map(
        lambda steps: b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in steps)
    ),
    st.integers(0, 400),
)
def test_nothing_but_garbage_is_raised_and_the_grammar_holds(data: bytes, cut: int) -> None:
    try:
        events = read(data, min(cut, len(data)))
    except UpstreamGarbage:
        return
    if events and type(events[0]) is not Failed:
        check_grammar(events)


@exchanges("anthropic", "/v1/messages", lambda each: each.streamed)
def test_recorded_streams_at_every_split(exchange: Exchange) -> None:
    data = exchange.answer
    whole = read(data)
    check_grammar(whole)
    assert type(whole[-1]) is Ended
    counted = [each for each in whole if type(each) is Counted][-1]
    usage = json.loads(counted.raw)
    assert counted.usage.input_tokens == (
        usage["input_tokens"] + usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"]
    )
    assert counted.usage.output_tokens == usage["output_tokens"]
    dice = random.Random(7)
    splits = range(len(data)) if len(data) < 6000 else dice.sample(range(len(data)), 100)
    for cut in splits:
        assert read(data, cut) == whole
    assert read(data, *range(len(data))) == whole
    for _ in range(100):
        assert read(data, *dice.sample(range(len(data)), 20)) == whole
