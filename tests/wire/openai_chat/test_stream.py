"""Streams on their way through: forwarded byte for byte, cleaned of the usage that Ajar asked for, read at the tail."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.wire.openai_chat.answer import Facts
from ajar.wire.openai_chat.opening import opening
from ajar.wire.openai_chat.stream import EventStream
from ajar.wire.opening import Failure

USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}


def event(end: str = "\n\n", **fields: object) -> bytes:
    chunk = {"id": "c1", "object": "chat.completion.chunk", "model": "m-1", **fields}
    return f"data: {json.dumps(chunk, separators=(',', ':'))}{end}".encode()


def delta(text: str, finish: str | None = None) -> list[dict[str, object]]:
    return [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]


def asked(end: str = "\n\n") -> bytes:
    """What an upstream sends when usage was asked for."""
    return b"".join(
        [
            event(end, choices=delta("Hel"), usage=None),
            event(end, choices=delta('"usage":null,'), usage=None, obfuscation="xx"),
            event(end, usage=None, choices=delta("lo", "stop")),
            event(end, choices=[], usage=USAGE),
            f"data: [DONE]{end}".encode(),
        ]
    )


def unasked(end: str = "\n\n") -> bytes:
    """What it sends when it was not."""
    return b"".join(
        [
            event(end, choices=delta("Hel")),
            event(end, choices=delta('"usage":null,'), obfuscation="xx"),
            event(end, choices=delta("lo", "stop")),
            f"data: [DONE]{end}".encode(),
        ]
    )


def run(reader: EventStream, pieces: list[bytes]) -> bytes:
    return b"".join(reader.feed(piece) for piece in pieces) + reader.flush()


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges) if a < b]


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n"])
def test_cleaned_at_every_byte_split(end: str) -> None:
    data = asked(end)
    for cut in range(len(data) + 1):
        reader = EventStream(clean=True)
        assert run(reader, split(data, [cut])) == unasked(end)
        facts, ended = reader.facts()
        assert ended
        assert facts.finish_reason == "stop"
        assert facts.model == "m-1"
        assert facts.usage is not None
        assert json.loads(bytes(facts.usage)) == USAGE


@given(st.lists(st.integers(0, len(asked())), max_size=40))
def test_cleaned_at_any_splits(cuts: list[int]) -> None:
    assert run(EventStream(clean=True), split(asked(), cuts)) == unasked()


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_without_cleaning_every_byte_is_forwarded(pieces: list[bytes]) -> None:
    reader = EventStream()
    assert run(reader, pieces) == b"".join(pieces)
    reader.facts()


MARKS = [b"data: [DONE]\n\n", b"data:[DONE]\r\n\r\n", b"data: [DONE]\n\n: bye\n\n"]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("clean", [False, True])
def test_the_end_mark_is_found_at_every_byte_split_and_never_in_text(clean: bool, mark: bytes) -> None:
    before = event(choices=delta("say [DONE]")) + event(choices=delta("[DONE]", "stop"))
    data = before + mark
    for cut in range(len(data) + 1):
        reader = EventStream(clean=clean)
        out, found = b"", None
        for piece in split(data, [cut]):
            got = reader.feed(piece)
            at = reader.mark_in(got)
            if at >= 0 and found is None:
                found = len(out) + at
            out += got
        assert found == len(before)
        assert out == data
        assert reader.facts()[1]


def test_half_an_event_is_not_forwarded() -> None:
    reader = EventStream()
    assert reader.feed(event(choices=delta("a")) + b'data: {"choi') == event(choices=delta("a"))
    assert reader.whole


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_cleaning_never_loses_foreign_bytes(data: bytes, cuts: list[int]) -> None:
    assert run(EventStream(clean=True), split(data, [min(cut, len(data)) for cut in cuts])) == data


def test_a_whole_event_is_never_held_back() -> None:
    reader = EventStream(clean=True)
    first, second = event(choices=delta("a"), usage=None), event(choices=delta("b"), usage=None)
    assert reader.feed(first) == event(choices=delta("a"))
    assert reader.feed(second[:20]) == b""
    assert reader.feed(second[20:]) == event(choices=delta("b"))


def test_a_nested_usage_of_somebody_else_stays() -> None:
    data = event(choices=delta("a"), x={"usage": None}, usage=None)
    assert run(EventStream(clean=True), [data]) == event(choices=delta("a"), x={"usage": None})
    nested = event(choices=delta("a"), x={"a": 1, "usage": None})
    assert run(EventStream(clean=True), [nested]) == nested


def test_usage_beside_content_stays() -> None:
    data = event(choices=delta("a", "stop"), usage=USAGE)
    assert run(EventStream(clean=True), [data]) == data


def test_white_space_around_null_usage() -> None:
    data = b'data: {"choices": [1], "usage" : null }\n\n'
    assert run(EventStream(clean=True), [data]) == b'data: {"choices": [1] }\n\n'
    assert run(EventStream(clean=True), [b'data: {"usage":null , "choices":[1]}\n\n']) == b'data: { "choices":[1]}\n\n'


def test_comments_and_other_lines_pass() -> None:
    data = b': ping "usage"\n\nevent: x\ndata: {"usage":null}\n\n'
    assert run(EventStream(clean=True), [data]) == data


def test_an_enormous_event_is_not_held() -> None:
    reader = EventStream(clean=True)
    data = b'data: {"x":"' + b"y" * 3_000_000
    assert reader.feed(data) == data
    assert reader.feed(b"more") == b"more"
    assert reader.flush() == b""


def test_the_tail_is_bounded() -> None:
    reader = EventStream()
    for _ in range(2000):
        reader.feed(event(choices=delta("x" * 100)))
    reader.feed(event(choices=delta("", "length")) + event(choices=[], usage=USAGE) + b"data: [DONE]\n\n")
    facts, ended = reader.facts()
    assert (facts.finish_reason, ended) == ("length", True)
    assert sum(len(part) for part in reader._kept) < 40_000


def test_a_large_last_event_is_read_all_the_same() -> None:
    reader = EventStream()
    for _ in range(200):
        reader.feed(event(choices=delta("x" * 500)))
    reader.feed(event(choices=delta("y" * 60_000, "stop"), usage=USAGE))
    facts, _ = reader.facts()
    assert (facts.finish_reason, facts.model) == ("stop", "m-1")
    assert facts.usage is not None


def test_an_error_event_is_noticed() -> None:
    reader = EventStream()
    reader.feed(event(choices=delta("a")) + b'data: {"error":{"message":"out of memory"}}\n\ndata: [DONE]\n\n')
    facts, marked = reader.facts()
    assert (facts.failed, marked) == (True, True)


ERRORS = [
    b'event: error\ndata: {"message":"out of memory"}\n\n',
    b'event:error\ndata:{"message":"out of memory"}\n\n',
    b"event: error\ndata: out of memory\n\n",
    b'data: {"object":"error","message":"out of memory","code":500}\n\n',
    b'data: {"choices":[{"index":0,"delta":{},"error":{"code":502}}]}\n\n',
    b'data: {"choices":[{"index":0,"delta":{}},{"index":1,"delta":{},"error":"no"}]}\n\n',
    b'data: {"error":\ndata: {"message":"out of memory"}}\n\n',
    b'data: {"error":{"message":"out of memory"},"choices":"none"}\n\n',
    b'data: [{"error":{"code":429,"message":"later"}}]\n\n',
]
ERRORS_BESIDE_OTHERS = [
    b'data: {"choices":[{"index":0,"delta":{"content":"b"},"error":{"code":502}}]}\n\n',
    b'data: {"error":{"message":"out of memory"}}\ndata: [DONE]\n\n',
]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("error", ERRORS + ERRORS_BESIDE_OTHERS)
def test_every_form_of_an_error_is_noticed(error: bytes, end: bytes) -> None:
    before = event(choices=delta("a", "stop")) + event(choices=[], usage=USAGE)
    for data in (before + error, error + before):
        reader = EventStream()
        reader.feed((data + b"data: [DONE]\n\n").replace(b"\n", end))
        facts, marked = reader.facts()
        assert (facts.failed, marked, facts.model) == (True, True, "m-1")


@pytest.mark.parametrize("error", ERRORS)
def test_the_gate_knows_them_too(error: bytes) -> None:
    assert isinstance(opening(error), Failure)


@pytest.mark.parametrize(
    "harmless",
    [
        event(choices=delta('event: error "error"')),
        event(choices=[{"index": 0, "delta": {"content": "a"}, "error": None}], error={}),
        b'event: message\ndata: {"object":"chat.completion.chunk","choices":[]}\n\n',
    ],
)
def test_no_error_is_seen_where_none_is(harmless: bytes) -> None:
    reader = EventStream()
    reader.feed(harmless + b"data: [DONE]\n\n")
    facts, marked = reader.facts()
    assert (facts.failed, marked) == (False, True)


def test_an_error_of_which_the_end_is_missing_is_not_one_that_was_told() -> None:
    reader = EventStream()
    reader.feed(event(choices=delta("a")) + b'event: error\ndata: {"mess')
    facts, marked = reader.facts()
    assert (facts.failed, marked) == (False, False)


def test_events_of_several_lines_are_read_whole() -> None:
    reader = EventStream()
    last = event(choices=delta("", "length"), usage=USAGE).replace(b',"choices"', b',\ndata: "choices"')
    reader.feed(event(choices=delta("a")) + last.replace(b',"usage"', b'\ndata: ,"usage"') + b"data: [DONE]\n\n")
    facts, marked = reader.facts()
    assert (facts.model, facts.finish_reason, marked) == ("m-1", "length", True)
    assert json.loads(facts.raw() or "") == USAGE


def test_the_end_mark_counts_wherever_it_stands() -> None:
    reader = EventStream()
    reader.feed(b"data: [DONE]\n\n" + event(choices=delta("a", "stop"), usage=USAGE))
    facts, marked = reader.facts()
    assert (facts.finish_reason, marked) == ("stop", True)


def test_a_cut_stream_has_no_end() -> None:
    reader = EventStream()
    reader.feed(event(choices=delta("Hel")))
    facts, ended = reader.facts()
    assert (facts.model, ended) == ("m-1", False)


FACTS = [
    {"choices": delta("a")},
    {"choices": delta("a", "stop")},
    {"choices": delta("a", "length"), "model": "m-2"},
    {"choices": [], "usage": USAGE},
    {"choices": [], "usage": {**USAGE, "prompt_tokens": 1}, "model": ""},
    {"choices": [], "usage": None},
    {"error": {"message": "no"}},
    {"error": None, "choices": "?"},
]


@given(st.lists(st.sampled_from(FACTS)))
def test_later_facts_win_and_an_error_counts_wherever_it_stands(events: list[dict[str, object]]) -> None:
    stream, expected = EventStream(), Facts()
    for fields in events:
        stream.feed(event(**fields))
        expected.update(event(**fields)[6:])
    facts, marked = stream.facts()
    assert not marked
    assert (facts.model, facts.finish_reason, facts.failed) == (
        expected.model,
        expected.finish_reason,
        expected.failed,
    )
    assert facts.raw() == expected.raw()
