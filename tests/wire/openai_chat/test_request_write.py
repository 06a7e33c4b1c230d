"""A request comes out as it came in; from another format it comes out as OpenAI's schema wants it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Text, ToolCall
from ajar.domain.dialog.request import ChatRequest, Message, ReasoningOptions, ResponseFormat, Tool, ToolChoice
from ajar.upstream.providers import providers
from ajar.wire.back import Back
from ajar.wire.openai_chat.nulls import OMITS_NULLS
from ajar.wire.openai_chat.request_read import read_request
from ajar.wire.openai_chat.request_write import QUIRKS, write_request
from wire.openai_chat.recorded import chat_exchanges

if TYPE_CHECKING:
    from collections.abc import Callable

    from recordings import Exchange


def yes(value: str) -> bool:
    return True


def own(body: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    losses = Losses()
    back = Back(model=body["model"], keeps=yes)
    return json.loads(write_request(read_request(json.dumps(body).encode()), back, losses)), losses.names


def check_round_trip(body: dict[str, Any]) -> None:
    assert own(body) == (body, ())


@chat_exchanges(lambda exchange: True)
def test_recorded_requests(exchange: Exchange) -> None:
    check_round_trip(json.loads(exchange.request))


CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
EVERY_SPELLING: list[dict[str, Any]] = [
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "one"}]}]},
    {"messages": [{"role": "user", "content": []}, {"role": "user", "content": ""}, {"role": "user"}]},
    {"messages": [{"role": "user", "content": "a", "name": None, "mood": "glad"}]},
    {"messages": [{"role": "assistant", "content": None, "refusal": None, "annotations": [], "tool_calls": []}]},
    {"messages": [{"role": "assistant", "content": "a", "refusal": None, "annotations": [], "audio": None}]},
    {"messages": [{"role": "assistant", "refusal": "no"}, {"role": "assistant", "content": "a", "refusal": "no"}]},
    {"messages": [{"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}], "refusal": None}]},
    {
        "messages": [
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "a"}]},
            {"role": "tool", "tool_call_id": "2", "content": "b", "name": "f"},
        ]
    },
    {"messages": [{"role": "assistant", "content": None, "tool_calls": [{**CALL, "index": 0, "x": {"y": None}}]}]},
    {
        "messages": [
            {"role": "assistant", "function_call": {"name": "f", "arguments": ""}},
            {"role": "function", "name": "f", "content": "x"},
        ]
    },
    {
        "messages": [
            {"role": "assistant", "tool_calls": [{"id": "1", "type": "custom", "custom": {"name": "c", "input": "x"}}]}
        ]
    },
    {"messages": [{"role": "assistant", "content": "", "reasoning_content": "", "tool_calls": [CALL]}]},
    {"messages": [{"role": "assistant", "content": "a", "reasoning_content": "b", "reasoning": "b"}]},
    {"messages": [{"role": "assistant", "content": "a", "reasoning_content": "b", "reasoning": "c"}]},
    {
        "messages": [
            {
                "role": "assistant",
                "content": "a",
                "reasoning": "b",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "b", "signature": "s", "id": "r", "format": "f", "index": 0}
                ],
            }
        ]
    },
    {
        "messages": [
            {
                "role": "assistant",
                "content": "a",
                "reasoning": "b",
                "reasoning_details": [
                    {"type": "reasoning.summary", "summary": "b", "format": "f", "index": 0},
                    {"type": "reasoning.encrypted", "data": "d", "id": "rs_1", "format": "f", "index": 0},
                    {"type": "reasoning.encrypted", "data": "e", "format": None, "index": 3},
                ],
            }
        ]
    },
    {
        "messages": [
            {
                "role": "assistant",
                "content": "a",
                "reasoning": "b",
                "reasoning_details": [{"type": "reasoning.encrypted", "data": "d", "id": None}],
            }
        ]
    },
    {"messages": [{"role": "assistant", "content": "a", "reasoning_details": [{"type": "reasoning.other"}]}]},
    {"messages": [{"role": "assistant", "content": "a", "reasoning_details": []}]},
    {
        "messages": [
            {
                "role": "assistant",
                "content": "a",
                "extra_content": {"google": {"thought": True, "thought_signature": "s"}, "x": 1},
            }
        ]
    },
    {
        "messages": [
            {
                "role": "assistant",
                "tool_calls": [{**CALL, "extra_content": {"google": {"thought_signature": "s"}, "x": 1}}],
            }
        ]
    },
    {
        "messages": [
            {
                "role": "user",
                "content": [
                    {
                        "type": "image_url",
                        "image_url": {"url": "data:image/png;base64,AA==", "detail": "auto", "x": 1},
                        "y": 2,
                    },
                    {"type": "file", "file": {"file_id": "f", "file_data": None}},
                    {"type": "odd", "odd": [1]},
                    {"type": "file", "file": {"file_data": "https://x/y.pdf", "filename": "y.pdf"}},
                    {"type": "file", "file": {"file_data": "data:image/png;base64,AA==", "filename": "y.png"}},
                    {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}},
                    {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
                    {"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}},
                ],
            }
        ]
    },
    {"tools": []},
    {
        "tools": [
            {"type": "function", "function": {"name": "f", "description": None, "strict": None, "x": 1}, "y": 2},
            {"type": "function", "function": {"name": "g", "parameters": {}, "strict": False}, "cache_control": {}},
            {"type": "custom", "custom": {"name": "c", "format": {"type": "text"}}},
            {"type": "odd", "odd": 1},
        ]
    },
    {"tool_choice": {"type": "function", "function": {"name": "f"}}},
    {
        "tool_choice": {"type": "custom", "custom": {"name": "c"}},
        "tools": [{"type": "custom", "custom": {"name": "c"}}],
    },
    {
        "tool_choice": {
            "type": "allowed_tools",
            "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]},
        }
    },
    {"tool_choice": "any"},
    {"stop": "x"},
    {"stop": ["x"]},
    {"stop": []},
    {"max_tokens": 5},
    {"max_completion_tokens": 5, "max_tokens": 6},
    {"stream": False},
    {"stream": True, "stream_options": {}},
    {"stream": True, "stream_options": {"include_usage": False, "include_obfuscation": False}},
    {"stream": True, "stream_options": {"include_usage": True, "include_obfuscation": False}},
    {"stream": None, "stream_options": None, "tools": None, "stop": None, "temperature": None, "user": None},
    {"temperature": 0, "top_p": 0.0, "seed": 0, "logprobs": False, "n": 1, "top_logprobs": 0, "logit_bias": {}},
    {"response_format": {"type": "text"}},
    {"response_format": {"type": "json_object", "schema": {}}},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "x": 1, "strict": None}, "y": 2}},
    {"response_format": {"type": "regex", "value": "a+"}},
    {"reasoning_effort": "xhigh", "verbosity": "low"},
    {"reasoning": {"effort": "none"}},
    {"reasoning": {"max_tokens": 5, "exclude": False, "enabled": True}},
    {"reasoning": {}},
    {"reasoning_effort": "low", "reasoning": {"effort": "high"}},
    {"thinking": {"type": "enabled", "clear_thinking": False}},
    {"thinking": {"clear_thinking": False}},
    {"reasoning_effort": "low", "thinking": {"type": "enabled", "budget_tokens": 0}},
    {"cache_control": {"type": "ephemeral"}, "top_k": 5, "metadata": {}, "service_tier": "flex", "store": True},
    {"parallel_tool_calls": False, "prompt_cache_key": "", "modalities": ["text"], "prediction": None},
]


@pytest.mark.parametrize("fields", EVERY_SPELLING, ids=lambda fields: json.dumps(fields)[:60])
def test_every_spelling(fields: dict[str, Any]) -> None:
    check_round_trip({"model": "m", "messages": [], **fields})


TEXT = st.text(max_size=5)
PART = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": TEXT}, optional={"cache_control": st.just({"a": 1})}),
    st.fixed_dictionaries(
        {"type": st.just("image_url"), "image_url": st.fixed_dictionaries({"url": TEXT.map(lambda a: f"https://{a}")})}
    ),
)
CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "id": TEXT,
            "type": st.just("function"),
            "function": st.fixed_dictionaries({"name": TEXT, "arguments": TEXT}, optional={"x": st.none()}),
        }
    ),
    min_size=1,
    max_size=3,
)
MESSAGE = st.one_of(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "system", "developer"]), "content": TEXT | st.lists(PART, max_size=3)},
        optional={"name": TEXT | st.none(), "extra": st.integers()},
    ),
    st.fixed_dictionaries(
        {"role": st.just("assistant")},
        optional={
            "content": st.none() | TEXT | st.lists(PART.filter(lambda part: part["type"] == "text"), max_size=3),
            "tool_calls": CALLS | st.none(),
            "reasoning_content": TEXT,
            "reasoning": TEXT,
            "refusal": st.none() | TEXT,
            "annotations": st.just([]),
        },
    ),
    st.fixed_dictionaries(
        {"role": st.just("tool"), "tool_call_id": TEXT, "content": TEXT | st.lists(PART, max_size=3)},
        optional={"name": TEXT},
    ),
)


@given(
    st.lists(MESSAGE, max_size=6),
    st.fixed_dictionaries(
        {},
        optional={
            "temperature": st.integers(0, 2) | st.floats(0, 2),
            "stop": TEXT | st.lists(TEXT, max_size=2) | st.none(),
            "max_tokens": st.integers(0, 9),
            "stream": st.booleans(),
            "stream_options": st.fixed_dictionaries({}, optional={"include_usage": st.booleans()}),
            "tools": st.just([]) | st.none(),
            "unknown": st.none() | TEXT,
        },
    ),
)
def test_any_request_comes_out_as_it_came_in(messages: list[Any], fields: dict[str, Any]) -> None:
    check_round_trip({"model": "m", "messages": messages, **fields})


def foreign(messages: list[Message] | None = None, **fields: Any) -> ChatRequest:
    messages = messages or [Message("user", [Text("hi")])]
    return ChatRequest(**{"format": "anthropic", "model": "m", "messages": messages, **fields})


def write(request: ChatRequest, *quirks: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    losses = Losses()
    return json.loads(write_request(request, Back(model="up", quirks=frozenset(quirks)), losses)), losses.names


def test_from_another_format(valid_request: Callable[[bytes], Any]) -> None:
    losses = Losses()
    request = foreign(
        [
            Message("system", [Text("a", cache={"type": "ephemeral"}), Text("b")]),
            Message("user", [Text("hi")]),
            Message("assistant", [Text("x"), Text("y"), ToolCall("t", "f", "", cache={})]),
        ],
        tools=[Tool("f", schema={"type": "object"}, rest={"input_examples": [1]}), Foreign("anthropic", "bash_1", {})],
        tool_choice=ToolChoice("required"),
        parallel_tool_calls=False,
        max_tokens=9,
        temperature=0,
        top_k=5,
        stop=["x"],
        user="u",
        stream=True,
        response_format=ResponseFormat("json_schema", {"type": "object"}),
        rest={"context_management": {"edits": []}, "nothing": None, "mcp_servers": []},
    )
    body = valid_request(write_request(request, Back(model="up"), losses))
    assert body == {
        "model": "up",
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "user", "content": "hi"},
            {
                "role": "assistant",
                "content": "xy",
                "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
        ],
        "temperature": 0,
        "user": "u",
        "max_completion_tokens": 9,
        "stop": ["x"],
        "response_format": {"type": "json_schema", "json_schema": {"name": "response", "schema": {"type": "object"}}},
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert losses.names == ("cache_control", "tools.input_examples", "bash_1", "top_k", "context_management")


def test_a_choice_without_tools_is_not_sent() -> None:
    body, losses = write(foreign(tool_choice=ToolChoice("auto"), parallel_tool_calls=False))
    assert set(body) == {"model", "messages"}
    assert losses == ()
    assert write(foreign(tool_choice=ToolChoice("required")))[1] == ("tool_choice",)


@pytest.mark.parametrize(
    ("quirk", "fields", "wanted", "losses"),
    [
        ("max_tokens", {"max_tokens": 0}, {"max_tokens": 0}, ()),
        ("top_k", {"top_k": 0}, {"top_k": 0}, ()),
        ("random_seed", {"seed": 0}, {"random_seed": 0}, ()),
        ("no_seed", {"seed": 0}, {}, ("seed",)),
        ("no_logit_bias", {"logit_bias": {"1": 2}}, {}, ("logit_bias",)),
        ("no_n", {"n": 1}, {}, ()),
        ("no_n", {"n": 2}, {}, ("n",)),
        ("no_stop", {"stop": ["a"]}, {}, ("stop_sequences",)),
        ("no_stream_options", {"stream": True}, {"stream": True}, ()),
        ("metadata_needs_store", {"metadata": {"a": "b"}}, {}, ("metadata",)),
        ("metadata_needs_store", {"metadata": {}}, {}, ()),
        ("cache_control", {"cache": {"type": "ephemeral"}}, {"cache_control": {"type": "ephemeral"}}, ()),
        (
            "no_json_schema",
            {"response_format": ResponseFormat("json_schema", {})},
            {"response_format": {"type": "json_object"}},
            ("output_config.format",),
        ),
        (
            "no_strict",
            {"response_format": ResponseFormat("json_schema", {}, "n", strict=True)},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}},
            ("response_format.strict",),
        ),
    ],
)
def test_quirks(quirk: str, fields: dict[str, Any], wanted: dict[str, Any], losses: tuple[str, ...]) -> None:
    body, lost = write(foreign(**fields), quirk)
    del body["model"], body["messages"]
    assert (body, lost) == (wanted, losses)


def test_quirks_of_tools() -> None:
    tools: list[Tool | Foreign] = [
        Tool("f", schema={}, strict=True),
        Tool("g", schema={}),
        Tool("c", custom=True, rest={"format": {"type": "grammar", "syntax": "regex", "definition": "a"}}),
    ]
    request = foreign(tools=tools, tool_choice=ToolChoice("allowed", ["g"], must=True), format="openai-responses")
    body, losses = write(request)
    assert losses == ()
    assert body["tools"][2]["custom"]["format"] == {
        "type": "grammar",
        "grammar": {"syntax": "regex", "definition": "a"},
    }
    assert body["tool_choice"]["allowed_tools"] == {
        "mode": "required",
        "tools": [{"type": "function", "function": {"name": "g"}}],
    }
    body, losses = write(request, "no_allowed_tools", "tool_choice_any")
    assert [tool["function"]["name"] for tool in body["tools"]] == ["g"]
    assert (body["tool_choice"], losses) == ("any", ())
    body, losses = write(request, "no_strict", "no_custom_tools", "no_parallel_tool_calls")
    assert "strict" not in body["tools"][0]["function"]
    assert losses == ("tools.strict", "tools.custom")


@pytest.mark.parametrize(
    ("choice", "wanted", "lost"),
    [
        (ToolChoice("tool", ["c"]), None, ("tools.custom", "tool_choice")),
        (ToolChoice("tool", ["gone"]), None, ("tools.custom", "tool_choice")),
        (ToolChoice("tool", ["f"]), {"type": "function", "function": {"name": "f"}}, ("tools.custom",)),
        (
            ToolChoice("allowed", ["c", "f"]),
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]},
            },
            ("tools.custom", "tool_choice"),
        ),
        (ToolChoice("required"), "required", ("tools.custom",)),
    ],
)
def test_no_choice_names_a_tool_that_is_not_there(choice: ToolChoice, wanted: Any, lost: tuple[str, ...]) -> None:
    tools: list[Tool | Foreign] = [Tool("f"), Tool("c", custom=True)]
    body, losses = write(foreign(tools=tools, tool_choice=choice), "no_custom_tools")
    assert (body.get("tool_choice"), losses) == (wanted, lost)


def test_no_stop_sequences_are_none() -> None:
    body, losses = write(foreign(stop=[]), "no_stop")
    assert "stop" not in body
    assert losses == ()


@pytest.mark.parametrize(
    ("options", "quirk", "wanted", "losses"),
    [
        (ReasoningOptions(effort="max"), "", {"reasoning_effort": "max"}, ()),
        (ReasoningOptions(mode="adaptive", effort="high"), "", {"reasoning_effort": "high"}, ()),
        (ReasoningOptions(mode="adaptive", visible=False), "", {}, ("thinking.display",)),
        (ReasoningOptions(mode="enabled", budget=1024), "", {"reasoning_effort": "low"}, ("thinking.budget_tokens",)),
        (ReasoningOptions(mode="enabled", budget=30000), "", {"reasoning_effort": "high"}, ("thinking.budget_tokens",)),
        (ReasoningOptions(mode="disabled"), "", {}, ("thinking.disabled",)),
        (ReasoningOptions(mode="disabled"), "thinking_object", {"thinking": {"type": "disabled"}}, ()),
        (ReasoningOptions(mode="adaptive"), "thinking_object", {"thinking": {"type": "enabled"}}, ()),
        (
            ReasoningOptions(mode="enabled", budget=5, visible=False),
            "reasoning_object",
            {"reasoning": {"max_tokens": 5, "exclude": True}},
            (),
        ),
        (ReasoningOptions(mode="adaptive"), "reasoning_object", {"reasoning": {"enabled": True}}, ()),
        (ReasoningOptions(mode="disabled"), "reasoning_object", {"reasoning": {"enabled": False}}, ()),
        (ReasoningOptions(effort="low", rest={"x": 1}), "", {"reasoning_effort": "low"}, ("thinking.x",)),
        (ReasoningOptions(effort="low"), "no_reasoning_effort", {}, ("output_config.effort",)),
    ],
)
def test_reasoning(options: ReasoningOptions, quirk: str, wanted: dict[str, Any], losses: tuple[str, ...]) -> None:
    body, lost = write(foreign(reasoning=options), quirk)
    del body["model"], body["messages"]
    assert (body, lost) == (wanted, losses)


def test_what_both_openai_formats_have_is_carried() -> None:
    rest = {"safety_identifier": "s", "prompt_cache_retention": "24h", "truncation": "auto", "background": None}
    body, losses = write(foreign(format="openai-responses", rest=rest, service_tier="flex", verbosity="low"))
    assert (body["safety_identifier"], body["prompt_cache_retention"]) == ("s", "24h")
    assert (body["service_tier"], body["verbosity"]) == ("flex", "low")
    assert losses == ("truncation",)


def test_the_request_is_left_as_it_was() -> None:
    body = json.dumps({"model": "m", "messages": [], **EVERY_SPELLING[0], "stream_options": {"a": 1}}).encode()
    request = read_request(body)
    before = msgspec.json.encode(request)
    write_request(request, Back(model="n"), Losses())
    assert msgspec.json.encode(request) == before


def test_every_quirk_of_a_provider_is_known() -> None:
    elsewhere = {"mid_system", OMITS_NULLS}  # of another format, of answers
    for row in providers().values():
        if "openai-chat" in row.paths:
            unknown = {quirk for quirk in row.quirks if not quirk.startswith("no_")} - set(QUIRKS) - elsewhere
            assert not unknown, row.name
