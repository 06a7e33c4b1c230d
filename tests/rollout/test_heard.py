"""Whole and streamed answers of each front format, as scorers see them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ajar.config.model import Price
from ajar.errors import UpstreamGarbage
from ajar.evals.answer import ToolCall
from ajar.rollout.heard import answer_of, case_of
from ajar.traffic.answers import Said

CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
CHAT = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "hello", "tool_calls": [CALL]},
            "finish_reason": "tool_calls",
        }
    ],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
}
MESSAGES = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [
        {"type": "text", "text": "hello"},
        {"type": "tool_use", "id": "call_1", "name": "f", "input": {"x": 1}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 5, "output_tokens": 2},
}
TEXT = {"type": "output_text", "text": "hello", "annotations": []}
ITEMS = [
    {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [TEXT]},
    {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "f",
        "arguments": '{"x": 1}',
        "status": "completed",
    },
]
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "model": "m",
    "status": "completed",
    "output": ITEMS,
    "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7},
}


def sse(*events: dict[str, Any], named: bool = True) -> bytes:
    out = b""
    for event in events:
        out += b"event: %b\n" % event["type"].encode() if named else b""
        out += b"data: " + json.dumps(event).encode() + b"\n\n"
    return out


def chat_stream() -> bytes:
    base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    deltas: list[dict[str, Any]] = [
        {"content": "hel"},
        {"content": "lo"},
        {"tool_calls": [{"index": 0, **CALL, "function": {"name": "f", "arguments": '{"x"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]},
    ]
    chunks = [{**base, "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    chunks.append({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    chunks.append({**base, "choices": [], "usage": CHAT["usage"]})
    return sse(*chunks, named=False) + b"data: [DONE]\n\n"


def messages_stream() -> bytes:
    def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
        opened = {"type": "content_block_start", "index": index, "content_block": start}
        grown = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        return [opened, *grown, {"type": "content_block_stop", "index": index}]

    start = {**MESSAGES, "content": [], "stop_reason": None, "usage": {"input_tokens": 5, "output_tokens": 1}}
    text = [{"type": "text_delta", "text": each} for each in ("hel", "lo")]
    arguments = [{"type": "input_json_delta", "partial_json": each} for each in ('{"x"', ": 1}")]
    call = {"type": "tool_use", "id": "call_1", "name": "f", "input": {}}
    delta = {"stop_reason": "tool_use", "stop_sequence": None}
    return sse(
        {"type": "message_start", "message": start},
        *block(0, {"type": "text", "text": ""}, *text),
        *block(1, call, *arguments),
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    )


def responses_stream() -> bytes:
    empty = {**RESPONSE, "status": "in_progress", "output": [], "usage": None}
    part = {"type": "output_text", "text": "", "annotations": []}
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    return sse(
        {"type": "response.created", "response": empty},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**ITEMS[0], "status": "in_progress", "content": []},
        },
        {"type": "response.content_part.added", **at, "part": part},
        {"type": "response.output_text.delta", **at, "delta": "hel"},
        {"type": "response.output_text.delta", **at, "delta": "lo"},
        {"type": "response.output_text.done", **at, "text": "hello"},
        {"type": "response.content_part.done", **at, "part": TEXT},
        {"type": "response.output_item.done", "output_index": 0, "item": ITEMS[0]},
        {"type": "response.output_item.added", "output_index": 1, "item": {**ITEMS[1], "arguments": ""}},
        {
            "type": "response.function_call_arguments.delta",
            "item_id": "fc_1",
            "output_index": 1,
            "delta": '{"x": 1}',
        },
        {
            "type": "response.function_call_arguments.done",
            "item_id": "fc_1",
            "output_index": 1,
            "arguments": '{"x": 1}',
        },
        {"type": "response.output_item.done", "output_index": 1, "item": ITEMS[1]},
        {"type": "response.completed", "response": RESPONSE},
    )


def said(speech: Any, data: bytes, *, stream: bool, request: bytes = b"{}") -> Said:
    return Said(
        inference="i",
        route="r",
        caller="c",
        format=speech,
        request=request,
        answer=data,
        stream=stream,
        deployment="a",
        took_ms=12.5,
    )


CASES = {
    "openai-chat": (json.dumps(CHAT).encode(), chat_stream()),
    "anthropic": (json.dumps(MESSAGES).encode(), messages_stream()),
    "openai-responses": (json.dumps(RESPONSE).encode(), responses_stream()),
}


@pytest.mark.parametrize("speech", CASES)
@pytest.mark.parametrize("stream", [False, True])
def test_every_format_says_the_same(speech: str, stream: bool) -> None:
    answer = answer_of(said(speech, CASES[speech][stream], stream=stream), {"a": Price(input=1, output=2)})
    assert answer.text == "hello"
    (call,) = answer.tool_calls
    assert (call.name, json.loads(call.arguments)) == ("f", {"x": 1})
    assert isinstance(call, ToolCall)
    assert answer.finish_reason == "tool_calls"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (5, 2)
    assert (answer.model, answer.deployment, answer.inference) == ("m", "a", "i")
    assert (answer.latency_ms, answer.cost_usd) == (12.5, pytest.approx(9e-6))


@pytest.mark.parametrize("speech", CASES)
def test_half_an_answer_is_none(speech: str) -> None:
    whole, streamed = CASES[speech]
    for data, stream in ((whole[:-20], False), (b"", False), (streamed[: len(streamed) // 2], True), (b"", True)):
        with pytest.raises(UpstreamGarbage):
            answer_of(said(speech, data, stream=stream), {})


def test_what_was_asked_is_told_in_chat_messages() -> None:
    bodies: dict[str, dict[str, Any]] = {
        "openai-chat": {"messages": [{"role": "system", "content": "be"}, {"role": "user", "content": "hi"}]},
        "anthropic": {"system": "be", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 5},
        "openai-responses": {"instructions": "be", "input": "hi"},
    }
    for speech, body in bodies.items():
        request = json.dumps({"model": "r", **body}).encode()
        case = case_of(said(speech, b"", stream=False, request=request))
        assert case is not None
        assert [message["role"] for message in case.input] in (["system", "user"], ["developer", "user"])  # type: ignore[union-attr]
        assert "hi" in json.dumps(case.input)
    assert case_of(said("openai-chat", b"", stream=False, request=b"")) is None
    assert case_of(said("openai-chat", b"", stream=False, request=b"[1")) is None
