"""Whole answers."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.answer import Finish
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Text, ToolCall
from ajar.domain.usage import Usage
from ajar.errors import UpstreamGarbage
from ajar.wire.bedrock.answer_read import read_answer
from recordings import Exchange, exchanges

USAGE = '{"inputTokens": 3, "outputTokens": 5, "cacheReadInputTokens": 10, "totalTokens": 18}'


def body(content: list[Any], stop: str = "end_turn", **others: Any) -> bytes:
    return json.dumps(
        {"output": {"message": {"role": "assistant", "content": content}}, "stopReason": stop, **others}
    ).encode()


def test_every_kind_of_block() -> None:
    answer = read_answer(
        body(
            [
                {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
                {"reasoningContent": {"redactedContent": "AAAA"}},
                {"text": ""},
                {"text": "so"},
                {"citationsContent": {"content": [{"text": "cited"}], "citations": [{"title": "t"}]}},
                {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1.0}, "type": "tool_use"}},
                {"toolUse": {"toolUseId": "t2", "name": "g", "input": {}, "type": "server_tool_use"}},
                {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
                {"newThing": {"x": 1}},
            ],
            "tool_use",
            metrics={"latencyMs": 5},
            serviceTier={"type": "flex"},
            performanceConfig={"latency": "optimized"},
        )
    )
    assert answer.parts == [
        Reasoning("hm", "s"),
        Reasoning(opaque="AAAA", redacted=True),
        Text("so"),
        Text("cited", annotations=[{"title": "t"}]),
        ToolCall("t1", "f", '{"a":1.0}'),
        Foreign(
            "bedrock",
            "toolUse",
            {"toolUse": {"toolUseId": "t2", "name": "g", "input": {}, "type": "server_tool_use"}},
        ),
        Media("image", "image/png", "AAAA"),
        Foreign("bedrock", "newThing", {"newThing": {"x": 1}}),
    ]
    assert answer.format == "bedrock"
    assert answer.finish == Finish("tool_calls", "tool_use")
    assert answer.service_tier == "flex"
    assert answer.rest == {"performanceConfig": {"latency": "optimized"}}
    assert answer.usage is None
    assert answer.usage_raw is None


def test_usage_is_the_providers_own_text() -> None:
    answer = read_answer(body([{"text": "a"}])[:-1] + b', "usage": ' + USAGE.encode() + b"}")
    assert answer.usage == Usage(13, 5, 10)
    assert answer.usage_raw == USAGE


def test_calls_beside_end_turn() -> None:
    answer = read_answer(body([{"toolUse": {"toolUseId": "t", "name": "f", "input": {}}}]))
    assert answer.finish == Finish("tool_calls", "end_turn")
    assert answer.parts == [ToolCall("t", "f", "{}")]


def test_the_routers_model_and_the_sequence() -> None:
    answer = read_answer(
        body(
            [],
            "stop_sequence",
            trace={"promptRouter": {"invokedModelId": "m"}},
            additionalModelResponseFields={"stop_sequence": "END"},
        )
    )
    assert answer.model == "m"
    assert answer.finish.stop_sequence == "END"
    assert answer.rest == {}, "nothing else is said"


@pytest.mark.parametrize(
    "others",
    [
        {"trace": {"promptRouter": {"invokedModelId": "m", "new": 1}}},
        {"trace": {"promptRouter": {"invokedModelId": "m"}, "guardrail": {}}},
        {"trace": {"promptRouter": {}}},
        {"additionalModelResponseFields": {"other": None}},
        {"additionalModelResponseFields": {"delta": 1}},
        {"additionalModelResponseFields": [1]},
    ],
)
def test_what_else_is_said_stays(others: Any) -> None:
    assert read_answer(body([], **others)).rest == others


@pytest.mark.parametrize("fields", [{"stop_sequence": None}, {"delta": {"stop_sequence": None}}, {"delta": {}}, {}])
def test_no_sequence_is_no_loss(fields: Any) -> None:
    assert read_answer(body([], additionalModelResponseFields=fields)).rest == {}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"output":{"message":{"content":[]}}}',
        b'{"output":{},"stopReason":"end_turn"}',
        b'{"output":{"message":{"content":{}}},"stopReason":"end_turn"}',
        b'{"output":{"message":{"content":[1]}},"stopReason":"end_turn"}',
        b'{"output":{"message":{"content":[{"text":1}]}},"stopReason":"end_turn"}',
        b'{"output":{"message":{"content":[{"toolUse":{"name":"f"}}]}},"stopReason":"end_turn"}',
        b'{"message":"an error"}',
        b'{"output":{"message":{"content":[]}},"stopReason":"end_turn","usage":{"a":"\xff"}}',
        b'{"output":' + b'{"message":' * 50_000,
    ],
)
def test_garbage(raw: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        read_answer(raw)


KEYS = st.sampled_from(
    [
        *(
            "output",
            "message",
            "content",
            "stopReason",
            "usage",
            "text",
            "toolUse",
            "toolResult",
        ),
        *(
            "toolUseId",
            "name",
            "input",
            "json",
            "image",
            "source",
            "bytes",
            "format",
            "document",
        ),
        *(
            "citationsContent",
            "citations",
            "reasoningContent",
            "reasoningText",
            "redactedContent",
        ),
        *(
            "signature",
            "trace",
            "type",
            "cachePoint",
            "additionalModelResponseFields",
            "serviceTier",
        ),
        *(
            "s3Location",
            "uri",
        ),
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "end_turn", "png", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(JSON, st.lists(JSON, max_size=4))
def test_any_json(value: Any, content: list[Any]) -> None:
    for raw in (json.dumps(value).encode(), body(content), body([{"toolResult": each} for each in content])):
        with contextlib.suppress(UpstreamGarbage):
            read_answer(raw)


@given(st.binary(max_size=60))
def test_any_bytes(raw: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        read_answer(raw)


@exchanges("bedrock", "/converse", lambda each: each.status == 200 and not each.streamed)
def test_recorded(exchange: Exchange) -> None:
    answer = read_answer(exchange.answer)
    told = json.loads(exchange.answer)
    assert answer.parts
    assert answer.finish.native == told["stopReason"]
    assert answer.usage is not None
    assert answer.usage.input_tokens is not None
    assert answer.usage.output_tokens is not None
    assert answer.usage.input_tokens + answer.usage.output_tokens == told["usage"]["totalTokens"]
    assert answer.usage.input_tokens >= (answer.usage.cache_read_input_tokens or 0)
    assert json.loads(answer.usage_raw or "") == told["usage"]
    calls = [each for each in answer.parts if isinstance(each, ToolCall)]
    assert bool(calls) == (answer.finish.reason == "tool_calls")
    assert not any(isinstance(each, Foreign) for each in answer.parts)
