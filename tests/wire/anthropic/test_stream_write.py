"""Streams for callers who speak Anthropic's format; the official client reads every one of them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.answer import Finish
from ajar.domain.dialog.events import (
    AnnotationDelta,
    ArgumentsDelta,
    Closed,
    Counted,
    Ended,
    Event,
    Finished,
    OpaqueDelta,
    Opened,
    Started,
    TextDelta,
)
from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall
from ajar.domain.dialog.request import ChatRequest
from ajar.domain.usage import Usage
from ajar.errors import UpstreamClosed
from ajar.wire.anthropic.stream_read import StreamReader
from ajar.wire.anthropic.stream_write import StreamWriter
from ajar.wire.made import Made
from ajar.wire.sse import SseReader
from recordings import Exchange, exchanges
from wire.anthropic.client import message
from wire.anthropic.streams import EVENTS, check_grammar, joined

REQUEST = ChatRequest(format="anthropic", model="r", messages=[])
MADE = Made("0197c0de-0000-7000-8000-0123456789ab", 1, "claude-x")
CHAT = Started("openai-chat", "chatcmpl-1", "gpt", 7)
DONE: list[Event] = [Finished(Finish("stop", "stop")), Counted(Usage(10, 5, 4), "{}"), Ended()]
DIRECT = {"type": "direct"}


def write(*events: Event) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """What is written, one event at a time."""
    losses = Losses()
    writer = StreamWriter(REQUEST, MADE, losses)
    out = b"".join(writer.write([each]) for each in events)
    found = SseReader().feed(out)
    assert all(json.loads(each.data)["type"] == each.name.decode() for each in found)
    return [json.loads(each.data) for each in found], losses.names


def blocks(*events: Event) -> list[dict[str, Any]]:
    return message(write(CHAT, *events, *DONE)[0])["content"]


def test_a_stream_of_another_format() -> None:
    events, lost = write(
        CHAT,
        Opened(0, Reasoning()),
        TextDelta(0, "hm"),
        Closed(0),
        Opened(1, Text("")),
        TextDelta(1, "Hello"),
        TextDelta(1, ' "wörld"\n'),
        Closed(1),
        Opened(2, ToolCall("c1", "f", "")),
        ArgumentsDelta(2, '{"a":'),
        ArgumentsDelta(2, "1}"),
        Closed(2),
        Finished(Finish("tool_calls", "tool_calls")),
        Counted(Usage(10, 5, 4, None, 2), "{}"),
        Ended(),
    )
    assert [each["type"] for each in events] == [
        "message_start",
        *["content_block_start", "content_block_delta", "content_block_stop"],
        *["content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"],
        *["content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"],
        "message_delta",
        "message_stop",
    ]
    made = message(events)
    assert (made["id"], made["model"]) == ("msg_0197c0de0000700080000123456789ab", "gpt")
    assert made["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": ""},
        {"type": "text", "text": 'Hello "wörld"\n'},
        {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}, "caller": DIRECT},
    ]
    assert made["stop_reason"] == "tool_use"
    usage = made["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["output_tokens"]) == (6, 4, 5)
    assert usage["output_tokens_details"] == {"thinking_tokens": 2}
    assert lost == ()


def test_its_own_format_comes_back_as_it_was() -> None:
    losses = Losses()
    out = StreamWriter(REQUEST, MADE, losses).write(EVENTS)
    assert joined(StreamReader().feed(out)) == joined(EVENTS)
    assert not losses
    first = json.loads(SseReader().feed(out)[0].data)["message"]
    assert (first["id"], first["usage"]["input_tokens"]) == ("msg_1", 5)


@exchanges("anthropic", "/v1/messages", lambda each: each.streamed)
def test_recorded_streams_come_back(exchange: Exchange) -> None:
    reader, losses = StreamReader(), Losses()
    events = reader.feed(exchange.answer) + reader.finish()
    writer = StreamWriter(REQUEST, MADE, losses)
    out = b"".join(writer.write(events[at : at + 3]) for at in range(0, len(events), 3))
    assert joined(StreamReader().feed(out)) == joined(events)
    assert not losses
    message([json.loads(each.data) for each in SseReader().feed(out)], strict=False)


def test_nothing_is_made_up() -> None:
    events, lost = write(Started("openai-chat"), Opened(0, Text("")), TextDelta(0, "x"), Closed(0), *DONE[::2])
    assert events[0]["message"]["model"] == "claude-x"
    assert events[-2]["usage"]["output_tokens"] == 0
    assert lost == ("usage",)
    _, lost = write(CHAT, Finished(Finish("length")), Counted(Usage(1, 2), "{}"), Ended())
    assert lost == ()


def test_blocks_wait_for_each_other() -> None:
    made = blocks(
        Opened(0, Text("")),
        TextDelta(0, "a"),
        Opened(1, ToolCall("c1", "f", "")),
        ArgumentsDelta(1, '{"x":'),
        Opened(2, ToolCall("c2", "f", "")),
        ArgumentsDelta(2, '{"y":2}'),
        TextDelta(0, "b"),
        ArgumentsDelta(1, "1}"),
        Closed(2),
        Closed(0),
        Closed(1),
    )
    assert [block.get("input", block.get("text")) for block in made] == ["ab", {"x": 1}, {"y": 2}]


def test_open_blocks_end_with_the_stream() -> None:
    events, _ = write(CHAT, Opened(0, Text("")), TextDelta(0, "a"), Opened(1, ToolCall("c", "f", "")), *DONE)
    assert [each["type"] for each in events].count("content_block_stop") == 2
    assert events[-2]["delta"]["stop_reason"] == "tool_use"


def test_whole_blocks() -> None:
    made = blocks(
        Opened(0, Text("all"), whole=True),
        Closed(0),
        Opened(1, ToolCall("c", "f", '{"a":1}'), whole=True),
        Closed(1),
        Opened(2, Reasoning("t", "s"), whole=True),
        Closed(2),
        Opened(3, Reasoning("", "d", redacted=True), whole=True),
        Closed(3),
    )
    assert made == [
        {"type": "text", "text": "all"},
        {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}, "caller": DIRECT},
        {"type": "thinking", "thinking": "t", "signature": "s"},
        {"type": "redacted_thinking", "data": "d"},
    ]


def test_signatures_on_other_blocks() -> None:
    signed = {"type": "thinking", "thinking": ""}
    made = blocks(
        Opened(0, ToolCall("c", "f", "{}", opaque="s0"), whole=True),
        Closed(0),
        Opened(1, Text("", opaque="s1")),
        TextDelta(1, "a"),
        OpaqueDelta(1, "s2"),
        Closed(1),
        Opened(2, Text("")),
        OpaqueDelta(2, "s3"),
        Closed(2),
        Opened(3, Reasoning(redacted=True)),
        OpaqueDelta(3, "d"),
        Closed(3),
    )
    assert made == [
        {**signed, "signature": "s0"},
        {"type": "tool_use", "id": "c", "name": "f", "input": {}, "caller": DIRECT},
        {**signed, "signature": "s1"},
        {"type": "text", "text": "a"},
        {**signed, "signature": "s2"},
        {**signed, "signature": "s3"},
        {"type": "redacted_thinking", "data": "d"},
    ]


def test_empty_text_is_not_told() -> None:
    assert blocks(Opened(0, Text("")), TextDelta(0, ""), Closed(0), Opened(1, Text("x"), whole=True), Closed(1)) == [
        {"type": "text", "text": "x"}
    ]


def test_a_refusal() -> None:
    events, lost = write(CHAT, Opened(0, Refusal("")), TextDelta(0, "I will not"), Closed(0), *DONE)
    made = message(events)
    assert (made["content"][0]["text"], made["stop_reason"], lost) == ("I will not", "refusal", ())


def test_what_cannot_be_told_is_named() -> None:
    events, lost = write(
        CHAT,
        Opened(0, Media("image", mime="image/png", data="A"), whole=True),
        Closed(0),
        Opened(1, Foreign("gemini", "executableCode", {}), whole=True),
        Closed(1),
        Opened(2, Text("", rest={"odd": 1, "null": None})),
        TextDelta(2, "a", logprobs=[]),
        AnnotationDelta(2, "openai-chat", {}),
        Closed(2),
        Opened(3, ToolCall("c", "f", "", custom=True)),
        ArgumentsDelta(3, 'say "'),
        ArgumentsDelta(3, 'x"'),
        Closed(3),
        Finished(Finish("stop", "STOP", rest={"finishMessage": "m"})),
        *DONE[1:],
    )
    assert message(events)["content"] == [
        {"type": "text", "text": "a"},
        {"type": "tool_use", "id": "c", "name": "f", "input": {"input": 'say "x"'}, "caller": DIRECT},
    ]
    assert lost == (
        "image",
        "executableCode",
        "content.odd",
        "logprobs",
        "annotations",
        "tool_calls.custom",
        "finish.finishMessage",
    )


def test_a_broken_stream() -> None:
    writer = StreamWriter(REQUEST, MADE, Losses())
    writer.write([CHAT, Opened(0, Text("")), TextDelta(0, "a")])
    event = SseReader().feed(writer.fail(UpstreamClosed("cut")))[0]
    assert (event.name, json.loads(event.data)["error"]["type"]) == (b"error", "api_error")
    assert writer.write(DONE) == b""


def test_a_first_count_is_told_at_once() -> None:
    losses = Losses()
    out = StreamWriter(REQUEST, MADE, losses).write([CHAT, Counted(Usage(10, None, 4), "{}")])
    usage = json.loads(SseReader().feed(out)[0].data)["message"]["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], losses.names) == (6, 4, ())


PART = st.one_of(
    st.builds(Text, st.just(""), opaque=st.none() | st.text(max_size=2)),
    st.builds(Reasoning, st.just(""), opaque=st.none() | st.text(max_size=2), redacted=st.booleans()),
    st.builds(ToolCall, st.text(max_size=2), st.text(max_size=2), st.just(""), opaque=st.none() | st.just("s")),
    st.builds(Refusal, st.just("")),
    st.just(Media("image", data="A")),
)


@given(st.lists(PART, max_size=4), st.data())
def test_in_whatever_order_blocks_grow_what_is_told_is_in_order(parts: list[Any], data: st.DataObject) -> None:
    steps: list[Event] = [Opened(at, part) for at, part in enumerate(parts)]
    for at, part in enumerate(parts):
        grown: list[Event] = [ArgumentsDelta(at, "{}") if type(part) is ToolCall else TextDelta(at, "x")]
        for each in [*grown * data.draw(st.integers(0, 2)), Closed(at)]:
            before = max(place for place, step in enumerate(steps) if getattr(step, "index", None) == at)
            steps.insert(data.draw(st.integers(before + 1, len(steps))), each)
    events, _ = write(CHAT, *steps, *DONE)
    read = StreamReader().feed(
        b"".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n".encode() for each in events)
    )
    check_grammar(read)
    texts = ["".join(each.text for each in read if type(each) is TextDelta)]
    assert texts == ["x" * sum(type(step) is TextDelta and _told(parts[step.index]) for step in steps)]


def _told(part: Any) -> bool:
    return type(part) in (Text, Refusal) or (type(part) is Reasoning and not part.redacted)
