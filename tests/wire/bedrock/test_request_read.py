"""Converse requests as dialogs."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import ChatRequest, Message, ReasoningOptions, ResponseFormat, Tool, ToolChoice
from ajar.errors import InvalidField, InvalidJson, RequestError
from ajar.wire.bedrock.request_read import read_request
from recordings import Exchange, exchanges


def read(**fields: Any) -> ChatRequest:
    return read_request(json.dumps(fields).encode())


def parts(*blocks: Any, role: str = "user") -> list[Message]:
    return read(messages=[{"role": role, "content": list(blocks)}]).messages


def test_options() -> None:
    request = read(
        system=[{"text": "be brief"}],
        messages=[{"role": "user", "content": [{"text": "hi"}]}],
        inferenceConfig={"maxTokens": 0, "temperature": 0, "topP": 0.5, "stopSequences": []},
        outputConfig={
            "effort": "low",
            "textFormat": {
                "type": "json_schema",
                "structure": {"jsonSchema": {"schema": '{"type": "object"}', "name": "n", "description": "d"}},
            },
        },
        additionalModelRequestFields={"top_k": 0, "thinking": {"type": "enabled", "budget_tokens": 1024, "x": 1}},
        serviceTier={"type": "flex"},
        requestMetadata={"a": "b"},
    )
    assert request == ChatRequest(
        format="bedrock",
        model="",
        messages=[Message("system", [Text("be brief")]), Message("user", [Text("hi")])],
        max_tokens=0,
        temperature=0,
        top_p=0.5,
        top_k=0,
        stop=[],
        response_format=ResponseFormat("json_schema", {"type": "object"}, "n", "d"),
        reasoning=ReasoningOptions("low", "enabled", 1024, rest={"x": 1}),
        service_tier="flex",
        metadata={"a": "b"},
    )


def test_what_is_not_known_stays() -> None:
    fields: dict[str, Any] = {
        "guardrailConfig": {"guardrailIdentifier": "g"},
        "promptVariables": {"a": {"text": "b"}},
        "inferenceConfig": {"new": 1},
        "system": [],
        "toolConfig": {"toolChoice": {"new": {}}},
        "outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "no JSON"}}}},
        "additionalModelRequestFields": {"top_k": "many", "thinking": {"budget_tokens": 1}},
        "serviceTier": {"type": "flex", "new": 1},
        "requestMetadata": {},
    }
    assert read(**fields).rest == fields


def test_tools() -> None:
    request = read(
        toolConfig={
            "tools": [
                {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}, "strict": False, "new": 1}},
                {"cachePoint": {"type": "default", "ttl": "1h"}},
                {"systemTool": {"name": "nova_code_interpreter"}},
                {"cachePoint": {"type": "default"}},
                {"toolSpec": {"name": "g", "description": "d", "inputSchema": {}}},
            ],
            "toolChoice": {"tool": {"name": "f"}},
        }
    )
    assert request.tools == [
        Tool("f", None, {"type": "object"}, strict=False, cache={"type": "ephemeral", "ttl": "1h"}, rest={"new": 1}),
        Foreign("bedrock", "systemTool", {"systemTool": {"name": "nova_code_interpreter"}}),
        Foreign("bedrock", "cachePoint", {"cachePoint": {"type": "default"}}),
        Foreign("bedrock", "toolSpec", {"toolSpec": {"name": "g", "description": "d", "inputSchema": {}}}),
    ]
    assert request.tool_choice == ToolChoice("tool", ["f"])
    assert request.rest == {}


@pytest.mark.parametrize(("choice", "mode"), [({"auto": {}}, "auto"), ({"any": {}}, "required")])
def test_choices(choice: Any, mode: str) -> None:
    found = read(toolConfig={"toolChoice": choice}).tool_choice
    assert found is not None
    assert found.mode == mode


def test_results_are_a_turn_of_their_own() -> None:
    result = {"toolUseId": "t", "content": [{"json": {"a": 1}}, {"text": "x"}], "status": "error"}
    assert parts({"text": "and"}, {"toolResult": result}, {"cachePoint": {"type": "default"}}) == [
        Message(
            "tool",
            [
                ToolResult(
                    "t",
                    [Text('{"a":1}', rest={"json": {"a": 1}}), Text("x")],
                    is_error=True,
                    cache={"type": "ephemeral"},
                )
            ],
        ),
        Message("user", [Text("and")]),
    ]
    quiet = {"toolUseId": "t", "content": [], "new": 1}
    assert parts({"toolResult": quiet}) == [Message("tool", [ToolResult("t", [], None, rest={"new": 1})])]


def test_media() -> None:
    image = {"image": {"format": "jpeg", "source": {"bytes": "AAAA"}, "error": {"message": "m"}}}
    place = {"uri": "s3://bucket/key", "bucketOwner": "123456789012"}
    video = {"video": {"format": "three_gp", "source": {"s3Location": place}}}
    document = {"document": {"name": "n", "source": {"text": "t"}, "citations": {"enabled": True}}}
    assert parts(image, video, document)[0].parts == [
        Media("image", "image/jpeg", "AAAA", rest={"error": {"message": "m"}}),
        Media("video", "video/3gpp", url="s3://bucket/key", rest={"bucketOwner": "123456789012"}),
        Media("document", text="t", name="n", rest={"citations": {"enabled": True}}),
    ]


@pytest.mark.parametrize(
    "block",
    [
        {},
        {"text": "a", "image": {}},
        {"newKind": 1},
        {"image": {"format": "tiff", "source": {"bytes": "AAAA"}}},
        {"image": {"source": {"bytes": "AAAA"}}},
        {"image": {"format": "png", "source": {"bytes": 1}}},
        {"image": {"format": "png", "source": {"bytes": "AAAA", "s3Location": None}}},
        {"document": {"name": "n", "source": {"content": [{"text": "t"}]}}},
        {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://b/k", "new": 1}}}},
        {"toolUse": {"toolUseId": "t", "name": "f", "input": {}, "type": "server_tool_use"}},
        {"toolResult": {"toolUseId": "t", "content": [], "type": "code_result"}},
        {"toolResult": {"toolUseId": "t", "content": [], "status": "unsure"}},
        {"reasoningContent": {"reasoningText": {"text": "a"}, "redactedContent": "AAAA"}},
        {"reasoningContent": {"reasoningText": {"text": "a", "signature": None}}},
        {"citationsContent": {"content": [{"text": "a"}, {"text": "b"}], "citations": []}},
        {"citationsContent": {"content": [{"text": "a"}]}},
        {"cachePoint": {"type": "default"}},
        {"guardContent": {"text": {"text": "a"}}},
        {"searchResult": {"source": "s", "title": "t", "content": []}},
    ],
)
def test_kept_whole(block: dict[str, Any]) -> None:
    (message,) = parts(block)
    assert message.parts == [Foreign("bedrock", "+".join(block) or "content", block)]


def test_thoughts_and_calls() -> None:
    found = parts(
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
        {"reasoningContent": {"redactedContent": "AAAA"}},
        {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 12345678901234567890123}}},
        {"cachePoint": {"type": "default", "ttl": "5m"}},
        {"cachePoint": {"type": "default"}},
        role="assistant",
    )
    assert found[0].parts == [
        Reasoning("hm", "s"),
        Reasoning(opaque="AAAA", redacted=True),
        ToolCall("t", "f", '{"a":12345678901234567890123}', cache={"type": "ephemeral", "ttl": "5m"}),
        Foreign("bedrock", "cachePoint", {"cachePoint": {"type": "default"}}),
    ]


def test_a_system_turn() -> None:
    assert parts({"toolAddition": {"tool": {"name": "f"}}}, role="system")[0].role == "developer"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": 1}, "messages"),
        ({"messages": [1]}, "messages[0]"),
        ({"messages": [{"content": []}]}, "messages[0].role"),
        ({"messages": [{"role": "tool", "content": []}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "hi"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"text": 1}]}]}, "messages[0].content[0].text"),
        ({"messages": [{"role": "user", "content": [{"toolUse": {}}]}]}, "messages[0].content[0].toolUse.toolUseId"),
        ({"inferenceConfig": {"maxTokens": "1"}}, "inferenceConfig.maxTokens"),
        ({"inferenceConfig": {"stopSequences": [1]}}, "inferenceConfig.stopSequences"),
        ({"toolConfig": {"tools": {}}}, "toolConfig.tools"),
        ({"toolConfig": {"tools": [1]}}, "toolConfig.tools[0]"),
        ({"toolConfig": {"tools": [{"toolSpec": {"inputSchema": {"json": {}}}}]}}, "toolConfig.tools[0].toolSpec.name"),
        ({"system": "x"}, "system"),
    ],
)
def test_wrong_fields_are_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidField) as caught:
        read(**fields)
    assert caught.value.param == param


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"a"', b'{"messages":' + b"[" * 100_000, b'{"system":"\xff"}'])
def test_no_json(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        read_request(body)


def test_deep_but_valid_json() -> None:
    """What the parser takes, the reader takes or refuses in the same words."""
    for depth in (50, 200, 900, 5000):
        block = '{"toolResult":{"toolUseId":"t","content":[' * depth + "]}}" * depth
        with contextlib.suppress(InvalidJson):
            read_request(b'{"messages":[{"role":"user","content":[%b]}]}' % block.encode())


KEYS = st.sampled_from(
    [
        *("messages", "system", "role", "content", "text", "image", "document", "format", "source", "bytes", "name"),
        *("toolUse", "toolResult", "toolUseId", "input", "status", "json", "cachePoint", "type", "ttl", "s3Location"),
        *("uri", "reasoningContent", "reasoningText", "redactedContent", "citationsContent", "citations", "toolConfig"),
        *("tools", "toolSpec", "inputSchema", "toolChoice", "tool", "auto", "any", "inferenceConfig", "maxTokens"),
        *("outputConfig", "textFormat", "structure", "jsonSchema", "schema", "effort", "serviceTier"),
        *("additionalModelRequestFields", "thinking", "top_k", "budget_tokens", "display", "requestMetadata"),
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "user", "assistant", "system", "png", "default", "enabled", "json_schema", "{}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(KEYS, JSON, max_size=5), st.lists(JSON, max_size=4))
def test_any_json(fields: dict[str, Any], blocks: list[Any]) -> None:
    with contextlib.suppress(RequestError):
        read(**fields)
    with contextlib.suppress(RequestError):
        read(
            messages=[{"role": "user", "content": blocks}], **{key: fields[key] for key in fields if key != "messages"}
        )


@given(st.binary(max_size=80))
def test_any_bytes(body: bytes) -> None:
    with contextlib.suppress(RequestError):
        read_request(body)


@exchanges("bedrock", "/converse")
def test_recorded(exchange: Exchange) -> None:
    request = read_request(exchange.request)
    assert request.messages
    assert not any(isinstance(part, Foreign) for message in request.messages for part in message.parts)
