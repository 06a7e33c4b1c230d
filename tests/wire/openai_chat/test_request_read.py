"""Chat requests are read whole: known fields typed, the others kept."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import ChatRequest, Tool, ToolChoice
from ajar.errors import InvalidField, InvalidJson
from ajar.wire.openai_chat.request_read import read_request


def read(messages: list[Any] | None = None, **fields: Any) -> ChatRequest:
    return read_request(json.dumps({"model": "m", "messages": messages or [], **fields}).encode())


def test_roles_and_content() -> None:
    request = read(
        [
            {"role": "system", "content": "a"},
            {"role": "developer", "content": [{"type": "text", "text": "b"}]},
            {"role": "user", "content": "c", "name": "eve"},
            {"role": "assistant", "content": None, "refusal": "no"},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "never"}]},
        ]
    )
    assert [(message.role, message.parts) for message in request.messages] == [
        ("system", [Text("a")]),
        ("developer", [Text("b")]),
        ("user", [Text("c")]),
        ("assistant", [Refusal("no")]),
        ("assistant", [Refusal("never")]),
    ]
    assert request.messages[2].name == "eve"


def test_successive_tool_messages_are_one_turn() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    request = read(
        [
            {"role": "assistant", "tool_calls": [call, {**call, "id": "2"}]},
            {"role": "tool", "tool_call_id": "1", "content": "x"},
            {"role": "tool", "tool_call_id": "2", "content": [{"type": "text", "text": "y"}]},
            {"role": "user", "content": "go"},
            {"role": "tool", "tool_call_id": "3", "content": ""},
        ]
    )
    assert [message.role for message in request.messages] == ["assistant", "tool", "user", "tool"]
    assert request.messages[0].parts == [ToolCall("1", "f", "{}"), ToolCall("2", "f", "{}")]
    assert request.messages[1].parts == [ToolResult("1", [Text("x")]), ToolResult("2", [Text("y")])]
    assert request.messages[3].parts == [ToolResult("3", [Text("")])]


def test_media() -> None:
    request = read(
        [
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                    {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
                    {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA==", "filename": "a.pdf"}},
                    {"type": "file", "file": {"file_id": "file-1"}},
                    {"type": "file", "file": {"file_data": "AA==", "filename": "a.csv"}},
                    {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}},
                    {"type": "hologram", "hologram": 1},
                ],
            }
        ]
    )
    assert request.messages[0].parts == [
        Media("image", url="https://x/y.png", detail="low"),
        Media("image", "image/png", "AA=="),
        Media("audio", "audio/mpeg", "AA=="),
        Media("document", "application/pdf", "AA==", name="a.pdf"),
        Media("document", file_id="file-1"),
        Media("document", "text/csv", "AA==", name="a.csv"),
        Media("video", url="https://x/y.mp4"),
        Foreign("openai-chat", "hologram", {"type": "hologram", "hologram": 1}),
    ]


def test_options() -> None:
    request = read(
        max_tokens=7,
        temperature=0,
        top_p=0.0,
        stop="x",
        n=2,
        seed=0,
        logprobs=False,
        top_logprobs=0,
        frequency_penalty=0,
        presence_penalty=-1,
        logit_bias={"5": -100},
        parallel_tool_calls=False,
        response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": {}, "strict": True}},
        reasoning_effort="high",
        verbosity="low",
        service_tier="flex",
        user="u",
        metadata={"a": "b"},
        prompt_cache_key="k",
        stream=True,
        stream_options={"include_usage": True},
        store=False,
    )
    assert (request.max_tokens, request.stop, request.n, request.seed) == (7, ["x"], 2, 0)
    assert (request.temperature, request.top_p, request.logprobs, request.top_logprobs) == (0, 0.0, False, 0)
    assert (request.frequency_penalty, request.presence_penalty, request.logit_bias) == (0, -1, {"5": -100})
    assert request.parallel_tool_calls is False
    assert request.response_format is not None
    assert (request.response_format.name, request.response_format.schema, request.response_format.strict) == (
        "a",
        {},
        True,
    )
    assert request.reasoning is not None
    assert request.reasoning.effort == "high"
    assert (request.stream, request.include_usage) == (True, True)
    assert request.rest == {"store": False}


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        ("auto", ToolChoice("auto")),
        ("none", ToolChoice("none")),
        ("required", ToolChoice("required")),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice("tool", ["f"])),
        ({"type": "custom", "custom": {"name": "f"}}, ToolChoice("tool", ["f"])),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "f"}}]},
            },
            ToolChoice("allowed", ["f"], must=True),
        ),
    ],
)
def test_tool_choice(choice: Any, wanted: ToolChoice) -> None:
    assert read(tool_choice=choice).tool_choice == wanted


@pytest.mark.parametrize("choice", ["validated", {"type": "mcp", "server": "x"}, {"type": "function", "function": {}}])
def test_an_unknown_tool_choice_is_kept(choice: Any) -> None:
    request = read(tool_choice=choice)
    assert request.tool_choice is None
    assert request.rest == {"tool_choice": choice}


def test_tools() -> None:
    request = read(
        tools=[
            {"type": "function", "function": {"name": "f", "description": "d", "parameters": {}, "strict": False}},
            {"type": "custom", "custom": {"name": "c", "format": {"type": "text"}}},
            {"type": "web_search", "depth": 1},
        ]
    )
    assert request.tools == [
        Tool("f", "d", {}, False),
        Tool("c", custom=True, rest={"format": {"type": "text"}}),
        Foreign("openai-chat", "web_search", {"type": "web_search", "depth": 1}),
    ]


def test_thoughts_come_back() -> None:
    details = [
        {"type": "reasoning.text", "text": "hm", "signature": "sig", "index": 0},
        {"type": "reasoning.encrypted", "data": "blob", "index": 1},
        {"type": "reasoning.summary", "summary": "well", "id": "rs_1", "index": 2},
        {"type": "reasoning.encrypted", "data": "enc", "id": "rs_1", "index": 2},
    ]
    request = read(
        [
            {"role": "assistant", "content": "a", "reasoning_content": "plain"},
            {"role": "assistant", "content": "a", "reasoning": "plain"},
            {"role": "assistant", "content": "a", "reasoning_content": "hmwell", "reasoning_details": details},
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "1",
                        "type": "function",
                        "function": {"name": "f", "arguments": ""},
                        "extra_content": {"google": {"thought_signature": "sig"}},
                    }
                ],
            },
            {"role": "assistant", "content": "a", "extra_content": {"google": {"thought_signature": "sig"}}},
        ]
    )
    assert [message.parts for message in request.messages] == [
        [Reasoning("plain"), Text("a")],
        [Reasoning("plain"), Text("a")],
        [
            Reasoning("hm", "sig"),
            Reasoning(opaque="blob", redacted=True),
            Reasoning("well", "enc", id="rs_1", summary=True),
            Text("a"),
        ],
        [ToolCall("1", "f", "", opaque="sig")],
        [Text("a", opaque="sig")],
    ]
    assert all(message.rest == {} for message in request.messages)


def test_thoughts_between_calls_keep_their_places() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    details = [
        {"type": "reasoning.text", "text": "one", "signature": "a", "index": 0},
        {"type": "reasoning.text", "text": "two", "signature": "b", "index": 2},
    ]
    (message,) = read(
        [
            {
                "role": "assistant",
                "content": None,
                "reasoning_details": details,
                "tool_calls": [call, {**call, "id": "2"}],
            }
        ]
    ).messages
    assert [getattr(part, "id", None) or getattr(part, "text", "") for part in message.parts] == [
        "one",
        "1",
        "two",
        "2",
    ]


@pytest.mark.parametrize(
    ("fields", "effort", "mode", "budget", "visible"),
    [
        ({"reasoning": {"effort": "low", "exclude": True}}, "low", None, None, False),
        ({"reasoning": {"max_tokens": 100}}, None, None, 100, None),
        ({"thinking": {"type": "enabled", "budget_tokens": 5}}, None, "enabled", 5, None),
        ({"thinking": {"type": "disabled"}, "reasoning_effort": "none"}, "none", "disabled", None, None),
    ],
)
def test_other_spellings_of_reasoning(
    fields: dict[str, Any], effort: str | None, mode: str | None, budget: int | None, visible: bool | None
) -> None:
    options = read(**fields).reasoning
    assert options is not None
    assert (options.effort, options.mode, options.budget, options.visible) == (effort, mode, budget, visible)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": []}, "model"),
        ({"model": "m"}, "messages"),
        ({"model": "m", "messages": {}}, "messages"),
        ({"model": "m", "messages": [1]}, "messages[0]"),
        ({"model": "m", "messages": [{}]}, "messages[0].role"),
        ({"model": "m", "messages": [{"role": "robot"}]}, "messages[0].role"),
        ({"model": "m", "messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
        ({"model": "m", "messages": [{"role": "user", "content": ["a"]}]}, "messages[0].content[0]"),
        ({"model": "m", "messages": [{"role": "user", "content": [{"text": "a"}]}]}, "messages[0].content[0].type"),
        (
            {"model": "m", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "messages[0].content[0].image_url.url",
        ),
        ({"model": "m", "messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        ({"model": "m", "messages": [{"role": "assistant", "tool_calls": [{}]}]}, "messages[0].tool_calls[0].function"),
        ({"model": "m", "messages": [], "temperature": "hot"}, "temperature"),
        ({"model": "m", "messages": [], "tools": [{"type": "function"}]}, "tools[0].function"),
        ({"model": "m", "messages": [], "tools": {}}, "tools"),
        ({"model": "m", "messages": [], "stop": [1]}, "stop"),
        ({"model": "m", "messages": [], "response_format": "json"}, "response_format"),
        ({"model": "m", "messages": [], "response_format": {"type": []}}, "response_format"),
        ({"model": "m", "messages": [], "stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
        ({"model": "m", "messages": [], "tool_choice": 1}, "tool_choice"),
    ],
)
def test_a_fault_is_named_with_its_path(body: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidField) as caught:
        read_request(json.dumps(body).encode())
    assert caught.value.param == param


@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    with pytest.raises((InvalidJson, InvalidField)):
        read_request(body)


WORDS = st.sampled_from(
    [
        "role",
        "content",
        "type",
        "text",
        "user",
        "assistant",
        "tool",
        "system",
        "function",
        "name",
        "tool_calls",
        "id",
        "image_url",
        "url",
        "file",
        "input_audio",
        "refusal",
        "reasoning_details",
        "reasoning.text",
        "extra_content",
        "google",
        "thought_signature",
        "arguments",
        "tool_call_id",
        "custom",
        "messages",
        "model",
        "tools",
        "stop",
        "response_format",
        "json_schema",
        "reasoning",
        "thinking",
        "stream_options",
        "tool_choice",
        "allowed_tools",
        "auto",
        "mode",
        "reasoning.encrypted",
        "data",
        "index",
        "signature",
        "summary",
        "max_tokens",
        "temperature",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)


@given(st.dictionaries(WORDS, JSON, max_size=4), st.lists(st.dictionaries(WORDS, JSON, max_size=5), max_size=3))
def test_any_json(body: dict[str, Any], messages: list[Any]) -> None:
    with contextlib.suppress(InvalidField):
        read_request(json.dumps({"model": "m", "messages": messages, **body}).encode())
