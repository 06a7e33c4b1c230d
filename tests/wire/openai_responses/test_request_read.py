"""Responses requests as the typed form."""

from __future__ import annotations

from typing import Any

import pytest

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import ChatRequest, Message, Tool, ToolChoice
from ajar.errors import InvalidField, InvalidJson
from ajar.wire.json_fields import said
from ajar.wire.openai_responses.request_read import read_request
from wire.openai_responses.samples import AGENT, asked, encode


def read(**fields: Any) -> ChatRequest:
    return read_request(asked(**fields))


def items(*values: Any) -> list[Message]:
    return read(input=list(values)).messages


def test_the_turns_of_an_agent() -> None:
    request = read_request(encode(AGENT))
    roles = [message.role for message in request.messages]
    assert roles == ["system", "developer", "user", "assistant", "tool", "assistant", "user"]
    kinds = [[type(part).__name__ for part in message.parts] for message in request.messages]
    assert kinds[2] == ["Text", "Media", "Media"]
    assert kinds[3] == ["Reasoning", "Text", "ToolCall", "ToolCall"]
    assert kinds[4] == ["ToolResult", "ToolResult"]
    assert kinds[5] == ["Foreign", "Text"]


def test_the_parts_of_an_agent() -> None:
    _, _, user, model, tool, later, _ = read_request(encode(AGENT)).messages
    assert user.parts[1] == Media("image", "image/png", "iVBORw0KGgo=", detail="low")
    assert isinstance(user.parts[2], Media)
    assert (user.parts[2].kind, user.parts[2].mime, user.parts[2].name) == ("document", "application/pdf", "a.pdf")
    thought, text, call, custom = model.parts
    assert isinstance(thought, Reasoning)
    assert (thought.text, thought.opaque, thought.id) == ("**One**\n\nx\n\ntwo", "gAAAA", "rs_1")
    assert thought.summary
    assert isinstance(text, Text)
    assert text.text == "Looking."
    assert isinstance(call, ToolCall)
    assert (call.id, call.name, call.arguments, call.custom) == ("call_1", "find_order", '{"id": "48213"}', False)
    assert isinstance(custom, ToolCall)
    assert (custom.arguments, custom.custom) == ("ls -l", True)
    first, second = tool.parts
    assert isinstance(first, ToolResult)
    assert (first.call_id, first.content, first.name, first.custom) == (
        "call_1",
        [Text("shipped")],
        "find_order",
        False,
    )
    assert isinstance(second, ToolResult)
    assert second.content == [Text("a b"), Media("image", url="https://x.test/a.png")]
    assert (second.name, second.custom) == ("shell", True)
    assert isinstance(later.parts[0], Foreign)
    assert later.parts[0].kind == "web_search_call"


def test_what_another_format_would_lose_of_an_agent() -> None:
    """Ids, statuses and defaults say nothing; the rest is named where it stood."""
    request = read_request(encode(AGENT))
    losses = Losses()
    losses.add_rest("", said(request.rest))
    assert request.reasoning is not None
    losses.add_rest("reasoning", said(request.reasoning.rest))
    for message in request.messages:
        losses.add_rest("messages", said(message.rest))
        for part in message.parts:
            if not isinstance(part, Foreign):
                losses.add_rest("part", said(part.rest))
    assert losses.names == ("client_metadata", "reasoning.context", "part.phase")


def test_the_options() -> None:
    request = read_request(encode(AGENT))
    assert (request.max_tokens, request.temperature, request.top_p) == (0, 0, 0.5)
    assert (request.parallel_tool_calls, request.stream, request.user, request.metadata) == (False, True, "", {})
    assert request.tool_choice == ToolChoice("auto")
    assert request.verbosity == "low"
    assert request.prompt_cache_key == "k"
    assert request.reasoning is not None
    assert (request.reasoning.effort, request.reasoning.summary, request.reasoning.visible) == ("high", "auto", True)
    shape = request.response_format
    assert shape is not None
    assert (shape.kind, shape.name, shape.schema, shape.strict) == ("json_schema", "a", {"type": "object"}, False)


def test_the_tools() -> None:
    function, custom, namespace, search = read_request(encode(AGENT)).tools
    assert isinstance(function, Tool)
    assert (function.name, function.strict, function.custom) == ("find_order", True, False)
    assert function.schema is not None
    assert function.schema["required"] == ["id"]
    assert isinstance(custom, Tool)
    assert (custom.custom, custom.schema, custom.rest) == (True, None, {"format": {"type": "text"}})
    assert isinstance(namespace, Foreign)
    assert namespace.kind == "namespace"
    assert isinstance(search, Foreign)
    assert search.kind == "web_search"


@pytest.mark.parametrize(
    ("given", "choice"),
    [
        ("none", ToolChoice("none")),
        ("required", ToolChoice("required")),
        ({"type": "function", "name": "f"}, ToolChoice("tool", ["f"])),
        ({"type": "custom", "name": "f"}, ToolChoice("tool", ["f"])),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "f"}]},
            ToolChoice("allowed", ["f"], must=True),
        ),
        ({"type": "web_search"}, None),
        ({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "mcp", "server_label": "s"}]}, None),
    ],
)
def test_tool_choice(given: Any, choice: ToolChoice | None) -> None:
    request = read(tool_choice=given)
    assert request.tool_choice == choice
    assert ("tool_choice" in request.rest) == (choice is None)


def test_input_as_a_string() -> None:
    assert read(input="Hi").messages == [Message("user", [Text("Hi")])]


def test_log_probabilities_are_asked_for_by_include() -> None:
    request = read(include=["message.output_text.logprobs", "file_search_call.results"], top_logprobs=0)
    assert (request.logprobs, request.top_logprobs) == (True, 0)
    assert dict(request.rest) == {"include": ["file_search_call.results"]}


def test_messages_of_the_model_in_a_row_are_one_turn() -> None:
    said_twice = items(
        {"role": "assistant", "content": [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "no"}]},
        {"role": "assistant", "content": "b"},
        {"role": "assistant", "content": []},
    )
    assert said_twice == [Message("assistant", [Text("a"), Refusal("no"), Text("b"), Text("")])]


def test_reasoning_in_the_clear_and_redacted() -> None:
    [turn] = items(
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]},
        {"type": "reasoning", "summary": [], "encrypted_content": "redacted_thinking:EuYB"},
    )
    plain, redacted = turn.parts
    assert isinstance(plain, Reasoning)
    assert (plain.text, plain.summary, plain.opaque) == ("hm", False, None)
    assert isinstance(redacted, Reasoning)
    assert (redacted.opaque, redacted.redacted) == ("EuYB", True)


@pytest.mark.parametrize(
    ("part", "media"),
    [
        ({"type": "input_image", "file_id": "file-1"}, Media("image", file_id="file-1")),
        ({"type": "input_file", "file_url": "https://x.test/a"}, Media("document", url="https://x.test/a")),
        (
            {"type": "input_file", "file_data": "JVBE", "filename": "a.pdf"},
            Media("document", "application/pdf", "JVBE", name="a.pdf"),
        ),
        ({"type": "input_file", "file_data": "data:image/gif;base64,R0lG"}, Media("image", "image/gif", "R0lG")),
        (
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
            Media("audio", "audio/wav", "AAAA"),
        ),
        ({"type": "input_video", "video_url": "https://x.test/v"}, Media("video", url="https://x.test/v")),
    ],
)
def test_media(part: Any, media: Media) -> None:
    [message] = items({"role": "user", "content": [part]})
    assert message.parts == [media]


def test_unknown_items_and_parts_are_kept_whole() -> None:
    compaction = {"type": "compaction", "id": "c", "encrypted_content": "g"}
    output = {"type": "shell_call_output", "call_id": "c", "output": []}
    part = {"type": "input_hologram", "x": 1}
    turns = items(compaction, output, {"role": "user", "content": [part]})
    assert [turn.role for turn in turns] == ["assistant", "tool", "user"]
    assert turns[0].parts == [Foreign("openai-responses", "compaction", compaction)]
    assert turns[1].parts == [Foreign("openai-responses", "shell_call_output", output)]
    assert turns[2].parts == [Foreign("openai-responses", "content.input_hologram", part)]


def test_input_may_be_absent_only_where_the_provider_has_it() -> None:
    request = read_request(b'{"model":"r","previous_response_id":"resp_1"}')
    assert request.messages == []
    assert request.rest["previous_response_id"] == "resp_1"
    with pytest.raises(InvalidField) as caught:
        read_request(b'{"model":"r"}')
    assert caught.value.param == "input"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": None}, "model"),
        ({"model": ""}, "model"),
        ({"input": 1}, "input"),
        ({"input": ["x"]}, "input[0]"),
        ({"input": [{"role": "user"}]}, "input[0].content"),
        ({"input": [{"type": "message", "content": "x"}]}, "input[0].role"),
        ({"input": [{"role": "user", "content": [{"text": "x"}]}]}, "input[0].content[0].type"),
        ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text"),
        ({"input": [{"type": "function_call", "name": "f", "arguments": "{}"}]}, "input[0].call_id"),
        ({"input": [{"type": "function_call_output", "call_id": "c"}]}, "input[0].output"),
        ({"instructions": 3}, "instructions"),
        ({"tools": {}}, "tools"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"tool_choice": "perhaps"}, "tool_choice"),
        ({"temperature": "hot"}, "temperature"),
        ({"max_output_tokens": 1.5}, "max_output_tokens"),
        ({"stream": 1}, "stream"),
        ({"include": [1]}, "include"),
        ({"text": {"format": "json"}}, "text.format"),
        ({"reasoning": "high"}, "reasoning"),
    ],
)
def test_a_field_at_fault_is_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidField) as caught:
        read(**fields)
    assert caught.value.param == param


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"a":' * 5000])
def test_what_is_no_object(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        read_request(body)
