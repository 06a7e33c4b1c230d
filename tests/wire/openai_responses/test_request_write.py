"""The typed form as requests to a deployment that speaks Responses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import (
    ChatRequest,
    Message,
    ReasoningOptions,
    ResponseFormat,
    Tool,
    ToolChoice,
)
from ajar.wire.openai_responses.ids import make_id
from ajar.wire.openai_responses.request_read import read_request
from ajar.wire.openai_responses.request_write import write_request
from wire.openai_responses import oracle
from wire.openai_responses.samples import AGENT, HEX, KEEPS_ALL, KEEPS_NONE, asked, encode

if TYPE_CHECKING:
    from ajar.wire.back import Back

PNG = "iVBORw0KGgo="


def write(request: ChatRequest, back: Back = KEEPS_ALL) -> tuple[dict[str, Any], tuple[str, ...]]:
    losses = Losses()
    return json.loads(write_request(request, back, losses)), losses.names


def chat(*messages: Message, **options: Any) -> ChatRequest:
    return ChatRequest(format="openai-chat", model="route", messages=list(messages), **options)


def valid(body: dict[str, Any]) -> dict[str, Any]:
    problems = oracle.errors(body, "CreateResponseBody")
    assert not problems, problems
    return body


def test_the_same_format_is_written_back() -> None:
    body, lost = write(read_request(encode(AGENT)))
    assert body == {**AGENT, "model": "m"}
    assert not lost


CALLER = {"type": "direct"}


def user(*content: dict[str, Any]) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": list(content)}]}


def model(*content: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(content), **fields}


def output(*content: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"input": [{"type": "function_call_output", "call_id": "c", "output": list(content), **fields}]}


def thought(**fields: Any) -> dict[str, Any]:
    return {"input": [{"type": "reasoning", **fields}]}


SPELLINGS: list[dict[str, Any]] = [
    {"input": []},
    {"input": "x", "stream": False},
    {"instructions": "", "tools": [], "metadata": None},
    {"instructions": None, "text": {}, "reasoning": {}},
    {"text": {"format": None, "verbosity": None, "x": 1}},
    {"text": {"format": {"type": "grammar", "definition": "d"}}},
    {"text": {"format": {"type": "text"}}},
    {"reasoning": {"effort": None, "summary": None, "generate_summary": "auto"}},
    {"include": []},
    {"include": None, "truncation": "auto", "background": False, "stream_options": {"include_obfuscation": False}},
    {"tools": [{"type": "function", "name": "f", "parameters": None, "strict": None, "description": None}]},
    {"tools": [{"type": "custom", "name": "f"}], "tool_choice": {"type": "custom", "name": "f"}},
    {"tool_choice": {"type": "function", "name": "f", "x": 1}},
    {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}], "x": 1}},
    {"tool_choice": {"type": "mcp", "server_label": "s"}},
    {"input": [{"role": "user", "content": "x", "type": None}]},
    {"input": [{"id": "msg_1"}, {"type": "item_reference", "id": "msg_2"}]},
    {"input": [{"role": "critic", "content": "x"}]},
    {"input": [{"role": "user", "content": []}, {"role": "user", "content": [{"type": "text", "text": "x"}]}]},
    {"input": [model({"type": "input_text", "text": "x"}, {"type": "odd"})]},
    {"input": [model({"type": "odd"}, {"type": "output_text", "text": "x"})]},
    {"input": [model(), {"role": "assistant", "content": ""}]},
    {"input": [model({"type": "refusal", "refusal": "no", "x": 1}, phase=None)]},
    {"input": [{"role": "assistant", "content": "a"}, model({"type": "output_text", "text": "a"})]},
    {"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "", "caller": CALLER}]},
    output(name="f", status=None),
    output({"type": "refusal", "refusal": "n"}),
    thought(id="r", summary=None, content=[], encrypted_content=None),
    thought(id="r", content=[{"type": "reasoning_text", "text": "t"}]),
    thought(summary=[{"type": "x", "text": "t"}], encrypted_content="redacted_thinking:d"),
    user({"type": "input_image", "image_url": "data:image/svg+xml,%3Csvg%3E"}),
    user({"type": "input_file", "file_data": "QUJD"}),
    user({"type": "input_file", "file_data": "data:image/png;base64,QUJD", "x": 1}),
    user({"type": "input_file", "file_id": "file-1", "file_data": None}),
    user({"type": "input_audio", "input_audio": {"data": "", "format": "mp3", "x": 1}}),
    user({"type": "input_video", "video_url": "https://x.test"}),
    user({"type": "input_text", "text": "x", "prompt_cache_breakpoint": {}}),
]


@pytest.mark.parametrize("fields", SPELLINGS)
def test_every_spelling_is_written_back(fields: dict[str, Any]) -> None:
    given = asked(**{"store": False, **fields})
    body, lost = write(read_request(given))
    assert body == {**json.loads(given), "model": "m"}
    assert not lost


def test_without_input() -> None:
    body, _ = write(read_request(b'{"model":"r","previous_response_id":"p","store":true}'))
    assert body == {"model": "m", "previous_response_id": "p", "store": True}


def test_nothing_is_stored_that_nobody_asked_to_store() -> None:
    assert write(read_request(asked()))[0]["store"] is False
    body, _ = write(read_request(asked(reasoning={"effort": "low"}, include=["web_search_call.results"])))
    assert body["include"] == ["web_search_call.results", "reasoning.encrypted_content"]
    assert "include" not in write(read_request(asked(reasoning={"effort": "none"})))[0]
    assert "include" not in write(read_request(asked(store=True, reasoning={"effort": "low"})))[0]


def test_reasoning_of_another_deployment_does_not_go_out() -> None:
    """And the ids of the items that belonged to it neither: with them the items would be refused."""
    body, lost = write(read_request(encode(AGENT)), KEEPS_NONE)
    assert lost == ("reasoning.encrypted_content", "web_search_call")
    kinds = [item.get("type") for item in body["input"]]
    assert "reasoning" not in kinds
    assert "web_search_call" not in kinds  # it would have to have its id
    call = body["input"][kinds.index("function_call")]
    assert "id" not in call
    assert call["status"] == "completed"
    assert "id" not in body["input"][2]
    assert body["input"][2]["phase"] == "commentary"


def test_reasoning_in_the_clear_goes_back_without_its_seal() -> None:
    item = {
        "type": "reasoning",
        "id": "r",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "t"}],
        "encrypted_content": "g",
    }
    body, lost = write(read_request(asked(input=[item])), KEEPS_NONE)
    assert body["input"] == [{"type": "reasoning", "summary": [], "content": item["content"]}]
    assert lost == ("reasoning.encrypted_content",)


def test_reasoning_of_which_only_the_id_counts_goes_out_only_where_that_is_known() -> None:
    """The id of an item that Ajar made of another format's answer is known nowhere."""
    made = {"type": "reasoning", "id": make_id("rs", HEX, 1), "summary": [{"type": "summary_text", "text": "t"}]}
    call = {"type": "function_call", "id": make_id("fc", HEX, 2), "call_id": "c", "name": "f", "arguments": "{}"}
    body, lost = write(read_request(asked(input=[made, call])))
    assert body["input"] == [{name: value for name, value in call.items() if name != "id"}]
    assert lost == ("reasoning",)
    other = {**made, "id": "rs_other"}
    assert write(read_request(asked(input=[other])))[0]["input"] == [other]
    assert write(read_request(asked(input=[other])), KEEPS_NONE)[1] == ("reasoning",)
    [item] = write(read_request(asked(input=[{**made, "encrypted_content": "g"}])))[0]["input"]
    assert item == {"type": "reasoning", "summary": made["summary"], "encrypted_content": "g"}


def test_a_compaction_of_another_deployment_does_not_go_out() -> None:
    item = {"type": "compaction", "id": "c", "encrypted_content": "g"}
    assert write(read_request(asked(input=[item])), KEEPS_NONE)[0]["input"] == []
    assert write(read_request(asked(input=[item])), KEEPS_NONE)[1] == ("compaction",)
    assert write(read_request(asked(input=[item])))[0]["input"] == [item]


def test_a_chat_request() -> None:
    request = chat(
        Message("system", [Text("Be brief.")]),
        Message("user", [Text("What?"), Media("image", "image/png", PNG, detail="high")]),
        Message("assistant", [Text("Looking."), ToolCall("call_1", "f", '{"a":1}'), ToolCall("call_2", "f", "")]),
        Message("tool", [ToolResult("call_1", [Text("one")]), ToolResult("call_2", [])]),
        Message("assistant", [Text("a"), Refusal("no")]),
        Message("user", [Text("Go on.")]),
        tools=[Tool("f", "Does.", {"type": "object", "properties": {}})],
        tool_choice=ToolChoice("tool", ["f"]),
        parallel_tool_calls=False,
        max_tokens=100,
        temperature=0,
        logprobs=True,
        top_logprobs=2,
        reasoning=ReasoningOptions(effort="low"),
        verbosity="high",
        stream=True,
        rest={"safety_identifier": "s", "store": False, "stream_options": {"include_usage": True}},
    )
    body, lost = write(request)
    assert not lost
    assert valid(body) == {
        "model": "m",
        "input": [
            {"type": "message", "role": "system", "content": "Be brief."},
            {
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "What?"},
                    {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "high"},
                ],
            },
            {"type": "message", "role": "assistant", "content": "Looking."},
            {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"a":1}'},
            {"type": "function_call", "call_id": "call_2", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "one"},
            {"type": "function_call_output", "call_id": "call_2", "output": ""},
            {
                "type": "message",
                "role": "assistant",
                "content": [
                    {"type": "output_text", "text": "a", "annotations": []},
                    {"type": "refusal", "refusal": "no"},
                ],
            },
            {"type": "message", "role": "user", "content": "Go on."},
        ],
        "tools": [
            {
                "type": "function",
                "name": "f",
                "description": "Does.",
                "parameters": {"type": "object", "properties": {}},
                "strict": False,
            }
        ],
        "tool_choice": {"type": "function", "name": "f"},
        "parallel_tool_calls": False,
        "max_output_tokens": 100,
        "temperature": 0,
        "top_logprobs": 2,
        "reasoning": {"effort": "low"},
        "text": {"verbosity": "high"},
        "stream": True,
        "safety_identifier": "s",
        "store": False,
        "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
    }


def test_what_a_chat_request_loses() -> None:
    request = chat(
        Message(
            "user",
            [Text("x"), Media("audio", "audio/wav", "AAAA"), Media("image", file_id="f")],
            name="Ann",
        ),
        Message("assistant", [Reasoning("hm", "sealed"), Reasoning("aha"), ToolCall("c", "f", "{}", opaque="sig")]),
        n=2,
        seed=0,
        stop=["x"],
        logit_bias={"1": 1},
        service_tier="odd",
        rest={"modalities": ["text"]},
    )
    body, lost = write(request, KEEPS_NONE)
    assert lost == (
        "messages.name",
        "content.input_audio",
        "content.file.file_id",
        "reasoning_details",
        "reasoning_content",
        "thought_signature",
        "service_tier",
        "seed",
        "logit_bias",
        "stop",
        "n",
        "modalities",
    )
    assert [item["type"] for item in valid(body)["input"]] == ["message", "function_call"]


def test_defaults_are_no_loss() -> None:
    assert write(chat(Message("user", [Text("x")]), n=1, tool_choice=ToolChoice("auto"))) == (
        {"model": "m", "input": [{"type": "message", "role": "user", "content": "x"}], "store": False},
        (),
    )


def test_an_anthropic_request() -> None:
    cache = {"type": "ephemeral"}
    request = ChatRequest(
        format="anthropic",
        model="route",
        messages=[
            Message("system", [Text("One.", cache=cache), Text("Two.")]),
            Message("user", [Media("document", "text/plain", text="Long ago.", name="Tale")]),
            Message("assistant", [Reasoning("hm", "signed"), ToolCall("toolu_1", "f", '{"a": 1}')]),
            Message("tool", [ToolResult("toolu_1", [Text("a"), Media("image", "image/png", PNG)], is_error=True)]),
            Message("user", [Foreign("anthropic", "server_tool_use", {"type": "server_tool_use"})]),
        ],
        tools=[Tool("f", schema={"type": "object"}, cache=cache, rest={"input_examples": [1]})],
        tool_choice=ToolChoice("required"),
        top_k=4,
        stop=["x"],
        response_format=ResponseFormat("json_schema", {"type": "object"}),
        reasoning=ReasoningOptions(mode="enabled", budget=5000, visible=True),
        user="u",
    )
    body, lost = write(request, KEEPS_NONE)
    assert lost == (
        "cache_control",
        "document.title",
        "thinking.signature",
        "thinking",
        "tool_result.is_error",
        "server_tool_use",
        "tools.input_examples",
        "thinking.budget_tokens",
        "top_k",
        "stop_sequences",
    )
    assert valid(body)["input"][0]["content"] == [
        {"type": "input_text", "text": "One."},
        {"type": "input_text", "text": "Two."},
    ]
    assert body["input"][1]["content"] == "Long ago."
    assert body["input"][-1]["output"] == [
        {"type": "input_text", "text": "a"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"},
    ]
    assert body["text"]["format"] == {"type": "json_schema", "name": "answer", "schema": {"type": "object"}}
    assert body["reasoning"] == {"effort": "medium", "summary": "auto"}
    assert body["tool_choice"] == "required"


def test_thinking_that_is_off_is_not_asked_for() -> None:
    request = ChatRequest(
        format="anthropic",
        model="r",
        messages=[Message("user", [Text("x")])],
        reasoning=ReasoningOptions(mode="disabled"),
    )
    body, lost = write(request)
    assert "reasoning" not in body
    assert "include" not in body
    assert not lost


def test_kept_reasoning_of_a_chat_caller_goes_back_as_an_item() -> None:
    thought = Reasoning("hm", "sealed", id="rs_1")
    body, lost = write(chat(Message("assistant", [thought, ToolCall("c", "f", "{}", opaque="sig")])))
    assert body["input"][:2] == [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": "sealed",
        },
        {"type": "reasoning", "summary": [], "encrypted_content": "sig"},
    ]
    assert not lost


def test_long_ids_of_calls_are_shortened_alike() -> None:
    long = "c" * 100
    body, _ = write(chat(Message("assistant", [ToolCall(long, "f", "{}")]), Message("tool", [ToolResult(long, [])])))
    call, result = valid(body)["input"]
    assert call["call_id"] == result["call_id"]
    assert len(call["call_id"]) <= 64


def test_custom_tools_of_a_chat_caller() -> None:
    grammar = {"syntax": "lark", "definition": "start: x"}
    tools = [
        Tool("a", custom=True, rest={"format": {"type": "grammar", "grammar": grammar}}),
        Tool("b", "Does.", custom=True, rest={"format": {"type": "text"}, "odd": 1}),
    ]
    body, lost = write(chat(Message("user", [Text("x")]), tools=tools, tool_choice=ToolChoice("allowed", ["a"])))
    assert body["tools"] == [
        {"type": "custom", "name": "a", "format": {"type": "grammar", **grammar}},
        {"type": "custom", "name": "b", "description": "Does.", "format": {"type": "text"}},
    ]
    assert body["tool_choice"] == {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "custom", "name": "a"}]}
    assert lost == ("tools.odd",)


def test_the_result_of_a_custom_call_says_so() -> None:
    """A chat caller's results do not; ids that are used again count as they were used last."""
    request = chat(
        Message("assistant", [ToolCall("c1", "shell", "ls", custom=True), ToolCall("c2", "f", "{}")]),
        Message("tool", [ToolResult("c1", [Text("a")]), ToolResult("c2", [Text("b")])]),
        Message("assistant", [ToolCall("c1", "f", "{}")]),
        Message("tool", [ToolResult("c1", [Text("c")])]),
    )
    items = write(request)[0]["input"]
    assert [item["type"] for item in items] == [
        "custom_tool_call",
        "function_call",
        "custom_tool_call_output",
        "function_call_output",
        "function_call",
        "function_call_output",
    ]
    given = {"type": "function_call_output", "call_id": "c", "output": "a"}
    call = {"type": "custom_tool_call", "call_id": "c", "name": "shell", "input": "ls"}
    assert write(read_request(asked(input=[call, given])))[0]["input"] == [call, given], "as it came"


def test_a_tool_that_was_left_out_cannot_be_chosen() -> None:
    search = Foreign("anthropic", "web_search_20250305", {"type": "web_search_20250305", "name": "web_search"})
    hi = Message("user", [Text("x")])
    for tools in ([search], [search, Tool("f", schema={})]):
        request = ChatRequest(
            format="anthropic", model="r", messages=[hi], tools=tools, tool_choice=ToolChoice("tool", ["web_search"])
        )
        body, lost = write(request)
        assert "tool_choice" not in valid(body)
        assert lost == ("web_search_20250305", "tool_choice")
    body, lost = write(chat(hi, tools=[Tool("f", schema={})], tool_choice=ToolChoice("tool", ["g"])))
    assert body["tool_choice"] == {"type": "function", "name": "g"}, "for the API to refuse"
    assert not lost


def test_what_a_program_called_goes_with_it() -> None:
    """OpenAI refuses an output without its call, and a call on behalf of a program that it does not see."""
    caller = {"type": "program", "caller_id": "p"}
    program = {"type": "program", "id": "prog_1", "call_id": "p", "code": "…", "fingerprint": "sealed"}
    shell = {"type": "shell_call", "call_id": "s", "action": {"commands": ["ls"]}, "caller": caller}
    shown = {"type": "shell_call_output", "call_id": "s", "output": [], "caller": caller}
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "c", "output": "1"}
    output = {"type": "program_output", "id": "po_1", "call_id": "p", "result": "1", "status": "completed"}
    own = {"type": "shell_call", "call_id": "o", "action": {"commands": ["ls"]}, "caller": CALLER}
    items = [program, shell, {**call, "caller": caller}, shown, {**result, "caller": caller}, output, own]
    assert write(read_request(asked(input=items)))[0]["input"] == items
    body, lost = write(read_request(asked(input=items)), KEEPS_NONE)
    assert body["input"] == [call, result, own]
    assert lost == (
        "program",
        "shell_call",
        "function_call.caller",
        "shell_call_output",
        "function_call_output.caller",
        "program_output",
    )


def test_items_of_the_providers_own_tools_where_their_ids_are_not_known() -> None:
    """Without the reasoning that they had they are refused, and so is an output without its call."""
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "g"}
    patch = {"type": "apply_patch_call", "call_id": "a", "operation": {}, "status": "completed"}
    plain = {"type": "web_search_call", "status": "completed"}
    items = [
        thought,
        {"type": "file_search_call", "id": "fs_1", "queries": [], "status": "completed"},
        {"type": "computer_call", "id": "cu_1", "call_id": "s", "action": {}, "status": "completed"},
        {"type": "computer_call_output", "id": "o_1", "call_id": "s", "output": {}},
        {"type": "mcp_approval_request", "id": "mcpr_1", "name": "n", "arguments": "{}", "server_label": "l"},
        {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True},
        {"type": "mcp_call", "id": "mcp_1", "approval_request_id": "mcpr_1", "name": "n", "arguments": "{}"},
        {**patch, "id": "apc_1"},
        {"type": "apply_patch_call_output", "call_id": "a", "status": "completed"},
        plain,
    ]
    assert write(read_request(asked(input=items)))[0]["input"] == items
    body, lost = write(read_request(asked(input=items)), KEEPS_NONE)
    assert body["input"] == [patch, items[-2], plain]
    assert lost == (
        "reasoning.encrypted_content",
        "file_search_call",
        "computer_call",
        "computer_call_output",
        "mcp_approval_request",
        "mcp_approval_response",
        "mcp_call",
    )


def test_what_chat_completions_has_too_is_carried() -> None:
    marked = Text("x", rest={"prompt_cache_breakpoint": {"mode": "explicit"}, "odd": 1})
    rest = {"prompt_cache_retention": "24h", "moderation": {"model": "x"}}
    body, lost = write(chat(Message("user", [marked]), rest=rest))
    assert body["input"][0]["content"] == [
        {"type": "input_text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}}
    ]
    assert (body["prompt_cache_retention"], body["moderation"]) == ("24h", {"model": "x"})
    assert lost == ("content.odd",)


def test_a_limit_that_is_too_low_is_raised_to_the_lowest() -> None:
    body, lost = write(chat(Message("user", [Text("x")]), max_tokens=1))
    assert valid(body)["max_output_tokens"] == 16
    assert lost == ("max_tokens",)
    assert write(read_request(asked(max_output_tokens=1)))[0]["max_output_tokens"] == 1


def test_citations_of_a_chat_caller() -> None:
    inner = {"start_index": 0, "end_index": 1, "url": "https://x.test", "title": "X"}
    text = Text("a", annotations=[{"type": "url_citation", "url_citation": inner}])
    body, lost = write(chat(Message("assistant", [text])))
    assert valid(body)["input"][0]["content"][0]["annotations"] == [{"type": "url_citation", **inner}]
    assert not lost
    odd = Text("a", annotations=[{"type": "file"}])
    assert write(chat(Message("assistant", [odd])))[1] == ("messages.annotations",)
