"""Streams of streamGenerateContent, at every split."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any

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
    Opened,
    Started,
    TextDelta,
)
from ajar.domain.dialog.parts import Foreign, Media, Part, Reasoning, Text, ToolCall
from ajar.domain.usage import Usage
from ajar.errors import UpstreamGarbage
from ajar.wire.gemini.stream_read import StreamReader
from recordings import Exchange, exchanges

STOP: dict[str, Any] = {"finishReason": "STOP"}


def chunk(*parts: Any, top: dict[str, Any] | None = None, **fields: Any) -> bytes:
    candidate = {"content": {"role": "model", "parts": list(parts)}, "index": 0, **fields}
    return event({"candidates": [candidate], **(top or {})})


def event(value: Any) -> bytes:
    return b"data: %b\r\n\r\n" % json.dumps(value, ensure_ascii=False).encode()


def read(*pieces: bytes) -> list[Event]:
    reader = StreamReader()
    found = [each for piece in pieces for each in reader.feed(piece)] + reader.finish()
    assert reader.ended == bool(found and isinstance(found[-1], Ended))
    assert reader.finish() == reader.feed(b"data: {}\n\n") == [] or not reader.ended
    return found


def within(*pieces: bytes) -> list[Event]:
    """The events between a plain start and a plain end."""
    found = read(*pieces)
    assert isinstance(found[0], Started)
    assert isinstance(found[-2], Finished)
    assert isinstance(found[-1], Ended)
    return found[1:-2]


def call(**fields: Any) -> dict[str, Any]:
    return {"functionCall": fields}


def test_a_stream() -> None:
    top = {"modelVersion": "gemini-3", "responseId": "r", "createTime": "2026-05-27T16:53:45Z"}
    one = {"promptTokenCount": 3, "thoughtsTokenCount": 4}
    two = {"promptTokenCount": 3, "thoughtsTokenCount": 4, "candidatesTokenCount": 5}
    found = read(
        chunk({"text": "Hmm", "thought": True}, top=top | {"usageMetadata": one}),
        chunk({"text": ", well", "thought": True}, top=top | {"usageMetadata": one}),
        chunk({"text": "Hello"}, top=top),
        chunk({"text": " you"}, top=top | {"usageMetadata": two}, finishReason="MAX_TOKENS", finishMessage="m"),
    )
    assert found == [
        Started("gemini", "r", "gemini-3", 1779900825),
        Opened(0, Reasoning(summary=True)),
        TextDelta(0, "Hmm"),
        Counted(Usage(3, 4, reasoning_output_tokens=4), json.dumps(one)),
        TextDelta(0, ", well"),
        Closed(0),
        Opened(1, Text("")),
        TextDelta(1, "Hello"),
        TextDelta(1, " you"),
        Counted(Usage(3, 9, reasoning_output_tokens=4), json.dumps(two)),
        Closed(1),
        Finished(Finish("length", "MAX_TOKENS", rest={"finishMessage": "m"})),
        Ended(),
    ]


def test_a_signed_part_is_a_block_whose_signature_is_known_first() -> None:
    assert within(
        chunk({"text": "a"}),
        chunk({"text": "b", "thoughtSignature": "s1"}),
        chunk({"text": "c"}),
        chunk({"text": ""}),
        chunk({"text": "", "thoughtSignature": "s2"}, **STOP),
    ) == [
        Opened(0, Text("")),
        TextDelta(0, "a"),
        Closed(0),
        Opened(1, Text("", "s1")),
        TextDelta(1, "b"),
        TextDelta(1, "c"),
        Closed(1),
        Opened(2, Text("", "s2")),
        Closed(2),
    ]
    assert within(chunk({"thoughtSignature": "s"}, **STOP)) == [Opened(0, Text("", "s"), whole=True), Closed(0)]


def test_calls_have_indices_and_ids_of_their_own() -> None:
    found = read(
        chunk(call(name="f", args={"a": 1}) | {"thoughtSignature": "s"}, top={"responseId": "r"}),
        chunk(call(name="f", args={"a": 2})),
        chunk({"text": "x"}, call(id="own", name="g"), {"text": ""}, **STOP),
    )
    opened = [each for each in found if isinstance(each, Opened)]
    assert [each.index for each in opened] == [0, 1, 2, 3]
    parts = [each.part for each in opened]
    assert isinstance(parts[0], ToolCall)
    assert isinstance(parts[1], ToolCall)
    assert (parts[0].opaque, parts[1].opaque) == ("s", None)
    assert parts[0].id != parts[1].id
    assert parts[3] == ToolCall("own", "g", "")
    assert [each for each in found if isinstance(each, ArgumentsDelta)] == [
        ArgumentsDelta(0, '{"a": 1}'),
        ArgumentsDelta(1, '{"a": 2}'),
        ArgumentsDelta(3, "{}"),
    ]
    assert found[-2] == Finished(Finish("tool_calls", "STOP"))


def test_arguments_in_pieces() -> None:
    def piece(path: str, more: bool = False, **value: Any) -> dict[str, Any]:
        return call(partialArgs=[{"jsonPath": path, "willContinue": more, **value}], willContinue=True)

    found = within(
        chunk(call(name="f", id="1", willContinue=True) | {"thoughtSignature": "s"}),
        chunk(piece("$.city", True, stringValue="New ")),
        chunk(piece("$.city", stringValue="Delhi")),
        chunk(piece("$.days", numberValue=3)),
        chunk(call()),
        chunk(call(name="g", id="2", args={}, willContinue=True)),
        chunk(call(name="h", id="3", partialArgs=[{"jsonPath": "$.a", "boolValue": False}])),
        chunk(call(), call(name="i", id="4", willContinue=True)),
        chunk(call(args={"late": 1})),
        chunk(call(name="j", id="5", willContinue=True), **STOP),
    )
    assert found == [
        Opened(0, ToolCall("1", "f", "", opaque="s")),
        ArgumentsDelta(0, '{"city":"New '),
        ArgumentsDelta(0, 'Delhi"'),
        ArgumentsDelta(0, ',"days":3'),
        ArgumentsDelta(0, "}"),
        Closed(0),
        Opened(1, ToolCall("2", "g", "")),
        ArgumentsDelta(1, "{}"),
        Closed(1),
        Opened(2, ToolCall("3", "h", "")),
        ArgumentsDelta(2, '{"a":false'),
        ArgumentsDelta(2, "}"),
        Closed(2),
        Opened(3, ToolCall("4", "i", "")),
        ArgumentsDelta(3, '{"late": 1}'),
        Closed(3),
        Opened(4, ToolCall("5", "j", "")),
        ArgumentsDelta(4, "{}"),
        Closed(4),
    ]


def test_other_parts_come_whole() -> None:
    code = {"executableCode": {"code": "1"}, "thoughtSignature": "s"}
    assert within(
        chunk({"text": "a"}), chunk(code, {"inlineData": {"mimeType": "image/png", "data": "A"}}, **STOP)
    ) == [
        Opened(0, Text("")),
        TextDelta(0, "a"),
        Closed(0),
        Opened(1, Foreign("gemini", "executableCode", code), whole=True),
        Closed(1),
        Opened(2, Media("image", "image/png", data="A"), whole=True),
        Closed(2),
    ]


def test_sources_stand_on_the_text_that_is_open() -> None:
    note = {"groundingMetadata": {"webSearchQueries": ["q"]}}
    assert within(chunk({"text": "a"}), chunk({"text": "", "thoughtSignature": "s"}, **note, **STOP))[2] == (
        AnnotationDelta(0, "gemini", note)
    )
    assert within(chunk({"text": "a"}, **note, **STOP))[2] == AnnotationDelta(0, "gemini", note)
    more = note | {"urlContextMetadata": {"urlMetadata": [1]}}
    assert read(chunk(**more, **STOP))[1] == Finished(Finish("stop", "STOP", rest=more))


def test_how_likely_the_tokens_were() -> None:
    result = {"chosenCandidates": [{"token": "a", "logProbability": -1}]}
    entry = {"token": "a", "logprob": -1.0, "bytes": None, "top_logprobs": []}
    found = within(chunk({"text": "x"}), chunk({"text": ""}, {"text": "a"}, logprobsResult=result, **STOP))
    assert found[1:3] == [TextDelta(0, "x"), TextDelta(0, "a", [entry])]
    assert within(chunk({"text": ""}, logprobsResult=result, **STOP)) == []


def test_a_blocked_prompt() -> None:
    feedback = {"blockReason": "SAFETY"}
    found = read(event({"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 3}}))
    assert found[-2:] == [Finished(Finish("content_filter", "SAFETY", rest={"promptFeedback": feedback})), Ended()]


@pytest.mark.parametrize(("reason", "kept"), [("STOP", False), ("MAX_TOKENS", False), ("SAFETY", True)])
def test_ratings_count_where_they_may_be_why(reason: str, kept: bool) -> None:
    rated = [{"category": "c", "probability": "NEGLIGIBLE"}]
    finished = read(chunk({"text": "a"}, finishReason=reason, safetyRatings=rated))[-2]
    assert isinstance(finished, Finished)
    assert finished.finish.rest == ({"safetyRatings": rated} if kept else {})


def test_a_stream_without_a_reason_to_finish_was_cut() -> None:
    assert read() == []
    assert read(chunk({"text": "a"})) == [Started("gemini"), Opened(0, Text("")), TextDelta(0, "a")]
    assert read(event({"promptFeedback": {}})) == [Started("gemini")]
    assert not any(isinstance(each, Ended) for each in read(chunk({"text": "a"}, **STOP)[:-9]))


def test_an_event_that_only_its_empty_line_is_missing_from_counts() -> None:
    assert read(chunk({"text": "a"}, **STOP)[:-4])[-1] == Ended()


ERROR = {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}
FAILED = Failed("overloaded", "UNAVAILABLE", None, 503)


@pytest.mark.parametrize(
    "raw",
    [
        event({"error": ERROR}),
        event([{"error": ERROR}]),
        event({"error": ERROR}).rstrip(),
        json.dumps({"error": ERROR}).encode(),
        json.dumps([{"error": ERROR}], indent=1).encode(),
        json.dumps({"error": ERROR}, indent=2).replace("\n", "\r\n").encode() + b"\r\n",
    ],
)
@pytest.mark.parametrize("before", [b"", chunk({"text": "a"})])
def test_an_error_inside_a_stream(raw: bytes, before: bytes) -> None:
    for pieces in ([before + raw], [before, raw], [bytes([each]) for each in before + raw]):
        found = read(*pieces)
        assert found[-1] == FAILED
        assert sum(isinstance(each, Failed | Ended | Finished) for each in found) == 1


def test_nothing_comes_after_an_error() -> None:
    assert read(event({"error": ERROR}) + chunk({"text": "a"}, **STOP), chunk({"text": "b"}, **STOP)) == [FAILED]


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        b"[]",
        b"3",
        b'{"candidates":3}',
        b"[" * 99999,
        b'{"candidates":[{"content":{"parts":[{"text":1}]}}]}',
        b'{"candidates":[{"content":{"parts":[{"text":"\xff"}]}}]}',
        b'{"candidates":[{"content":{"parts":[{"functionCall":{"args":3}}]}}]}',
        b'{"candidates":[{"content":{"parts":[{"functionCall":{"args":{"a":"\xff"}}}]}}]}',
        b'{"candidates":[{"content":{"parts":[{"a":"\xff"}]}}]}',
        b'{"usageMetadata":{"promptTokenCount":1,"a":"\xff"}}',
    ],
)
def test_anything_else_is_garbage(data: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        read(b"data: " + data + b"\n\n")


def test_a_long_tail_is_not_kept() -> None:
    reader = StreamReader()
    for _ in range(40):
        reader.feed(b": %b\n" % (b"x" * 5000))
    assert len(reader._tail) <= 65536


PIECES = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from(["", "a", "b"]),
        "thought": st.booleans(),
        "thoughtSignature": st.just("s"),
        "executableCode": st.just({}),
        "functionCall": st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from("fg"),
                "args": st.sampled_from([{}, {"a": 1}, None]),
                "willContinue": st.booleans(),
                "partialArgs": st.lists(
                    st.fixed_dictionaries(
                        {"jsonPath": st.sampled_from(["$.a", "$.b", "$.c[0]", "$.c[1].d"])},
                        optional={"stringValue": st.just("x"), "nullValue": st.none(), "willContinue": st.booleans()},
                    ),
                    max_size=2,
                ),
            },
        ),
    },
)


@given(parts=st.lists(st.lists(PIECES, max_size=3), max_size=5), seed=st.integers())
def test_any_parts_keep_the_grammar_at_any_split(parts: list[list[Any]], seed: int) -> None:
    body = b"".join([chunk(*each) for each in parts]) + chunk(**STOP)
    try:
        whole = read(body)
    except UpstreamGarbage:
        return
    check_grammar(whole)
    assert read(*split(body, random.Random(seed))) == whole
    for each in assembled(whole):
        if isinstance(each, ToolCall):
            assert isinstance(json.loads(each.arguments), dict)


@given(
    body=st.binary(max_size=200) | st.lists(st.sampled_from([b"data: ", b"{", b"}", b"[", b"\n", b"\r"])).map(b"".join)
)
def test_any_bytes_are_read_or_garbage(body: bytes) -> None:
    with contextlib.suppress(UpstreamGarbage):
        read(body)


@given(at=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_one_wrong_byte_is_read_or_garbage(at: int, byte: int) -> None:
    whole = call(name="f", id="1", args={"a": "é"}) | {"thoughtSignature": "s"}
    body = chunk({"text": "é"}, whole, top={"usageMetadata": {"promptTokenCount": 1, "a": "é"}}, **STOP)
    at %= len(body)
    with contextlib.suppress(UpstreamGarbage):
        read(body[:at] + bytes([byte]) + body[at + 1 :])


def split(body: bytes, chance: random.Random) -> list[bytes]:
    cuts = sorted(chance.sample(range(len(body) + 1), min(len(body), chance.randint(1, 9))))
    return [body[one:two] for one, two in zip([0, *cuts], [*cuts, len(body)], strict=True)]


def check_grammar(events: list[Event]) -> None:
    assert isinstance(events[0], Started)
    assert isinstance(events[-2], Finished)
    assert isinstance(events[-1], Ended)
    opened = 0
    alive: set[int] = set()
    for each in events[1:-2]:
        if isinstance(each, Opened):
            assert each.index == opened
            opened += 1
            alive.add(each.index)
        elif isinstance(each, Closed):
            alive.remove(each.index)
        elif isinstance(each, Counted):
            continue
        else:
            assert isinstance(each, TextDelta | ArgumentsDelta | AnnotationDelta)
            assert each.index in alive
    assert not alive


def assembled(events: list[Event]) -> list[Part]:
    """The parts that the events build."""
    parts: list[Part] = []
    for each in events:
        if isinstance(each, Opened):
            parts.append(each.part)
        elif isinstance(each, TextDelta):
            parts[each.index].text += each.text
        elif isinstance(each, ArgumentsDelta):
            parts[each.index].arguments += each.text
    return parts


@exchanges("gemini", "streamGenerateContent", lambda each: each.streamed)
def test_recorded_streams(exchange: Exchange) -> None:
    body = exchange.answer
    whole = read(body)
    check_grammar(whole)
    chunks = [json.loads(each[5:]) for each in body.replace(b"\r\n", b"\n").split(b"\n\n") if each.strip()]
    usage = chunks[-1]["usageMetadata"]
    counted = [each for each in whole if isinstance(each, Counted)][-1]
    assert (counted.usage.input_tokens or 0) + (counted.usage.output_tokens or 0) == usage["totalTokenCount"]
    assert json.loads(counted.raw) == usage
    parts = [part for each in chunks for part in each["candidates"][0]["content"]["parts"]]
    found = assembled(list(read(body)))
    for thought in (True, False):
        kind = Reasoning if thought else Text
        text = "".join([part.get("text", "") for part in parts if part.get("thought", False) == thought])
        assert "".join([part.text for part in found if isinstance(part, kind)]) == text
    calls = [part["functionCall"] for part in parts if "functionCall" in part]
    assert [json.loads(part.arguments) for part in found if isinstance(part, ToolCall)] == [
        each["args"] for each in calls
    ]
    opaque = [part.value.get("thoughtSignature") if isinstance(part, Foreign) else part.opaque for part in found]
    assert [each for each in opaque if each] == [
        part["thoughtSignature"] for part in parts if "thoughtSignature" in part
    ]
    assert whole[-2] == Finished(Finish("tool_calls" if calls else "stop", "STOP"))


@exchanges("gemini", "streamGenerateContent", lambda each: each.streamed)
def test_recorded_streams_at_every_split(exchange: Exchange) -> None:
    body = exchange.answer
    whole = read(body)
    if len(body) <= 20_000:
        for at in range(1, len(body)):
            assert read(body[:at], body[at:]) == whole
        return
    chance = random.Random(7)
    for _ in range(200):
        assert read(*split(body, chance)) == whole
