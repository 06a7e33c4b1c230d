"""Streams of all servers that speak this format become the same events, however the bytes are cut."""

from __future__ import annotations

import contextlib
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.answer import Finish
from ajar.domain.dialog.events import Closed, Counted, Ended, Failed, Finished, Opened, Started, TextDelta
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall
from ajar.domain.usage import Usage
from ajar.errors import UpstreamGarbage
from ajar.wire.openai_chat.stream_read import StreamReader
from wire.openai_chat import grammar
from wire.openai_chat.recorded import chat_exchanges

if TYPE_CHECKING:
    from ajar.domain.dialog.events import Event
    from recordings import Exchange

DONE = b"data: [DONE]\n\n"


def chunk(delta: Any = None, **fields: Any) -> bytes:
    """One event. Fields of the choice go by their own names, those of the chunk as a dict `top`."""
    top = fields.pop("top", {})
    choice = {"index": 0, "delta": delta or {}, "finish_reason": None, **fields}
    return (
        b"data: " + json.dumps({"id": "c", "model": "m", "created": 7, "choices": [choice], **top}).encode() + b"\n\n"
    )


def call(**fields: Any) -> bytes:
    """A piece of a tool call; `name` and `arguments` stand in `function`."""
    function = {name: fields.pop(name) for name in ("name", "arguments") if name in fields}
    return chunk({"tool_calls": [{**fields, "function": function}]})


def read(*pieces: bytes) -> list[Event]:
    reader = StreamReader()
    events = [event for piece in pieces for event in reader.feed(piece)]
    events += reader.finish()
    assert reader.ended == (bool(events) and type(events[-1]) is Ended)
    grammar.check(events)
    return events


def parts(*pieces: bytes) -> list[Any]:
    events = read(*pieces, chunk(finish_reason="stop"), DONE)
    assert type(events[-1]) is Ended
    return grammar.joined(events)


@chat_exchanges(lambda exchange: exchange.streamed)
def test_recorded_streams_at_every_split(exchange: Exchange) -> None:
    stream = exchange.answer
    events = read(stream)
    assert type(events[-1]) in {Ended, Failed}
    every = range(1, len(stream))
    cuts = every if len(stream) <= 20_000 else random.Random(5).sample(every, 200)
    for cut in cuts:
        reader = StreamReader()
        assert reader.feed(stream[:cut]) + reader.feed(stream[cut:]) + reader.finish() == events
    assert read(*[stream[at : at + 7] for at in range(0, len(stream), 7)]) == events


@chat_exchanges(lambda exchange: exchange.streamed)
def test_recorded_streams_say_what_their_chunks_say(exchange: Exchange) -> None:
    events = read(exchange.answer)
    chunks = [json.loads(line[6:]) for line in exchange.answer.splitlines() if line.startswith(b"data: {")]
    deltas = [each["choices"][0]["delta"] for each in chunks if each.get("choices")]
    said = grammar.joined(events)
    text = "".join(part.text for part in said if type(part) is Text)
    assert text == "".join(delta.get("content") or "" for delta in deltas)
    thought = "".join(part.text for part in said if type(part) is Reasoning)
    assert thought == "".join(delta.get("reasoning_content") or delta.get("reasoning") or "" for delta in deltas)
    names = [part.name for part in said if type(part) is ToolCall]
    assert names == [each["function"]["name"] for delta in deltas for each in delta.get("tool_calls") or ()]
    blocks = [each["usage"] for each in chunks if each.get("usage")]
    counted = [event for event in events if type(event) is Counted]
    if type(events[-1]) is Ended:
        assert [json.loads(each.raw) for each in counted[-1:]] == blocks[-1:]
        for each in counted:
            block = json.loads(each.raw)
            assert each.usage.input_tokens == block["prompt_tokens"]
            assert each.usage.output_tokens == block["completion_tokens"]
            assert block["total_tokens"] == block["prompt_tokens"] + block["completion_tokens"]
            assert (each.usage.reasoning_output_tokens or 0) <= block["completion_tokens"]
            assert (each.usage.cache_read_input_tokens or 0) <= block["prompt_tokens"]


def test_text() -> None:
    logprobs = {"content": [{"token": "b"}], "refusal": None}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    last = b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\n"
    pieces = [
        chunk({"role": "assistant", "content": ""}, top={"usage": None}),
        chunk({"content": "a"}),
        chunk({"content": "b"}, logprobs=logprobs),
        chunk({}, finish_reason="stop"),
        last,
        DONE,
    ]
    assert read(*pieces) == [
        Started("openai-chat", "c", "m", 7),
        Opened(0, Text("")),
        TextDelta(0, "a"),
        TextDelta(0, "b", [{"token": "b"}]),
        Counted(Usage(3, 2), json.dumps(usage)),
        Closed(0),
        Finished(Finish("stop", "stop")),
        Ended(),
    ]


def test_the_prologue_of_azure_is_no_start() -> None:
    prologue = b'data: {"id":"","model":"","created":0,"choices":[],"prompt_filter_results":[]}\n\n'
    assert read(prologue, chunk({"content": "a"}))[0] == Started("openai-chat", "c", "m", 7)


def test_thoughts_under_either_name() -> None:
    for name in ("reasoning_content", "reasoning"):
        assert parts(chunk({name: "a"}), chunk({name: "b", "content": None}), chunk({"content": "c"})) == [
            Reasoning("ab"),
            Text("c"),
        ]
    assert parts(chunk({"reasoning": "a", "reasoning_content": "a"})) == [Reasoning("a")]
    assert parts(chunk({"reasoning_content": "a", "content": "b"}), chunk({"content": "c", "reasoning": "d"})) == [
        Reasoning("a"),
        Text("b"),
        Reasoning("d"),
        Text("c"),
    ]


def detail(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"reasoning.{kind}", "index": 0, **fields}


def test_thoughts_with_details() -> None:
    def thinks(*details: Any, plain: str | None = None) -> bytes:
        return chunk({"content": "", "reasoning": plain, "reasoning_details": list(details)})

    assert parts(
        thinks(detail("text", text="a"), plain="a"),
        thinks(detail("text", text="b"), plain="b"),
        thinks(detail("text", signature="sig")),
        thinks(detail("text", text="c", index=1)),
        thinks(detail("text", text="d", index=2)),
        thinks(detail("encrypted", data="x")),
        thinks(detail("summary", summary="s", id="r")),
        thinks(detail("encrypted", data="y", id="r")),
        chunk({"content": "t"}),
    ) == [
        Reasoning("ab", "sig"),
        Reasoning("c"),
        Reasoning("d"),
        Reasoning(opaque="x", redacted=True),
        Reasoning("s", "y", id="r", summary=True),
        Text("t"),
    ]
    assert parts(thinks(detail("encrypted", data="x", id="r"), plain="a")) == [
        Reasoning("a"),
        Reasoning(opaque="x", id="r"),
    ]
    assert parts(chunk({"reasoning": "a"}), thinks(detail("text", signature="s"))) == [Reasoning("a", "s")]
    again = thinks(detail("text", text="ab", signature="s"))  # as Ajar's own streams have it
    assert parts(chunk({"reasoning": "a"}), chunk({"reasoning": "b"}), again, thinks(detail("text", text="ab"))) == [
        Reasoning("ab", "s"),
        Reasoning("ab"),
    ]
    again = thinks(detail("summary", summary="a", id="r"), detail("encrypted", data="x", id="r"))
    assert parts(chunk({"reasoning": "a"}), again) == [Reasoning("a", "x")]
    assert parts(chunk({"reasoning_details": "odd", "reasoning": "a"}), thinks(1, {"type": "odd"})) == [Reasoning("a")]


def test_refusal_images_citations_and_signatures() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    signed = {"google": {"thought_signature": "s"}}
    assert parts(
        chunk({"content": "a", "annotations": [{"n": 1}]}),
        chunk({"content": "b", "extra_content": signed}),
        chunk({"annotations": [{"n": 2}]}),
        chunk({"images": [image]}),
        chunk({"refusal": "no"}),
        chunk({"refusal": "pe"}),
    ) == [
        Text("ab", opaque="s", annotations=[{"n": 1}, {"n": 2}]),
        Media("image", "image/png", "AA=="),
        Refusal("nope"),
    ]
    assert parts(chunk({"extra_content": signed})) == [Reasoning(opaque="s")]


def test_content_in_items() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    assert parts(
        chunk({"content": [thinking]}), chunk({"content": [thinking, {"type": "ref"}]}), chunk({"content": "a"})
    ) == [
        Reasoning("hmhm"),
        Foreign("openai-chat", "ref", {"type": "ref"}),
        Text("a"),
    ]


class TestCalls:
    def test_numbered(self) -> None:
        assert parts(
            chunk({"content": "I call"}),
            call(index=0, id="a", type="function", name="f", arguments=""),
            call(index=0, arguments='{"x":'),
            call(index=0, arguments="1}"),
            call(index=1, id="b", type="function", name="g", arguments="{}"),
        ) == [Text("I call"), ToolCall("a", "f", '{"x":1}'), ToolCall("b", "g", "{}")]

    def test_a_whole_call_is_closed_when_the_next_begins(self) -> None:
        events = read(call(index=0, id="a", name="f", arguments="{}"), call(index=1, id="b", name="g", arguments="{}"))
        assert events.index(Closed(0)) < events.index(Opened(1, ToolCall("b", "g", "")))

    def test_interleaved(self) -> None:
        assert parts(
            call(index=0, id="a", name="f", arguments='{"x"'),
            call(index=1, id="b", name="g", arguments='{"y"'),
            call(index=0, arguments=":1}"),
            call(index=1, arguments=":2}"),
        ) == [ToolCall("a", "f", '{"x":1}'), ToolCall("b", "g", '{"y":2}')]

    @pytest.mark.parametrize("number", [{"index": 0}, {}, {"index": None}])
    def test_all_with_one_number(self, number: dict[str, Any]) -> None:
        assert parts(
            call(**number, id="a", name="f", arguments='{"x":1}'),
            call(**number, id="b", name="f", arguments=""),
            call(**number, arguments='{"y"'),
            call(**number, id="b", arguments=":2}"),
            call(**number, id="c", name="g", arguments="{}"),
        ) == [ToolCall("a", "f", '{"x":1}'), ToolCall("b", "f", '{"y":2}'), ToolCall("c", "g", "{}")]

    def test_without_ids(self) -> None:
        found = parts(
            call(index=0, name="f", arguments='{"x":1}'),
            call(index=0, name="f", arguments="{"),
            call(index=0, name="f", arguments="}"),
            call(index=0, id="", name="g", arguments="{}"),
        )
        assert [(each.name, each.arguments) for each in found] == [("f", '{"x":1}'), ("f", "{}"), ("g", "{}")]
        assert len({each.id for each in found}) == 3
        assert all(each.id.startswith("call_") for each in found)

    def test_the_name_comes_late(self) -> None:
        assert parts(call(index=0, id="a", arguments="{"), call(index=0, name="f", arguments="}")) == [
            ToolCall("a", "f", "{}")
        ]
        assert parts(call(index=0, id="a", arguments="{}")) == [ToolCall("a", "", "{}")]

    def test_arguments_as_an_object_and_custom_tools(self) -> None:
        custom = {"index": 1, "id": "b", "type": "custom", "custom": {"name": "c", "input": "x"}}
        assert parts(call(index=0, id="a", name="f", arguments={"x": 1}), chunk({"tool_calls": [custom]})) == [
            ToolCall("a", "f", '{"x":1}'),
            ToolCall("b", "c", "x", custom=True),
        ]

    def test_signatures(self) -> None:
        signed = {"extra_content": {"google": {"thought_signature": "s"}}}
        assert parts(call(index=0, id="a", name="f", arguments="{}", **signed)) == [
            ToolCall("a", "f", "{}", opaque="s")
        ]

    def test_text_after_a_call(self) -> None:
        assert parts(call(index=0, id="a", name="f", arguments="{}"), chunk({"content": "so"})) == [
            ToolCall("a", "f", "{}"),
            Text("so"),
        ]

    def test_stop_means_that_tools_are_called(self) -> None:
        events = read(call(index=0, id="a", name="f", arguments="{}"), chunk(finish_reason="stop"), DONE)
        assert events[-2] == Finished(Finish("tool_calls", "stop"))

    def test_a_piece_of_no_call(self) -> None:
        assert parts(call(index=3, arguments="{}"), chunk({"content": "a"})) == [Text("a")]


def test_the_end() -> None:
    assert type(read(chunk({"content": "a"}, finish_reason="length"))[-1]) is Ended
    assert type(read(chunk({"content": "a"}), DONE)[-1]) is Ended
    assert type(read(chunk({"content": "a"}))[-1]) is TextDelta
    assert type(read(chunk({"content": "a"}), chunk(finish_reason="stop"), b'data: {"choices":[{"ind')[-1]) is TextDelta
    assert type(read(chunk({"content": "a"}), b"data: [DONE]")[-1]) is Ended
    assert read() == []
    assert type(read(chunk({"content": "a"}), DONE, chunk({"content": "b"}), b"data: junk\n\n")[-1]) is Ended


def test_finish_comes_before_the_end() -> None:
    pieces = [
        chunk({"content": "a"}, finish_reason="stop", native_finish_reason="eos"),
        chunk({"content": "b"}, finish_reason=None),
        chunk({}, finish_reason="length", native_finish_reason="max", top={"usage": {"prompt_tokens": 1}}),
    ]
    events = read(*pieces, DONE)
    assert events[-2] == Finished(Finish("length", "max"))
    assert grammar.joined(events) == [Text("ab")]
    events = read(chunk({"content": "a"}, finish_reason="stop", stop_reason="END"), DONE)
    assert events[-2] == Finished(Finish("stop_sequence", "stop", "END"))


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        (b'data: {"error":{"message":"m","type":"t","code":429}}', Failed("m", "t", "429", 429)),
        (b'data: {"error":{"message":"m","type":"rate_limit_error"}}', Failed("m", "rate_limit_error", None, 429)),
        (b'event: error\ndata: {"error":{"message":"m","status_code":400}}', Failed("m", None, None, 400)),
        (b'event: error\ndata: {"message":"m"}', Failed("m", None, None, 502)),
        (b"event: error\ndata: oh", Failed("the upstream's stream holds an error without a message", None, None, 502)),
        (b'data: {"error":"m"}', Failed("m", None, None, 502)),
        (b'data: [{"error":{"message":"m","code":429}}]', Failed("m", None, "429", 429)),
        (b'data: {"object":"error","message":"m","type":"t","code":503}', Failed("m", "t", "503", 503)),
        (b'data: {"error":{"message":"m","details":[{"retryDelay":"7s"}]}}', Failed("m", None, None, 502, 7.0)),
        (b'data: {"error":{"message":"m","type":"server_error"}}', Failed("m", "server_error", None, 500)),
        (
            b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"error","error":{"code":502,"message":"m"}}]}',
            Failed("m", None, "502", 502),
        ),
    ],
)
def test_an_error_inside_a_stream(event: bytes, wanted: Failed) -> None:
    assert read(chunk({"content": "a"}), event + b"\n\n", DONE)[-1] == wanted
    assert read(chunk({"content": "a"}), event + b"\n\n" + DONE + chunk({"content": "b"}))[-1] == wanted
    if b"choices" not in event:
        assert read(event + b"\n\n", DONE) == [wanted]


def test_other_choices_are_left_out() -> None:
    two = {"choices": [{"index": 1, "delta": {"content": "x"}}, {"index": 0, "delta": {"content": "a"}}]}
    assert parts(b"data: " + json.dumps(two).encode() + b"\n\n", chunk({"content": "y"}, index=1)) == [Text("a")]


def test_usage_that_is_repeated_counts_once() -> None:
    pieces = [chunk({"content": "a"}, top={"usage": {"prompt_tokens": 1, "completion_tokens": n}}) for n in (1, 1, 2)]
    counted = [event.usage.output_tokens for event in read(*pieces) if type(event) is Counted]
    assert counted == [1, 2]


@pytest.mark.parametrize("event", [b"{", b"[]", b"1", b'{"choices":1}', b'{"choices":[{"delta":{"content":1}}]}'])
def test_garbage(event: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        StreamReader().feed(b"data: " + event + b"\n\n")


def test_an_end_without_a_beginning() -> None:
    with pytest.raises(UpstreamGarbage):
        StreamReader().feed(DONE)


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_any_bytes(pieces: list[bytes]) -> None:
    reader = StreamReader()
    with contextlib.suppress(UpstreamGarbage):
        for piece in pieces:
            reader.feed(b"data: " + piece + b"\n\n")
        reader.finish()


WORDS = st.sampled_from(["content", "a", "{}", "text", "type", "google", "thought_signature", "reasoning.text", "data"])
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
TEXT = st.none() | st.sampled_from(["", "a", "{}", '{"a":1}', "}"])
DELTA = st.fixed_dictionaries(
    {},
    optional={
        "content": TEXT,
        "reasoning": ANY,
        "reasoning_content": TEXT,
        "refusal": TEXT,
        "annotations": ANY,
        "images": ANY,
        "extra_content": ANY,
        "reasoning_details": ANY
        | st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(["reasoning.text", "reasoning.summary", "reasoning.encrypted"])},
                optional={"text": TEXT, "summary": TEXT, "data": TEXT, "id": TEXT, "signature": TEXT, "index": ANY},
            ),
            max_size=2,
        ),
        "tool_calls": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "index": st.none() | st.integers(0, 2),
                    "id": TEXT,
                    "function": st.fixed_dictionaries({}, optional={"name": TEXT, "arguments": TEXT | ANY}),
                    "custom": ANY,
                    "extra_content": ANY,
                },
            ),
            max_size=2,
        ),
    },
)


@given(st.lists(st.tuples(DELTA, TEXT), max_size=8))
def test_any_deltas_make_events_in_order(deltas: list[tuple[Any, Any]]) -> None:
    events = read(*[chunk(delta, finish_reason=finish) for delta, finish in deltas], chunk(), DONE)
    assert type(events[-1]) is Ended
