"""Events come out as chunks that OpenAI's own client reads, each a whole event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import msgspec
import openai
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
from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall
from ajar.domain.dialog.request import ChatRequest
from ajar.domain.usage import Usage
from ajar.errors import UpstreamClosed
from ajar.wire.made import Made
from ajar.wire.openai_chat.request_read import read_request
from ajar.wire.openai_chat.stream_read import StreamReader
from ajar.wire.openai_chat.stream_write import StreamWriter
from wire.openai_chat import grammar
from wire.openai_chat.recorded import chat_exchanges

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.domain.dialog.events import Event
    from recordings import Exchange

MADE = Made("0193e7a5-1111-7222-8333-444455556666", 17, "route")
START = Started("anthropic", "msg_1", "claude", None)
END: list[Event] = [Finished(Finish("stop")), Ended()]


def writer(losses: Losses | None = None, *, include_usage: bool = False) -> StreamWriter:
    request = ChatRequest(format="openai-chat", model="m", messages=[], stream=True, include_usage=include_usage)
    return StreamWriter(request, MADE, Losses() if losses is None else losses)


def deltas(*events: Event) -> list[dict[str, Any]]:
    """The deltas that these blocks become, without the first, which says the role."""
    stream = writer().write([START, *events, *END])
    chunks = [json.loads(event[6:]) for event in stream.split(b"\n\n")[:-2]]
    return [chunk["choices"][0]["delta"] for chunk in chunks[1:-1]]


def test_a_whole_stream(valid_stream: Callable[[bytes], list[Any]]) -> None:
    losses = Losses()
    one = writer(losses, include_usage=True)
    events: list[Event] = [
        START,
        Counted(Usage(10), '{"input_tokens":10}'),
        Opened(0, Reasoning()),
        TextDelta(0, "hm"),
        OpaqueDelta(0, "sig"),
        Closed(0),
        Opened(1, Text("")),
        TextDelta(1, 'a"\n'),
        TextDelta(1, "b", [{"token": "b", "logprob": -1, "bytes": None, "top_logprobs": []}]),
        Closed(1),
        Opened(2, ToolCall("t1", "f", "")),
        ArgumentsDelta(2, '{"x":'),
        Opened(3, ToolCall("t2", "g", "")),
        ArgumentsDelta(2, "1}"),
        Closed(2),
        Closed(3),
        Finished(Finish("tool_calls", "tool_use")),
        Counted(Usage(10, 5, 4), "{}"),
        Ended(),
    ]
    pieces = [one.write([event]) for event in events]
    stream = b"".join(pieces)
    assert stream == writer(include_usage=True).write(events)
    chunks = valid_stream(stream)
    assert stream.endswith(b"data: [DONE]\n\n")
    for chunk in chunks:
        about = {name: chunk[name] for name in ("id", "object", "created", "model")}
        assert about == {"id": "msg_1", "object": "chat.completion.chunk", "created": 17, "model": "claude"}
    assert [chunk["choices"][0]["delta"] for chunk in chunks[:-1]] == [
        {"role": "assistant", "content": None, "refusal": None},
        {"reasoning_content": "hm"},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm", "signature": "sig", "index": 0}]},
        {"content": 'a"\n'},
        {"content": "b"},
        {"tool_calls": [{"index": 0, "id": "t1", "type": "function", "function": {"name": "f", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"x":'}}]},
        {"tool_calls": [{"index": 1, "id": "t2", "type": "function", "function": {"name": "g", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]},
        {"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None] * 10 + ["tool_calls"]
    assert chunks[-2]["choices"][0]["native_finish_reason"] == "tool_use"
    assert chunks[4]["choices"][0]["logprobs"]["content"][0]["token"] == "b"
    assert all(chunk["usage"] is None for chunk in chunks[:-1])
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"] == {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
    assert losses.names == ()


def test_usage_only_where_it_is_asked_for_and_known() -> None:
    counted = Counted(Usage(1, 2), '{"a":1}')
    assert b"usage" not in writer().write([START, counted, *END])
    assert b'"usage":{' not in writer(include_usage=True).write([START, *END])
    own = Started("openai-chat", "c", "m", 1)
    stream = writer(include_usage=True).write([own, Counted(Usage(1, 2), '{\n"a": 1}'), *END])
    assert b'"choices":[],"usage":{"a":1}}\n\n' in stream


def test_the_first_chunk() -> None:
    def first(part: Any) -> Any:
        stream = writer().write([START, Opened(0, part, whole=True), Closed(0), *END])
        return json.loads(stream.split(b"\n\n")[0][6:])["choices"][0]["delta"]

    assert writer().write([START]) == b""
    assert first(Text("")) == {"role": "assistant", "content": "", "refusal": None}
    assert first(ToolCall("1", "f", "{}")) == {"role": "assistant", "content": None, "refusal": None}
    assert json.loads(writer().write([START, *END]).split(b"\n\n")[0][6:])["choices"][0]["delta"]["content"] == ""


def test_blocks_that_come_whole() -> None:
    assert deltas(Opened(0, ToolCall("1", "f", '{"a":1}', opaque="s"), whole=True), Closed(0)) == [
        {
            "tool_calls": [
                {"index": 0, "id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
            ]
        },
        {
            "tool_calls": [
                {"index": 0, "function": {"arguments": ""}, "extra_content": {"google": {"thought_signature": "s"}}}
            ]
        },
    ]
    assert deltas(Opened(0, Text("a", opaque="s"), whole=True), Closed(0)) == [
        {"content": "a"},
        {"extra_content": {"google": {"thought_signature": "s"}}},
    ]
    assert deltas(Opened(0, Reasoning(opaque="d", redacted=True), whole=True), Closed(0)) == [
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "d", "index": 0}]}
    ]
    assert deltas(Opened(0, Reasoning("s", "e", id="r", summary=True), whole=True), Closed(0)) == [
        {"reasoning_content": "s"},
        {
            "reasoning_details": [
                {"type": "reasoning.summary", "summary": "s", "id": "r", "index": 0},
                {"type": "reasoning.encrypted", "data": "e", "id": "r", "index": 0},
            ]
        },
    ]
    assert deltas(Opened(0, Media("image", "image/png", "AA=="), whole=True), Closed(0)) == [
        {"images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]}
    ]
    assert deltas(Opened(0, ToolCall("1", "f", "", custom=True)), ArgumentsDelta(0, "x"), Closed(0)) == [
        {"tool_calls": [{"index": 0, "id": "1", "type": "custom", "custom": {"name": "f", "input": ""}}]},
        {"tool_calls": [{"index": 0, "custom": {"input": "x"}}]},
    ]


def test_what_stands_on_an_image_is_named() -> None:
    losses = Losses()
    image = Media("image", "image/png", "AA==", rest={"thoughtSignature": "sig"})
    start = Started("gemini", "r", "gemini", None)
    writer(losses).write([start, Opened(0, image, whole=True), OpaqueDelta(0, "s"), Closed(0), *END])
    assert losses.names == ("content.thoughtSignature", "thought_signature")


def test_a_signature_on_a_refusal() -> None:
    said = deltas(Opened(0, Refusal("")), TextDelta(0, "no"), OpaqueDelta(0, "s"), Closed(0))
    assert said == [{"refusal": "no"}, {"extra_content": {"google": {"thought_signature": "s"}}}]


def test_citations_come_with_their_places() -> None:
    web = {"type": "web_search_result_location", "url": "u", "title": "t"}
    assert deltas(
        Opened(0, Text("")),
        TextDelta(0, "one "),
        Closed(0),
        Opened(1, Text("")),
        AnnotationDelta(1, "anthropic", web),
        TextDelta(1, "two"),
        Closed(1),
    )[2:] == [
        {
            "annotations": [
                {"type": "url_citation", "url_citation": {"url": "u", "title": "t", "start_index": 4, "end_index": 7}}
            ]
        }
    ]


def test_a_refusal() -> None:
    events: list[Event] = [START, Opened(0, Refusal("")), TextDelta(0, "no"), Closed(0), Finished(Finish("refusal"))]
    stream = writer().write(events)
    assert b'"delta":{"refusal":"no"}' in stream
    assert b'"finish_reason":"stop"' in stream


def test_what_has_no_place_is_named() -> None:
    losses = Losses()
    part = Foreign("anthropic", "server_tool_use", {})
    finish = Finish("stop", rest={"stop_details": 1, "nothing": None})
    writer(losses).write([START, Opened(0, part, whole=True), Closed(0), Finished(finish), Ended()])
    assert losses.names == ("server_tool_use", "stop_details")


def test_failure() -> None:
    one = writer()
    one.write([START, Opened(0, Text("")), TextDelta(0, "a")])
    event = one.fail(UpstreamClosed("cut"))
    assert json.loads(event[6:])["error"]["message"] == "cut"
    assert event.endswith(b"\n\n")
    assert one.fail(UpstreamClosed("cut")) == b""


@chat_exchanges(lambda exchange: exchange.streamed)
def test_recorded_streams(exchange: Exchange, valid_stream: Callable[[bytes], list[Any]]) -> None:
    """What was read is read again out of what was written."""
    events = read(exchange.answer)
    kept = [event for event in events if type(event) is not Failed]
    stream = writer(include_usage=True).write(kept)
    assert grammar.joined(read(stream)) == grammar.joined(events)
    if type(events[-1]) is Ended:
        assert read(stream)[0] == events[0]
        assert [event for event in read(stream) if type(event) in {Finished, Ended}] == events[-2:]
        if b'_details":null' not in exchange.answer:  # which OpenAI itself never says
            valid_stream(stream)


def read(stream: bytes) -> list[Event]:
    reader = StreamReader()
    return reader.feed(stream) + reader.finish()


TEXT = st.text(max_size=6)
PART = st.one_of(
    st.builds(Text, TEXT.filter(bool)),
    st.builds(Reasoning, TEXT.filter(bool), opaque=st.none() | TEXT.filter(bool)),
    st.builds(Refusal, TEXT.filter(bool)),
    st.builds(ToolCall, st.uuids().map(str), TEXT.filter(bool), st.just('{"a":1}') | st.just("{}")),
)


@given(st.lists(PART, max_size=5), st.integers(1, 4))
def test_any_parts_survive(parts: list[Any], size: int) -> None:
    events: list[Event] = [Started("openai-chat", "i", "m", 1)]
    for index, part in enumerate(parts):
        field = "arguments" if type(part) is ToolCall else "text"
        text = getattr(part, field)
        opaque = getattr(part, "opaque", None)
        events.append(Opened(index, msgspec.structs.replace(part, **{field: ""})))
        delta = ArgumentsDelta if type(part) is ToolCall else TextDelta
        events += [delta(index, text[at : at + size]) for at in range(0, len(text), size)]
        if opaque is not None:
            events.append(OpaqueDelta(index, opaque))
        events.append(Closed(index))
    stream = writer().write([*events, *END])
    found = grammar.joined(read(stream))

    def text_of(kind: Any) -> str:
        return "".join(part.text for part in found if type(part) is kind)

    for kind in (Text, Reasoning, Refusal):
        assert text_of(kind) == "".join(part.text for part in parts if type(part) is kind)
    assert [part for part in found if type(part) is ToolCall] == [part for part in parts if type(part) is ToolCall]


@pytest.mark.parametrize("text", ["\u2028", "\r", "\n\n", "data: [DONE]", "\x00", "😀"])
def test_no_text_breaks_an_event(text: str) -> None:
    stream = writer().write([START, Opened(0, Text("")), TextDelta(0, text), Closed(0), *END])
    assert grammar.joined(read(stream)) == [Text(text)]


def test_the_official_client_puts_a_stream_together() -> None:
    events: list[Event] = [
        START,
        Opened(0, Reasoning()),
        TextDelta(0, "hm"),
        OpaqueDelta(0, "sig"),
        Closed(0),
        Opened(1, Text("")),
        TextDelta(1, "hel"),
        TextDelta(1, "lo"),
        Closed(1),
        Opened(2, ToolCall("t1", "f", "", opaque="s1")),
        ArgumentsDelta(2, '{"x":1}'),
        Closed(2),
        Opened(3, ToolCall("t2", "g", "", opaque="s2")),
        Closed(3),
        Finished(Finish("tool_calls")),
        Counted(Usage(10, 5, reasoning_output_tokens=1), "{}"),
        Ended(),
    ]
    body = writer(include_usage=True).write(events)

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body)

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as http:
        client = openai.OpenAI(api_key="k", base_url="http://ajar.test/v1", http_client=http)
        with client.chat.completions.stream(model="m", messages=[], stream_options={"include_usage": True}) as stream:
            for _ in stream:
                pass
            final = stream.get_final_completion()
    message = final.choices[0].message
    assert message.content == "hello"
    assert [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or ()] == [
        ("t1", "f", '{"x":1}'),
        ("t2", "g", "{}"),
    ]
    assert final.choices[0].finish_reason == "tool_calls"
    assert final.usage is not None
    assert (final.usage.prompt_tokens, final.usage.completion_tokens) == (10, 5)
    sent_back = {"model": "m", "messages": [message.model_dump(exclude_none=True)]}
    (read_back,) = read_request(json.dumps(sent_back).encode()).messages
    assert read_back.parts == [
        Reasoning("hm", "sig"),
        Text("hello"),
        ToolCall("t1", "f", '{"x":1}', opaque="s1"),
        ToolCall("t2", "g", "{}", opaque="s2"),
    ]
