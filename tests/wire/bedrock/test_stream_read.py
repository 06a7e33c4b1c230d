"""Streams, at every split."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any

import msgspec
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
    Event,
    Failed,
    Finished,
    OpaqueDelta,
    Opened,
    Started,
    TextDelta,
)
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Text, ToolCall
from ajar.domain.usage import Usage
from ajar.errors import UpstreamGarbage
from ajar.wire.bedrock.stream_read import StreamReader
from doubles.eventstream import event, exception, frame, stream
from recordings import Exchange, exchanges

START = ("messageStart", {"role": "assistant"})
USAGE = {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8}
END = [("messageStop", {"stopReason": "end_turn"}), ("metadata", {"usage": USAGE, "metrics": {"latencyMs": 1}})]


def delta(at: int, **value: Any) -> tuple[str, Any]:
    return "contentBlockDelta", {"contentBlockIndex": at, "delta": value}


def begin(at: int, **value: Any) -> tuple[str, Any]:
    return "contentBlockStart", {"contentBlockIndex": at, "start": value}


def stop(at: int) -> tuple[str, Any]:
    return "contentBlockStop", {"contentBlockIndex": at}


def read(*pieces: bytes) -> list[Event]:
    reader = StreamReader()
    found = [each for piece in pieces for each in reader.feed(piece)] + reader.finish()
    assert reader.ended == bool(found and isinstance(found[-1], Ended))
    return found


def within(*events: tuple[str, Any]) -> list[Event]:
    """What these blocks' events come to, without the stream's frame."""
    found = read(stream([START, *events, *END]))
    assert found[0] == Started("bedrock")
    assert [type(each) for each in found[-3:]] == [Finished, Counted, Ended]
    assert found[-2] == Counted(Usage(3, 5), json.dumps(USAGE))
    check_grammar(found)
    return found[1:-3]


def check_grammar(events: list[Event]) -> None:
    """The order that every stream keeps."""
    assert isinstance(events[0], Started)
    open_blocks: set[int] = set()
    begun = 0
    for each in events[1:]:
        assert not isinstance(each, Started)
        if isinstance(each, Opened):
            assert each.index == begun
            begun += 1
            open_blocks.add(each.index)
        elif isinstance(each, Closed):
            open_blocks.remove(each.index)
        elif isinstance(each, TextDelta | ArgumentsDelta | OpaqueDelta | AnnotationDelta):
            assert each.index in open_blocks
        elif isinstance(each, Finished | Ended):
            assert not open_blocks
    if any(isinstance(each, Ended) for each in events):
        assert isinstance(events[-1], Ended)


def test_text() -> None:
    assert within(delta(0, text="Hel"), delta(0, text="lo"), stop(0)) == [
        Opened(0, Text("")),
        TextDelta(0, "Hel"),
        TextDelta(0, "lo"),
        Closed(0),
    ]


def test_an_empty_text_is_no_block() -> None:
    found = within(
        delta(0, text=""), stop(0), delta(1, reasoningContent={"text": "hm"}), stop(1), delta(2, text="a"), stop(2)
    )
    assert found == [
        Opened(0, Reasoning()),
        TextDelta(0, "hm"),
        Closed(0),
        Opened(1, Text("")),
        TextDelta(1, "a"),
        Closed(1),
    ]


def test_a_thought_and_its_signature() -> None:
    found = within(
        delta(0, reasoningContent={"text": "h"}),
        delta(0, reasoningContent={"text": "m"}),
        delta(0, reasoningContent={"signature": "si"}),
        delta(0, reasoningContent={"signature": "g"}),
        stop(0),
    )
    assert found == [Opened(0, Reasoning()), TextDelta(0, "h"), TextDelta(0, "m"), OpaqueDelta(0, "sig"), Closed(0)]


def test_a_thought_that_is_only_a_signature() -> None:
    assert within(delta(0, reasoningContent={"signature": "sig"}), stop(0)) == [
        Opened(0, Reasoning()),
        OpaqueDelta(0, "sig"),
        Closed(0),
    ]


def test_a_redacted_thought() -> None:
    whole = within(delta(0, reasoningContent={"redactedContent": "AAEC"}), stop(0))
    assert whole == [Opened(0, Reasoning(opaque="AAEC", redacted=True), whole=True), Closed(0)]
    pieces = within(
        delta(0, reasoningContent={"redactedContent": "AA=="}),
        delta(0, reasoningContent={"redactedContent": "AQI="}),
        stop(0),
    )
    assert pieces == whole


def test_calls() -> None:
    found = within(
        begin(0, toolUse={"toolUseId": "t1", "name": "f"}),
        delta(0, toolUse={"input": ""}),
        delta(0, toolUse={"input": '{"a"'}),
        delta(0, toolUse={"input": ":1}"}),
        stop(0),
        begin(1, toolUse={"toolUseId": "t2", "name": "g", "type": "tool_use"}),
        stop(1),
    )
    assert found == [
        Opened(0, ToolCall("t1", "f", "")),
        ArgumentsDelta(0, '{"a"'),
        ArgumentsDelta(0, ":1}"),
        Closed(0),
        Opened(1, ToolCall("t2", "g", "")),
        ArgumentsDelta(1, "{}"),
        Closed(1),
    ]


def test_calls_make_it_tool_calls() -> None:
    found = read(stream([START, begin(0, toolUse={"toolUseId": "t", "name": "f"}), stop(0), *END]))
    assert Finished(Finish("tool_calls", "end_turn")) in found


def test_blocks_at_once() -> None:
    found = within(
        begin(0, toolUse={"toolUseId": "t1", "name": "f"}),
        begin(1, toolUse={"toolUseId": "t2", "name": "g"}),
        delta(1, toolUse={"input": "{}"}),
        delta(0, toolUse={"input": "{} "}),
        stop(1),
    )
    assert found[2:4] == [ArgumentsDelta(1, "{}"), ArgumentsDelta(0, "{} ")]
    assert found[4:] == [Closed(1), Closed(0)]


def test_the_providers_own_tools_come_whole() -> None:
    found = within(
        begin(0, toolUse={"toolUseId": "t", "name": "code", "type": "server_tool_use"}),
        delta(0, toolUse={"input": '{"x":'}),
        delta(0, toolUse={"input": "1}"}),
        stop(0),
        begin(1, toolResult={"toolUseId": "t", "type": "code_result", "status": "success"}),
        delta(1, toolResult=[{"json": {"out": 1}}]),
        delta(1, toolResult=[{"text": "x"}]),
        stop(1),
        delta(2, text="a"),
    )
    use = {"toolUseId": "t", "name": "code", "type": "server_tool_use", "input": {"x": 1}}
    result = {
        "toolUseId": "t",
        "type": "code_result",
        "status": "success",
        "content": [{"json": {"out": 1}}, {"text": "x"}],
    }
    assert found[:4] == [
        Opened(0, Foreign("bedrock", "toolUse", {"toolUse": use}), whole=True),
        Closed(0),
        Opened(1, Foreign("bedrock", "toolResult", {"toolResult": result}), whole=True),
        Closed(1),
    ]
    assert found[4] == Opened(2, Text(""))


def test_a_picture() -> None:
    found = within(begin(0, image={"format": "png"}), delta(0, image={"source": {"bytes": "AAEC"}}), stop(0))
    assert found == [Opened(0, Media("image", "image/png", "AAEC"), whole=True), Closed(0)]


def test_citations() -> None:
    found = within(delta(0, text="a"), delta(0, citation={"title": "t"}), stop(0))
    assert found[2] == AnnotationDelta(0, "bedrock", {"title": "t"})


def test_what_is_unknown_is_left_out() -> None:
    assert within(("newEvent", {"x": 1}), begin(0, newKind={}), delta(0, newKind={"x": 1}), stop(0))[:-2] == []


def test_kinds_that_change_within_one_number() -> None:
    found = within(delta(0, reasoningContent={"text": "h"}), delta(0, text="a"), stop(0))
    assert [type(each) for each in found] == [Opened, TextDelta, Closed, Opened, TextDelta, Closed]


def test_the_stop_sequence() -> None:
    fields = {"delta": {"stop_sequence": "END"}}
    found = read(
        stream([START, ("messageStop", {"stopReason": "stop_sequence", "additionalModelResponseFields": fields})])
    )
    assert found[1:] == [Finished(Finish("stop_sequence", "stop_sequence", "END")), Ended()]


def test_cuts_have_no_end() -> None:
    whole = stream([START, delta(0, text="a"), *END[:1]])
    assert isinstance(read(whole)[-1], Ended)
    last = len(event(*END[0]))
    assert not any(isinstance(each, Ended | Finished) for each in read(whole[:-last]))
    assert not any(isinstance(each, Ended) for each in read(whole + event(*END[1])[:9]))


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("throttlingException", 429),
        ("validationException", 400),
        ("modelStreamErrorException", 424),
        ("internalServerException", 500),
        ("serviceUnavailableException", 503),
    ],
)
def test_exceptions(name: str, status: int) -> None:
    data = stream([START, delta(0, text="a")]) + exception(name, "why") + stream(END)
    found = read(data)
    assert found[-1] == Failed("why", name, None, status)
    assert sum(isinstance(each, Failed) for each in found) == 1


def test_an_exception_comes_first() -> None:
    assert read(exception("throttlingException", "why")) == [Failed("why", "throttlingException", None, 429)]
    assert read(exception("modelStreamErrorException", "", originalMessage="deep", originalStatusCode=500)) == [
        Failed("deep", "modelStreamErrorException", None, 424)
    ]


def test_an_error() -> None:
    data = frame({":message-type": "error", ":error-code": "InternalError", ":error-message": "oh"})
    assert read(data) == [Failed("oh", "InternalError", None, 502)]
    nameless = frame({":message-type": "exception"}, b"what")
    assert read(nameless) == [Failed("the upstream ended the stream: ", None, None, 502)]


@pytest.mark.parametrize(
    "data",
    [
        b'{"message":"an error in JSON"}',
        event("contentBlockDelta", {"contentBlockIndex": 0}),
        event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": 1}}),
        event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"toolUse": {"input": "{}"}}}),
        event("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": {"name": "f"}}}),
        event("contentBlockStop", {}),
        event("messageStop", {}),
        stream(
            [
                delta(0, reasoningContent={"redactedContent": "AAA"}),
                delta(0, reasoningContent={"redactedContent": "A"}),
                stop(0),
            ]
        ),
        frame({":message-type": "event", ":event-type": "contentBlockDelta"}, b"{"),
        frame({":message-type": "event", ":event-type": "contentBlockDelta"}, b"[" * 100_000),
        frame({":message-type": "event", ":event-type": "metadata"}, b'{"usage":{"a":"\xff"}}'),
    ],
)
def test_garbage(data: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        StreamReader().feed(data)


def test_nothing_after_the_end() -> None:
    reader = StreamReader()
    reader.feed(stream([START, *END]))
    assert reader.ended
    assert reader.feed(b"anything") == []
    assert reader.finish() == []


KEYS = st.sampled_from(
    [
        *(
            "contentBlockIndex",
            "delta",
            "start",
            "text",
            "toolUse",
            "toolResult",
            "toolUseId",
            "name",
        ),
        *(
            "input",
            "reasoningContent",
            "signature",
            "type",
            "image",
            "redactedContent",
            "citation",
        ),
        *(
            "stopReason",
            "usage",
            "additionalModelResponseFields",
            "source",
            "bytes",
            "format",
        ),
        *("inputTokens",),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "end_turn", "png", "a", "AAAA", "A"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"]
)
LIKELY = st.one_of(
    st.tuples(NAMES, st.fixed_dictionaries({"contentBlockIndex": st.integers(0, 2), "delta": JSON, "start": JSON})),
    st.tuples(NAMES, st.dictionaries(KEYS, JSON, max_size=4)),
)


@given(st.lists(LIKELY, max_size=8))
def test_any_events(events: list[tuple[str, Any]]) -> None:
    try:
        found = read(stream([START, *events]))
    except UpstreamGarbage:
        return
    if not any(isinstance(each, Failed) for each in found):
        check_grammar(found)


@given(st.binary(max_size=100))
def test_any_payload(payload: bytes) -> None:
    for name in ("contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"):
        with contextlib.suppress(UpstreamGarbage):
            StreamReader().feed(frame({":message-type": "event", ":event-type": name}, payload))


WHOLE = stream(
    [
        START,
        delta(0, reasoningContent={"text": "hm"}),
        delta(0, reasoningContent={"signature": "sig"}),
        stop(0),
        delta(1, text="Hällo"),
        stop(1),
        begin(2, toolUse={"toolUseId": "t", "name": "f"}),
        delta(2, toolUse={"input": '{"a":"ü"}'}),
        stop(2),
        *END,
    ]
)


def test_at_every_split() -> None:
    wanted = read(WHOLE)
    for at in range(len(WHOLE) + 1):
        assert read(WHOLE[:at], WHOLE[at:]) == wanted


@exchanges("bedrock", "/converse", lambda each: each.status == 200 and each.streamed)
def test_recorded(exchange: Exchange) -> None:
    data = exchange.answer
    wanted = read(data)
    check_grammar(wanted)
    assert isinstance(wanted[-1], Ended)
    counted = [each for each in wanted if isinstance(each, Counted)]
    assert len(counted) == 1
    usage = counted[0].usage
    assert (usage.input_tokens or 0) + (usage.output_tokens or 0) == json.loads(counted[0].raw)["totalTokens"]
    finish = next(each.finish for each in wanted if isinstance(each, Finished))
    calls = [each for each in wanted if isinstance(each, Opened) and isinstance(each.part, ToolCall)]
    assert bool(calls) == (finish.reason == "tool_calls")
    for call in calls:
        told = "".join(each.text for each in wanted if isinstance(each, ArgumentsDelta) and each.index == call.index)
        assert isinstance(msgspec.json.decode(told), dict)
    chance = random.Random(7)
    splits = range(len(data)) if len(data) < 20_000 else chance.sample(range(len(data)), 200)
    for at in splits:
        assert read(data[:at], data[at:]) == wanted
    cuts = sorted(chance.sample(range(len(data)), 30))
    assert read(*[data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]) == wanted
