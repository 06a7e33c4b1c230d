"""Answers of all servers that speak this format are read alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.answer import Answer, Finish
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall
from ajar.domain.usage import Usage
from ajar.errors import UpstreamGarbage
from ajar.wire.openai_chat.answer_read import read_answer
from wire.openai_chat.recorded import chat_exchanges

if TYPE_CHECKING:
    from recordings import Exchange


def answer(message: dict[str, Any], finish: Any = "stop", **fields: Any) -> Answer:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return read_answer(json.dumps({"id": "a", "model": "m", "created": 5, "choices": [choice], **fields}).encode())


def parts(**message: Any) -> list[Any]:
    return answer(message).parts


def whole(exchange: Exchange) -> bool:
    return exchange.status == 200 and not exchange.streamed and b'"choices"' in exchange.answer


@chat_exchanges(whole)
def test_recorded_answers(exchange: Exchange) -> None:
    read = read_answer(exchange.answer)
    said = json.loads(exchange.answer)
    message = said["choices"][0]["message"]
    assert (read.id, read.model, read.created) == (said["id"], said["model"], said["created"])
    assert "".join(part.text for part in read.parts if type(part) is Text) == (message.get("content") or "")
    calls = [part for part in read.parts if type(part) is ToolCall]
    assert [call.name for call in calls] == [each["function"]["name"] for each in message.get("tool_calls") or ()]
    assert all(call.id for call in calls)
    thoughts = "".join(part.text for part in read.parts if type(part) is Reasoning)
    assert thoughts == (message.get("reasoning_content") or message.get("reasoning") or "")
    assert (read.finish.reason == "tool_calls") == bool(calls)
    check_usage(read.usage, read.usage_raw, said["usage"], totals="googleapis" not in exchange.url)


def check_usage(usage: Usage | None, raw: str | None, block: dict[str, Any], *, totals: bool) -> None:
    """Input includes what was cached, output includes reasoning."""
    assert usage is not None
    assert raw is not None
    assert json.loads(raw) == block
    assert (usage.input_tokens, usage.output_tokens) == (block["prompt_tokens"], block["completion_tokens"])
    if totals:  # Google's own server leaves thoughts out of `completion_tokens`
        assert block["total_tokens"] == block["prompt_tokens"] + block["completion_tokens"]
    assert (usage.cache_read_input_tokens or 0) <= block["prompt_tokens"]
    assert (usage.reasoning_output_tokens or 0) <= block["completion_tokens"]


def test_parts() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert parts(content="hi", refusal=None, tool_calls=[call], reasoning_content="hm") == [
        Reasoning("hm"),
        Text("hi"),
        ToolCall("1", "f", "{}"),
    ]
    assert parts(content=None, refusal="no") == [Refusal("no")]
    assert parts(content="", tool_calls=[]) == []
    assert parts(content="a", annotations=[{"type": "url_citation"}]) == [
        Text("a", annotations=[{"type": "url_citation"}])
    ]
    assert parts(content=None, audio={"id": "x"}) == [Foreign("openai-chat", "audio", {"id": "x"})]
    drawn = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]
    assert parts(content="", images=drawn) == [Media("image", "image/png", "AA==")]
    noted = [{"type": "image_url", "image_url": {"url": "https://x/y", "a": 1}, "index": 0, "b": 2, "c": None}]
    assert parts(content="", images=noted) == [Media("image", url="https://x/y", rest={"b": 2, "image_url": {"a": 1}})]
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "a"}]
    assert parts(content=thinking) == [Reasoning("hm"), Text("a")]


def test_thoughts() -> None:
    details = [
        {"type": "reasoning.summary", "summary": "s", "index": 0, "format": "openai-responses-v1"},
        {"type": "reasoning.encrypted", "data": "d", "id": "rs_1", "index": 0, "format": "openai-responses-v1"},
    ]
    assert parts(content="a", reasoning="s", reasoning_details=details) == [
        Reasoning("s", summary=True),
        Reasoning(opaque="d", id="rs_1"),
        Text("a"),
    ]
    assert parts(content="a", reasoning="s", reasoning_details=details[1:]) == [
        Reasoning("s"),
        Reasoning(opaque="d", id="rs_1"),
        Text("a"),
    ]


def test_signatures() -> None:
    signed = {"extra_content": {"google": {"thought_signature": "s"}}}
    call = {"id": "", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}}
    (first,) = parts(tool_calls=[{**call, **signed}])
    assert (first.opaque, first.arguments) == ("s", '{"a":1}')
    assert first.id.startswith("call_0_")
    first, second = parts(tool_calls=[call, call], **signed, thought_signature="s")
    assert (first.opaque, second.opaque) == ("s", None)
    assert first.id != second.id
    assert parts(content="a", **signed) == [Text("a", opaque="s")]
    assert parts(content=None, **signed) == [Reasoning(opaque="s")]


@pytest.mark.parametrize(
    ("word", "calls", "wanted"),
    [
        ("stop", False, "stop"),
        ("stop", True, "tool_calls"),
        ("tool_calls", True, "tool_calls"),
        ("tool_calls", False, "stop"),
        ("function_call", True, "tool_calls"),
        ("length", True, "length"),
        ("content_filter", False, "content_filter"),
        ("model_length", False, "length"),
        ("error", False, "error"),
        ("eos", False, "stop"),
        (None, False, "stop"),
        (None, True, "tool_calls"),
    ],
)
def test_why_it_ended(word: Any, calls: bool, wanted: str) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    finish = answer({"tool_calls": [call] if calls else None}, word).finish
    assert (finish.reason, finish.native) == (wanted, word)


def test_what_else_is_said() -> None:
    choice = {"index": 0, "finish_reason": "stop", "message": {"content": "a", "executed_tools": [1], "odd": None}}
    choice |= {"native_finish_reason": "eos", "stop_reason": "END", "content_filter_results": {"hate": 1}}
    choice["logprobs"] = {"content": [{"token": "a"}], "refusal": None}
    body = {"choices": [choice, {"index": 1}], "service_tier": "default", "system_fingerprint": "f", "x": None}
    read = read_answer(json.dumps(body).encode())
    assert read.finish == Finish("stop_sequence", "eos", "END", {"content_filter_results": {"hate": 1}})
    assert read.rest == {"system_fingerprint": "f", "message": {"executed_tools": [1]}, "choices": [{"index": 1}]}
    assert (read.service_tier, read.logprobs) == ("default", [{"token": "a"}])
    assert (read.usage, read.usage_raw, read.id) == (None, None, None)


@pytest.mark.parametrize(
    ("block", "usage"),
    [
        (None, None),
        ({"prompt_tokens": 1}, Usage(1)),
        ({"prompt_tokens": 9, "completion_tokens": 3, "cached_tokens": 4}, Usage(9, 3, 4)),
        ({"prompt_tokens": 9, "completion_tokens": 3, "prompt_cache_hit_tokens": 0}, Usage(9, 3, 0)),
        (
            {"prompt_tokens": 9, "completion_tokens": 3, "completion_tokens_details": {"reasoning_tokens": 5}},
            Usage(9, 3, reasoning_output_tokens=3),
        ),
        ({"prompt_tokens": "many"}, None),
    ],
)
def test_usage(block: Any, usage: Usage | None) -> None:
    assert answer({}, usage=block).usage == usage


def test_the_text_of_usage_is_as_it_came() -> None:
    body = b'{"choices":[{"message":{}}],"usage": { "prompt_tokens" : 1.0e0 }}'
    assert read_answer(body).usage_raw == '{ "prompt_tokens" : 1.0e0 }'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"{}",
        b'{"choices":[]}',
        b'{"choices":{}}',
        b'{"choices":[1]}',
        b'{"choices":[{}]}',
        b'{"choices":[{"message":1}]}',
        b'{"choices":[{"message":{"tool_calls":[{}]}}]}',
        b"[" * 100_000,
        b'{"choices":' + b"[" * 100_000,
    ],
)
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        read_answer(body)


def test_an_error_in_a_good_answer() -> None:
    with pytest.raises(UpstreamGarbage, match="quota"):
        read_answer(b'{"error":{"message":"quota"},"choices":[{"message":{}}]}')


@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        read_answer(body)


WORDS = st.sampled_from(
    [
        "content",
        "type",
        "text",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "id",
        "reasoning",
        "reasoning_details",
        "reasoning.text",
        "refusal",
        "annotations",
        "images",
        "image_url",
        "url",
        "audio",
        "extra_content",
        "google",
        "thought_signature",
        "thinking",
        "custom",
        "input",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)


@given(st.dictionaries(WORDS, JSON, max_size=6), JSON, JSON)
def test_any_message(message: dict[str, Any], finish: Any, usage: Any) -> None:
    try:
        answer(message, finish, usage=usage, created=finish, model=usage)
    except UpstreamGarbage as error:
        assert "tool call" in str(error)  # noqa: PT017 - it may well be read
