"""How an answer opens: what holds for every format."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.answer import Answer, Finish
from ajar.domain.dialog.content import is_content, opens
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
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall
from ajar.domain.usage import Usage
from ajar.errors import UpstreamGarbage
from ajar.wire.formats import FORMATS
from ajar.wire.fronts import CHAT, MESSAGES, RESPONSES, Front
from ajar.wire.opening import (
    Failure,
    ends_of,
    failure,
    failure_of,
    failure_of_answer,
    may_err,
    opening_in,
    opening_of,
    says,
)
from ajar.wire.read_error import ReadError

if TYPE_CHECKING:
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.parts import Part
    from ajar.wire.opening import Opening

FRONTS = (CHAT, RESPONSES, MESSAGES)

HELD: list[Event] = [
    Started("openai-chat"),
    Opened(0, Text("")),
    Opened(0, Reasoning(id="r", summary=True)),
    Opened(0, Reasoning(), whole=True),
    Opened(0, Refusal("")),
    TextDelta(0, ""),
    ArgumentsDelta(0, ""),
    Closed(0),
    Finished(Finish("stop")),
    Counted(Usage(), "{}"),
]
CONTENT: list[Event] = [
    TextDelta(0, " "),
    ArgumentsDelta(0, "{"),
    OpaqueDelta(0, "s"),
    AnnotationDelta(0, "gemini", {}),
    Opened(0, ToolCall("i", "n", "")),
    Opened(0, Text("", opaque="s")),
    Opened(0, Text("t"), whole=True),
    Opened(0, Reasoning(opaque="s", redacted=True), whole=True),
    Opened(0, Reasoning("t"), whole=True),
    Opened(0, Refusal("no"), whole=True),
    Opened(0, Media("image", "image/png", data="x"), whole=True),
    Opened(0, Foreign("anthropic", "server_tool_use", {}), whole=True),
    Ended(),
]


@pytest.mark.parametrize("event", HELD)
def test_events_that_are_held(event: Event) -> None:
    assert not is_content(event)


@pytest.mark.parametrize("event", CONTENT)
def test_events_that_are_content(event: Event) -> None:
    assert is_content(event)


def test_one_event_of_content_opens() -> None:
    assert not opens([])
    assert not opens(HELD)
    assert opens([*HELD, CONTENT[0]])
    assert opening_of([]) == opening_of(HELD) == "held"
    assert opening_of([*HELD, CONTENT[0], Failed("late")]) == "content"


def test_a_failure_before_content() -> None:
    events: list[Event] = [Started("gemini"), Failed("slow", "RESOURCE_EXHAUSTED", "QUOTA", 429, 34.4)]
    assert opening_of(events) == Failure(429, "slow", "RESOURCE_EXHAUSTED", "QUOTA", 34.4)
    assert not opens(events)


def test_a_stream_that_ends_with_an_error_before_content_failed() -> None:
    """The formats of callers have no word for such an end."""
    end: list[Event] = [Finished(Finish("error", "MALFORMED_FUNCTION_CALL")), Ended()]
    wanted = Failure(502, "the upstream's answer is empty and ended with `MALFORMED_FUNCTION_CALL`")
    assert opening_of([*HELD, *end]) == wanted
    assert opening_of([*HELD, TextDelta(0, "x"), *end]) == "content"


@pytest.mark.parametrize("parts", [[], [Text("")], [Reasoning(), Refusal("")]])
def test_a_whole_answer_that_ends_with_an_error_failed(parts: list[Part]) -> None:
    def ended(finish: Finish, *more: Part) -> Answer:
        return Answer(format="gemini", parts=[*parts, *more], finish=finish)

    wanted = Failure(502, "the upstream's answer is empty and ended with `queued`")
    assert failure_of_answer(ended(Finish("error", "queued"))) == wanted
    assert failure_of_answer(ended(Finish("error"))) is not None
    assert failure_of_answer(ended(Finish("error", "network_error"), Text("half of"))) == Failure(
        502, "the upstream's answer broke off with `network_error`"
    )
    assert failure_of_answer(ended(Finish("error"), ToolCall("i", "n", ""))) is not None
    assert failure_of_answer(ended(Finish("stop"))) is None
    assert failure_of_answer(ended(Finish("content_filter"))) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("openai-responses", {"status": "in_progress", "output": []}),
        ("gemini", {"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL", "index": 0}]}),
        ("openai-chat", {"choices": [{"message": {"content": ""}, "finish_reason": "network_error"}]}),
        ("bedrock", {"output": {"message": {"role": "assistant", "content": []}}, "stopReason": "malformed_tool_use"}),
    ],
)
def test_an_answer_of_each_format_that_is_no_answer(name: Any, value: Any) -> None:
    body = json.dumps(value).encode()
    assert FORMATS[name].failure_in(body) is None
    found = failure_of_answer(FORMATS[name].read_answer(body))
    assert found is not None
    assert found.status == 502


@pytest.mark.parametrize("empty", [None, False, "", {}, []])
@pytest.mark.parametrize("front", FRONTS, ids=lambda front: front.title)
def test_an_error_that_is_empty_is_none(front: Front, empty: Any) -> None:
    answers: dict[str, Any] = {
        "openai-chat": {"choices": [{"index": 0, "message": {"content": "x"}, "error": empty}]},
        "openai-responses": {"status": "completed", "output": []},
        "anthropic": {"type": "message", "content": [], "stop_reason": "end_turn"},
    }
    body = json.dumps({**answers[front.format], "error": empty}).encode()
    assert front.failure_in(body) is None
    facts = front.facts()
    facts.update(body)
    assert not facts.failed
    assert FORMATS[front.format].read_answer(body).finish.reason == "stop"
    events = {
        "openai-chat": {"choices": [{"index": 0, "delta": {"role": "assistant"}, "error": empty}]},
        "openai-responses": {"type": "response.created", "response": {"status": "in_progress", "error": empty}},
        "anthropic": {"type": "ping"},
    }
    event = b"data: %b\n\n" % json.dumps({**events[front.format], "error": empty}).encode()
    assert front.opening(event) == "held"
    assert not any(type(each) is Failed for each in FORMATS[front.format].stream_reader().feed(event))


def test_a_failure_always_has_a_message_and_tells_a_refusal() -> None:
    assert failure(ReadError(), 502).message
    assert failure_of(Failed("")).message == failure(ReadError(), 502).message
    assert failure_of(Failed("m", "t", "content_filter", 400)).refused
    assert failure(ReadError("m", None, "content_filter"), 400).refused
    assert failure(ReadError("m"), 400, refused=True).refused
    assert not failure(ReadError("m"), 400).refused


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, False),
        (0, False),
        (7, False),
        (True, False),
        ("", False),
        ("x", True),
        ([], False),
        (["", [""], {"a": ""}], False),
        ([[], [["x"]]], True),
        ({"type": "text", "id": "i", "index": 0, "format": "f", "role": "r", "status": "s", "text": ""}, False),
        ({"type": "text", "text": "x"}, True),
        ({"a": {"b": [{"c": "x"}]}}, True),
    ],
)
def test_says(value: Any, wanted: bool) -> None:
    assert says(value) is wanted


def test_deep_values_say_something_too() -> None:
    value: Any = "x"
    for _ in range(100_000):
        value = [value]
    assert says(value)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"", False),
        (b'{"a":"error"}', True),
        (b'{"error":null}', False),
        (b'{"error" : null}', False),
        (b'{"error":null,"x":{"error":{}}}', True),
        (b'{"error":"m"}', True),
        (b'{"text":"\\"error\\": 1"}', False),
    ],
)
def test_an_error_may_be_there(body: bytes, wanted: bool) -> None:
    assert may_err(body) is wanted


def test_only_the_ends_of_a_long_answer_are_looked_at() -> None:
    short = b'{"a":"' + b"x" * 1500 + b'"}'
    assert ends_of(short) is short
    long = b'{"error":1,"a":"' + b"x" * 1_000_000 + b'","error":2}'
    assert len(ends_of(long)) == 1536
    assert b'"error":1' in ends_of(long)
    assert b'"error":2' in ends_of(long)


def _heard(events: bytes, wanted: bytes = b"end") -> tuple[list[tuple[bytes, bytes]], Opening]:
    """What a reader is given, until the event whose data is `wanted`."""
    found: list[tuple[bytes, bytes]] = []

    def read(name: bytes, data: bytes) -> Opening:
        found.append((name, data))
        return "content" if data == wanted else "held"

    return found, opening_in(events, read)


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        (b"", []),
        (b"data: a\n\n", [(b"", b"a")]),
        (b"data:a\n\n", [(b"", b"a")]),
        (b"data: a\n\ndata: b\n\n", [(b"", b"a"), (b"", b"b")]),
        (b"event: n\ndata: a\n\nevent: m\ndata: b\n\n", [(b"n", b"a"), (b"m", b"b")]),
        (b"event:n\ndata:a\n\n", [(b"n", b"a")]),
        (b"data: a\nevent: n\n\n", [(b"n", b"a")]),
        (b"id: 1\ndata: a\n\n", [(b"", b"a")]),
        (b": ping\n\n: ping\n\ndata: a\n\n", [(b"", b"a")]),
        (b": ping\ndata: a\n\ndata: b\n\n", [(b"", b"a"), (b"", b"b")]),
        (b"data: a\n: ping\n\n", [(b"", b"a")]),
        (b"data: a\n\n: ping\n\n", [(b"", b"a")]),
        (b"event: n\n\n", []),
        (b"event: n\n: ping\n\ndata: a\n\n", [(b"", b"a")]),
        (b"data: \n\n", []),
        (b"data:\n\n", []),
        (b"data: a\ndata: b\n\n", [(b"", b"a\nb")]),
        (b"\n\ndata: a\n\n\n\ndata: b\n\n", [(b"", b"a"), (b"", b"b")]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [(b"", b"a"), (b"", b"b")]),
        (b"event: n\r\ndata: a\r\n\r\n", [(b"n", b"a")]),
        (b"data: a\n\ndata: b\r\n\r\ndata: c\n\n", [(b"", b"a"), (b"", b"b"), (b"", b"c")]),
        (b": ping\r\n\r\ndata: a\n\n", [(b"", b"a")]),
        (b"data: a\r\n\ndata: b\n\n", [(b"", b"a"), (b"", b"b")]),
        (b"data: a", [(b"", b"a")]),
        (b"event: n", []),
        (b"event: n\n", []),
        (b"event: n\ndata: a\n", [(b"n", b"a")]),
        (b"data: a\n\ndata: b", [(b"", b"a"), (b"", b"b")]),
        (b": ping", []),
        (b": ping\n\nevent: n", []),
        (b"data: a\n\nevent: n\ndata: b", [(b"", b"a"), (b"n", b"b")]),
        (b"data: end\n\ndata: a\n\n", [(b"", b"end")]),
        (b"data: a\r\n\r\ndata: end\r\n\r\ndata: b\r\n\r\n", [(b"", b"a"), (b"", b"end")]),
        (b"data: a\r\n\r\ndata: end", [(b"", b"a"), (b"", b"end")]),
    ],
)
def test_events_in_any_spelling(events: bytes, wanted: list[tuple[bytes, bytes]]) -> None:
    found, opened = _heard(events)
    assert found == wanted
    assert opened == ("content" if b"end" in events else "held")


@given(st.lists(st.sampled_from([b"data: a", b"event: n", b": c", b"\n", b"\n\n", b"\r\n", b"data: b\n\n", b"id: 7"])))
def test_any_lines_are_cut_as_a_whole_stream_is(pieces: list[bytes]) -> None:
    """The quick way and the careful one see the same events."""
    events = b"".join(pieces)
    careful, _ = _heard(b"retry: 1\n\n" + events)
    assert _heard(events)[0] == careful


def test_an_event_too_long_to_be_held_is_content() -> None:
    """It is forwarded in pieces, so that its beginning is no JSON."""
    piece = b'data: {"choices":[{"delta":{"content":"' + b"x" * 1024 * 1024
    assert [front.opening(piece) for front in FRONTS] == ["content"] * 3
    for front in FRONTS:
        with pytest.raises(UpstreamGarbage, match="not JSON"):
            front.opening(piece[:1000])


@pytest.mark.parametrize("front", FRONTS, ids=lambda front: front.title)
def test_what_is_the_same_for_each_front(front: Front) -> None:
    assert front.opening(b"") == "held"
    assert front.opening(b": ping\n\n") == "held"
    assert front.opening(b"data: \n\n") == "held"
    assert front.opening(b'data: {"this":"is unknown"}\n\n') == "content"
    assert front.opening(b"data: [1]\n\n") == "content"
    with pytest.raises(UpstreamGarbage):
        front.opening(b'data: {"type":"message_start",\n\n')
    with pytest.raises(UpstreamGarbage):
        front.opening(b"data: " + b"[" * 100_000 + b"\n\n")
    assert front.failure_in(b"") is None
    assert front.failure_in(b'{"error":') is None
    assert front.failure_in(b'["error"]') is None
    found = front.opening(b'data: {"error":{"message":"m","type":"rate_limit_error"}}\n\n')
    assert found == Failure(429, "m", "rate_limit_error")
    assert front.failure_in(b'{"error":{"message":"m","type":"rate_limit_error"}}') == found


NAMES = [
    "type",
    "error",
    "choices",
    "delta",
    "content",
    "item",
    "part",
    "response",
    "content_block",
    "object",
    "status",
]
WORDS = [
    "error",
    "failed",
    "message",
    "reasoning",
    "text",
    "thinking",
    "content_block_start",
    "content_block_delta",
    "response.failed",
    "response.completed",
    "response.created",
    "response.output_item.added",
    "response.output_item.done",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "x", *WORDS]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
)


@given(st.lists(JSON, max_size=4), st.sampled_from(["", *WORDS]))
def test_any_events(values: list[Any], name: str) -> None:
    head = f"event: {name}\n" if name else ""
    events = [f"{head}data: {json.dumps(value, separators=(',', ':'))}\n\n".encode() for value in values]
    for front in FRONTS:
        each = [front.opening(event) for event in events]
        wanted = next((one for one in each if one != "held"), "held")
        assert front.opening(b"".join(events)) == wanted
        assert front.opening(b"".join(events).replace(b"\n", b"\r\n")) == wanted


@given(JSON)
def test_any_whole_answer(value: Any) -> None:
    body = json.dumps(value).encode()
    for speech in FORMATS.values():
        found = speech.failure_in(body)
        assert found is None or 400 <= found.status < 600


@given(st.binary(max_size=60))
def test_any_bytes(body: bytes) -> None:
    for speech in FORMATS.values():
        speech.failure_in(body)
    for front in FRONTS:
        with contextlib.suppress(UpstreamGarbage):
            front.opening(body)
