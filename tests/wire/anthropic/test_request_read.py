"""Messages requests as dialogs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import Tool
from ajar.errors import InvalidField, InvalidJson, RequestError
from ajar.wire.anthropic.request_read import read_request
from wire.anthropic.dialogs import BODY, CACHE, JSON, assistant, text, user


def read(*messages: Any, **fields: Any) -> Any:
    return read_request(json.dumps({"model": "m", "max_tokens": 9, "messages": messages, **fields}).encode())


def test_options_and_falsy_values() -> None:
    request = read(
        user(text("hi")),
        temperature=0,
        top_p=0.0,
        top_k=0,
        stop_sequences=[],
        stream=False,
        metadata={"user_id": ""},
        service_tier="standard_only",
        cache_control=CACHE,
        container="c-1",
    )
    assert (request.format, request.model, request.max_tokens) == ("anthropic", "m", 9)
    assert (request.temperature, request.top_p, request.top_k, request.stop) == (0, 0.0, 0, [])
    assert (request.stream, request.user, request.service_tier) == (False, "", "default")
    assert (request.cache, request.rest["container"]) == (CACHE, "c-1")
    bare = read(user(text("hi")))
    assert (bare.temperature, bare.top_k, bare.stop, bare.user, bare.rest) == (None, None, None, None, {})


def test_the_system_prompt_leads() -> None:
    assert read(user(text("hi")), system="be kind").messages[0].parts == [Text("be kind")]
    blocks = [text("a", cache_control=CACHE), {"type": "new_block", "x": 1}]
    lead = read(user(text("hi")), system=blocks).messages[0]
    assert lead.role == "system"
    assert lead.parts == [Text("a", cache=CACHE), Foreign("anthropic", "new_block", {"type": "new_block", "x": 1})]


def test_system_turns_stay_where_they_stand() -> None:
    request = read(user(text("a")), {"role": "system", "content": "now b"}, assistant(text("c")), user(text("d")))
    assert [turn.role for turn in request.messages] == ["user", "system", "assistant", "user"]


def test_results_come_first_and_know_their_tool() -> None:
    request = read(
        user(text("hi")),
        assistant({"type": "tool_use", "id": "t1", "name": "look", "input": {"b": 1, "a": [1.0, None]}}),
        user(
            text("and this"),
            {"type": "tool_result", "tool_use_id": "t1", "content": "sunny", "is_error": False},
            {"type": "tool_result", "tool_use_id": "t9"},
        ),
    )
    call = request.messages[1].parts[0]
    assert call == ToolCall("t1", "look", '{"b":1,"a":[1.0,null]}')
    assert [turn.role for turn in request.messages] == ["user", "assistant", "tool", "user"]
    first, second = request.messages[2].parts
    assert isinstance(first, ToolResult)
    assert (first.call_id, first.name, first.content, first.is_error) == ("t1", "look", [Text("sunny")], False)
    assert (second.call_id, second.name, second.content, second.is_error) == ("t9", None, [], None)
    assert request.messages[3].parts == [Text("and this")]


def test_pictures_in_results_stay() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
    request = read(user({"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image", "source": source}]}))
    assert request.messages[0].parts[0].content == [Media("image", mime="image/png", data="AAAA")]


def test_thoughts_with_and_without_words() -> None:
    request = read(
        user(text("hi")),
        assistant(
            {"type": "thinking", "thinking": "hm", "signature": "s1"},
            {"type": "thinking", "thinking": "", "signature": "s2"},
            {"type": "redacted_thinking", "data": "d1"},
            {"type": "thinking", "thinking": "local", "signature": ""},
            {"type": "thinking", "thinking": "bare"},
        ),
    )
    parts = request.messages[1].parts
    assert [(part.text, part.opaque, part.redacted) for part in parts] == [
        ("hm", "s1", False),
        ("", "s2", False),
        ("", "d1", True),
        ("local", None, False),
        ("bare", None, False),
    ]
    assert all(isinstance(part, Reasoning) for part in parts)


DOCUMENTS = [
    ({"type": "base64", "media_type": "application/pdf", "data": "AAAA"}, {"mime": "application/pdf", "data": "AAAA"}),
    ({"type": "url", "url": "https://x/y.pdf"}, {"url": "https://x/y.pdf"}),
    ({"type": "file", "file_id": "file_1"}, {"file_id": "file_1"}),
    ({"type": "text", "media_type": "text/plain", "data": "words"}, {"mime": "text/plain", "text": "words"}),
]


@pytest.mark.parametrize(("source", "fields"), DOCUMENTS)
def test_documents(source: dict[str, Any], fields: dict[str, Any]) -> None:
    block = {"type": "document", "source": source, "title": "T", "context": "c", "cache_control": CACHE}
    request = read(user(block))
    assert request.messages[0].parts == [Media("document", name="T", cache=CACHE, rest={"context": "c"}, **fields)]


def test_what_is_not_known_stays_whole() -> None:
    blocks = [
        {"type": "search_result", "source": "s", "title": "t", "content": [text("x")]},
        {"type": "document", "source": {"type": "content", "content": "x"}},
        {"type": "container_upload", "file_id": "f"},
    ]
    request = read(user(*blocks), tools=[{"type": "web_search_20260318", "name": "web_search", "max_uses": 2}])
    assert [part.kind for part in request.messages[0].parts] == ["search_result", "document", "container_upload"]
    assert [part.value for part in request.messages[0].parts] == blocks
    assert request.tools == [
        Foreign(
            "anthropic", "web_search_20260318", {"type": "web_search_20260318", "name": "web_search", "max_uses": 2}
        )
    ]


def test_tools_and_the_choice_among_them() -> None:
    tool = {"name": "f", "input_schema": {"type": "object"}, "strict": False, "input_examples": [{}]}
    request = read(
        user(text("hi")),
        tools=[tool, {**tool, "type": "custom", "description": "d", "cache_control": CACHE}],
        tool_choice={"type": "tool", "name": "f", "disable_parallel_tool_use": True},
    )
    first, second = request.tools
    assert first == Tool("f", None, {"type": "object"}, strict=False, rest={"input_examples": [{}]})
    assert (second.description, second.cache) == ("d", CACHE)
    assert (request.tool_choice.mode, request.tool_choice.names) == ("tool", ["f"])
    assert request.parallel_tool_calls is False
    assert read(user(text("hi")), tool_choice={"type": "any"}).tool_choice.mode == "required"
    assert read(user(text("hi")), tool_choice={"type": "new"}).rest["tool_choice"] == {"type": "new"}


def test_thinking_effort_and_format() -> None:
    schema = {"type": "object"}
    request = read(
        user(text("hi")),
        thinking={"type": "enabled", "budget_tokens": 2000, "display": "omitted"},
        output_config={
            "effort": "xhigh",
            "format": {"type": "json_schema", "schema": schema},
            "task_budget": {"type": "tokens", "total": 9},
        },
    )
    reasoning = request.reasoning
    assert (reasoning.mode, reasoning.budget, reasoning.visible, reasoning.effort) == ("enabled", 2000, False, "xhigh")
    assert (request.response_format.kind, request.response_format.schema) == ("json_schema", schema)
    assert request.rest == {"output_config": {"task_budget": {"type": "tokens", "total": 9}}}
    for mode in ("adaptive", "between_tools", "disabled"):
        assert read(user(text("hi")), thinking={"type": mode}).reasoning.mode == mode
    assert read(user(text("hi")), output_config={"format": {"type": "new"}}).response_format is None


WRONG = [
    ({"model": None}, "model"),
    ({"messages": None}, "messages"),
    ({"messages": [7]}, "messages[0]"),
    ({"messages": [{"content": "x"}]}, "messages[0].role"),
    ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
    ({"messages": [{"role": "user"}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
    ({"messages": [user({"text": "x"})]}, "messages[0].content[0].type"),
    ({"messages": [user({"type": "text"})]}, "messages[0].content[0].text"),
    ({"messages": [user({"type": "image"})]}, "messages[0].content[0].source"),
    ({"messages": [user({"type": "image", "source": {"type": "url"}})]}, "messages[0].content[0].source.url"),
    ({"messages": [user({"type": "thinking", "thinking": "x"})]}, "messages[0].content[0]"),
    ({"messages": [assistant({"type": "tool_use", "id": "1", "name": "f"})]}, "messages[0].content[0].input"),
    ({"messages": [assistant({"type": "tool_result", "tool_use_id": "1"})]}, "messages[0].content[0]"),
    (
        {"messages": [user({"type": "tool_result", "tool_use_id": "1", "content": [{"type": "redacted_thinking"}]})]},
        "messages[0].content[0].content[0].data",
    ),
    (
        {
            "messages": [
                user(
                    {
                        "type": "tool_result",
                        "tool_use_id": "1",
                        "content": [{"type": "tool_result", "tool_use_id": "2"}],
                    }
                )
            ]
        },
        "messages[0].content[0].content[0]",
    ),
    ({"system": 7}, "system"),
    ({"system": [{"type": "tool_use", "id": "1", "name": "f", "input": {}}]}, "system[0]"),
    ({"max_tokens": "9"}, "max_tokens"),
    ({"temperature": True}, "temperature"),
    ({"stop_sequences": [1]}, "stop_sequences"),
    ({"stream": "yes"}, "stream"),
    ({"metadata": []}, "metadata"),
    ({"tools": [{"name": "f"}]}, "tools[0].input_schema"),
    ({"tools": [{"type": 7}]}, "tools[0].type"),
    ({"tool_choice": {"type": "tool"}}, "tool_choice.name"),
    ({"tool_choice": {"type": []}}, "tool_choice.type"),
    ({"thinking": {"budget_tokens": 7}}, "thinking.type"),
    ({"output_config": {"effort": 7}}, "output_config.effort"),
    ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format.schema"),
]


@pytest.mark.parametrize(("fields", "param"), WRONG)
def test_what_is_wrong_is_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidField) as error:
        read_request(json.dumps({"model": "m", "messages": [user(text("hi"))], **fields}).encode())
    assert error.value.param == param


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"a":' * 3000, b'{"model":"m","messages":' + b"[" * 900])
def test_no_json_object(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        read_request(body)


@given(st.binary(max_size=50) | (JSON | BODY).map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_only_request_errors_leave(body: bytes) -> None:
    try:
        read_request(body)
    except RequestError:
        return
