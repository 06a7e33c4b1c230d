"""Streams of deployments that speak Responses, of careful and of sloppy ones."""

from __future__ import annotations

from typing import Any

import pytest

from ajar.domain.dialog.answer import Finish
from ajar.domain.dialog.events import (
    AnnotationDelta,
    ArgumentsDelta,
    Closed,
    Counted,
    Ended,
    Event,
    Failed,
    Finished,
    OpaqueDelta,
    Opened,
    Started,
    TextDelta,
)
from ajar.domain.dialog.parts import Foreign, Reasoning, Refusal, Text, ToolCall
from ajar.domain.usage import Usage
from ajar.errors import UpstreamGarbage
from ajar.wire.openai_responses.stream_read import StreamReader
from wire.openai_responses.samples import event

BEGIN = event("response.created", response={"id": "r", "model": "m", "created_at": 5, "status": "in_progress"})
END = event("response.completed", response={"status": "completed", "usage": None})
STARTED = Started("openai-responses", "r", "m", 5)
STOPPED = [Finished(Finish("stop", "completed")), Ended()]


def read(*pieces: bytes) -> list[Event]:
    reader = StreamReader()
    events = [found for piece in pieces for found in reader.feed(piece)]
    return events + reader.finish()


def inner(*pieces: bytes) -> list[Event]:
    """What is between the begin and the end."""
    events = read(BEGIN, *pieces, END)
    assert events[0] == STARTED
    assert isinstance(events[-1], Ended)
    return events[1:-2]


def added(at: int, **item: Any) -> bytes:
    return event("response.output_item.added", output_index=at, item=item)


def done(at: int, **item: Any) -> bytes:
    return event("response.output_item.done", output_index=at, item=item)


def said(text: str, at: int = 0, number: int = 0) -> bytes:
    return event("response.output_text.delta", output_index=at, content_index=number, delta=text, logprobs=[])


MESSAGE: dict[str, Any] = {"type": "message", "id": "msg_1", "role": "assistant", "phase": "final_answer"}
CALL: dict[str, Any] = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f"}


def part(kind: str, at: int, number: int, **value: Any) -> bytes:
    return event(f"response.content_part.{kind}", output_index=at, content_index=number, part=value)


def test_a_careful_stream() -> None:
    events = inner(
        event("response.in_progress", response={}),
        added(0, type="reasoning", id="rs_1", summary=[], encrypted_content="early"),
        event("response.reasoning_summary_part.added", output_index=0, summary_index=0, part={}),
        event("response.reasoning_summary_text.delta", output_index=0, summary_index=0, delta="one"),
        event("response.reasoning_summary_text.delta", output_index=0, summary_index=1, delta="two"),
        done(0, type="reasoning", id="rs_1", summary=[{"text": "one"}, {"text": "two"}], encrypted_content="g"),
        added(1, **MESSAGE, content=[]),
        part("added", 1, 0, type="output_text", text="", annotations=[]),
        said("Hel", 1),
        said("lo", 1),
        event("response.output_text.annotation.added", output_index=1, content_index=0, annotation={"x": 1}),
        event("response.output_text.done", output_index=1, content_index=0, text="Hello"),
        part("done", 1, 0, type="output_text", text="Hello", annotations=[{"x": 1}]),
        done(1, **MESSAGE, content=[{"type": "output_text", "text": "Hello", "annotations": [{"x": 1}]}]),
        added(2, **CALL, arguments=""),
        event("response.function_call_arguments.delta", output_index=2, delta='{"a"'),
        event("response.function_call_arguments.delta", output_index=2, delta=":1}"),
        event("response.function_call_arguments.done", output_index=2, arguments='{"a":1}'),
        done(2, **CALL, arguments='{"a":1}'),
    )
    assert events == [
        Opened(0, Reasoning(id="rs_1", summary=True)),
        TextDelta(0, "one"),
        TextDelta(0, "\n\ntwo"),
        OpaqueDelta(0, "g"),
        Closed(0),
        Opened(1, Text("", rest={"phase": "final_answer"})),
        TextDelta(1, "Hel"),
        TextDelta(1, "lo"),
        AnnotationDelta(1, "openai-responses", {"x": 1}),
        Closed(1),
        Opened(2, ToolCall("c", "f", "")),
        ArgumentsDelta(2, '{"a"'),
        ArgumentsDelta(2, ":1}"),
        Closed(2),
    ]


def test_the_end() -> None:
    usage = '{"input_tokens":3, "output_tokens":1}'
    last = event("response.completed", response={"status": "completed", "usage": 0})
    events = read(BEGIN, added(0, **CALL), last.replace(b'"usage": 0', f'"usage": {usage}'.encode()))
    assert events[-4:] == [
        Closed(0),
        Finished(Finish("tool_calls", "completed")),
        Counted(Usage(3, 1), usage),
        Ended(),
    ]


@pytest.mark.parametrize(
    ("kind", "response", "finish"),
    [
        ("response.incomplete", {"incomplete_details": {"reason": "max_output_tokens"}},
         Finish("length", "max_output_tokens")),
        ("response.incomplete", {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
         Finish("content_filter", "content_filter")),
        ("response.incomplete", {}, Finish("stop", "incomplete")),
        ("response.completed", {}, Finish("stop", "completed")),
    ],
)  # fmt: skip
def test_why_it_ended(kind: str, response: dict[str, Any], finish: Finish) -> None:
    assert Finished(finish) in read(BEGIN, event(kind, response=response))


def test_parallel_calls_and_a_custom_one() -> None:
    events = inner(
        added(0, **CALL),
        added(1, type="custom_tool_call", id="ctc", call_id="d", name="s", input=""),
        event("response.custom_tool_call_input.delta", output_index=1, delta="ls"),
        event("response.function_call_arguments.delta", output_index=0, delta="{}"),
        event("response.custom_tool_call_input.done", output_index=1, input="ls"),
        done(1, type="custom_tool_call", call_id="d", name="s", input="ls"),
        done(0, **CALL, arguments="{}"),
    )
    assert events == [
        Opened(0, ToolCall("c", "f", "")),
        Opened(1, ToolCall("d", "s", "", custom=True)),
        ArgumentsDelta(1, "ls"),
        ArgumentsDelta(0, "{}"),
        Closed(1),
        Closed(0),
    ]


def test_a_refusal() -> None:
    events = read(
        BEGIN,
        added(0, **MESSAGE),
        part("added", 0, 0, type="refusal", refusal=""),
        event("response.refusal.delta", output_index=0, content_index=0, delta="no"),
        event("response.refusal.done", output_index=0, content_index=0, refusal="no"),
        part("done", 0, 0, type="refusal", refusal="no"),
        END,
    )
    assert events[1:] == [
        Opened(0, Refusal("", {"phase": "final_answer"})),
        TextDelta(0, "no"),
        Closed(0),
        Finished(Finish("refusal", "completed")),
        Ended(),
    ]


def test_thoughts_in_the_clear() -> None:
    for kind in ("response.reasoning_text.delta", "response.reasoning.delta"):
        events = inner(
            added(0, type="reasoning", id="rs_1"),
            part("added", 0, 0, type="reasoning_text", text=""),
            event(kind, output_index=0, content_index=0, delta="hm"),
            done(0, type="reasoning", id="rs_1", content=[{"type": "reasoning_text", "text": "hm"}], summary=[]),
        )
        assert events == [Opened(0, Reasoning(id="rs_1")), TextDelta(0, "hm"), Closed(0)]


def test_reasoning_that_is_only_sealed() -> None:
    events = inner(
        added(0, type="reasoning", id="rs_1", summary=[]),
        done(0, type="reasoning", id="rs_1", summary=[], encrypted_content="g"),
    )
    assert events == [Opened(0, Reasoning(opaque="g", id="rs_1"), whole=True), Closed(0)]


def test_what_is_foreign_comes_whole() -> None:
    item = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    events = inner(
        added(0, type="web_search_call", id="ws_1"),
        event("response.web_search_call.searching", output_index=0, item_id="ws_1"),
        done(0, **item),
        event("response.audio.delta", delta={"odd": 1}, output_index="x"),
    )
    assert events == [Opened(0, Foreign("openai-responses", "web_search_call", item), whole=True), Closed(0)]


def test_log_probabilities() -> None:
    token = {"token": "a", "logprob": -1}
    events = inner(
        event("response.output_text.delta", output_index=0, content_index=0, delta="a", logprobs=[token]),
    )
    assert events[1] == TextDelta(0, "a", [token])


def test_a_stream_without_the_events_around_its_text() -> None:
    events = inner(said("Hel"), said("lo"), done(0, **MESSAGE, content=[{"type": "output_text", "text": "Hello"}]))
    assert events == [Opened(0, Text("")), TextDelta(0, "Hel"), TextDelta(0, "lo"), Closed(0)]


def test_a_stream_without_deltas() -> None:
    events = inner(
        added(0, **MESSAGE),
        part("added", 0, 0, type="output_text", text=""),
        event("response.output_text.done", output_index=0, content_index=0, text="Hello"),
        added(1, **CALL, arguments="{}"),
        done(1, **CALL, arguments="{}"),
        added(2, type="reasoning", id="rs_1"),
        done(2, type="reasoning", id="rs_1", summary=[{"type": "summary_text", "text": "t"}]),
    )
    assert events == [
        Opened(0, Text("", rest={"phase": "final_answer"})),
        TextDelta(0, "Hello"),
        Opened(1, ToolCall("c", "f", "")),
        ArgumentsDelta(1, "{}"),
        Closed(1),
        Opened(2, Reasoning("t", id="rs_1", summary=True), whole=True),
        Closed(2),
        Closed(0),
    ]


def test_a_stream_with_only_whole_items() -> None:
    content = [{"type": "output_text", "text": "Hello", "annotations": []}]
    whole = done(0, **MESSAGE, content=content) + done(1, **CALL, arguments="{}")
    last = event(
        "response.completed", response={"output": [{**MESSAGE, "content": content}, {**CALL, "arguments": "{}"}]}
    )
    expected = [
        STARTED,
        Opened(0, Text("Hello", annotations=[], rest={"phase": "final_answer"}), whole=True),
        Closed(0),
        Opened(1, ToolCall("c", "f", "{}"), whole=True),
        Closed(1),
        Finished(Finish("tool_calls", "completed")),
        Ended(),
    ]
    assert read(BEGIN, whole, END) == expected
    assert read(BEGIN, last) == expected, "a stream that says all in its last event"


def test_citations_that_come_with_the_end_of_the_part() -> None:
    events = inner(
        added(0, type="message", content=[]),
        said("a"),
        part("done", 0, 0, type="output_text", text="a", annotations=[{"x": 1}]),
    )
    assert events == [
        Opened(0, Text("")),
        TextDelta(0, "a"),
        AnnotationDelta(0, "openai-responses", {"x": 1}),
        Closed(0),
    ]


def test_parts_that_are_seen_first_in_the_whole_message() -> None:
    events = inner(
        said("a"),
        done(0, type="message", content=[{"type": "output_text", "text": "a"}, {"type": "odd"}, "?"]),
    )
    assert events[2:] == [
        Closed(0),
        Opened(1, Foreign("openai-responses", "content.odd", {"type": "odd"}), whole=True),
        Closed(1),
    ]


@pytest.mark.parametrize(
    ("last", "failed"),
    [
        (event("error", code="rate_limit_exceeded", message="slow", param=None),
         Failed("slow", None, "rate_limit_exceeded", 429)),
        (event("error", error={"type": "server_error", "code": None, "message": "oops"}),
         Failed("oops", "server_error", None, 500)),
        (event("response.failed", response={"status": "failed", "error": {"code": "invalid_prompt", "message": "bad"}}),
         Failed("bad", None, "invalid_prompt", 400)),
        (event("response.failed", response={}), Failed("the upstream ended its stream with an error")),
        (event("response.completed", response={"status": "failed", "error": {"message": "x"}}), Failed("x")),
        (b'data: {"error":{"message":"out of memory","code":500}}\n\n', Failed("out of memory", None, "500", 500)),
    ],
)  # fmt: skip
def test_the_upstreams_own_error(last: bytes, failed: Failed) -> None:
    reader = StreamReader()
    events = reader.feed(BEGIN + said("a") + last + said("b") + END)
    assert events[-1] == failed
    assert reader.ended
    assert reader.feed(END) == []
    assert reader.finish() == []


def test_an_error_instead_of_a_stream() -> None:
    assert read(event("error", message="no")) == [Failed("no")]


def test_a_cut_stream_does_not_end() -> None:
    reader = StreamReader()
    events = reader.feed(BEGIN + said("a")) + reader.finish()
    assert not any(isinstance(each, Finished | Ended) for each in events)
    assert not reader.ended


def test_an_end_without_its_empty_line_counts() -> None:
    assert isinstance(read(BEGIN, END[:-2])[-1], Ended)


def test_what_comes_after_the_end_is_nothing() -> None:
    assert read(BEGIN, END, b"data: [DONE]\n\n")[-2:] == STOPPED
    assert read(b": hello\n\n", BEGIN, b"data: [DONE]\n\n", END)[-2:] == STOPPED


@pytest.mark.parametrize(
    "data",
    [
        b"data: {\n\n",
        b"data: \xff\n\n",
        b'data: {"type":"response.created","response":[1]}\n\n',
        b'data: {"type":"response.output_item.done","output_index":0,"item":{"type":"function_call"}}\n\n',
        b'data: {"type":"response.output_item.done","output_index":0,"item":{"type":3}}\n\n',
        b'data: {"type":"response.created","response":' + b"[" * 5000 + b"\n\n",
    ],
)
def test_garbage(data: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        read(data)
