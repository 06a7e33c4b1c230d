"""Dialogs as Messages requests: whole where they came in that form, valid where they did not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import ChatRequest, Message, ReasoningOptions, ResponseFormat, Tool, ToolChoice
from ajar.errors import RequestError
from ajar.wire.anthropic.request_read import read_request
from ajar.wire.anthropic.request_write import write_count_request, write_request
from ajar.wire.back import Back
from recordings import Exchange, exchanges
from wire.anthropic.dialogs import ALL, BODY, CACHE, HI, NONE, SCHEMA, again, assistant, chat, text, user, write

if TYPE_CHECKING:
    from collections.abc import Callable

    Valid = Callable[[bytes], dict[str, Any]]

EVERYTHING: dict[str, Any] = {
    "model": "claude-x",
    "max_tokens": 4000,
    "system": [text("s", cache_control=CACHE)],
    "messages": [
        {"role": "system", "content": "leading, among the messages"},
        {"role": "user", "content": "plain"},
        {"role": "user", "content": [text("a", citations=None), {"type": "new", "x": [1]}]},
        {"role": "assistant", "content": "plain too"},
        {"role": "system", "content": [{"type": "tool_addition", "tool": {"name": "f"}}]},
        assistant(
            {"type": "thinking", "thinking": "", "signature": "s1"},
            {"type": "redacted_thinking", "data": "d"},
            text("x", citations=[{"type": "char_location", "cited_text": "y"}]),
            {"type": "server_tool_use", "id": "srv", "name": "web_search", "input": {}},
            {"type": "web_search_tool_result", "tool_use_id": "srv", "content": [{"encrypted_content": "e"}]},
            {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1.0}, "caller": {"type": "direct"}},
            {"type": "tool_use", "id": "t2", "name": "f", "input": {}, "cache_control": CACHE, "toolset_name": "q"},
            {"type": "tool_use", "id": "t3", "name": "f", "input": {}, "caller": {"type": "code", "tool_id": "srv"}},
        ),
        user(
            {"type": "tool_result", "tool_use_id": "t1", "content": "one", "is_error": False},
            {"type": "tool_result", "tool_use_id": "t2", "content": [text("two"), {"type": "tool_reference"}]},
            {"type": "tool_result", "tool_use_id": "t3", "content": []},
            {"type": "tool_result", "tool_use_id": "t4", "cache_control": CACHE},
            text("and more"),
            {"type": "image", "source": {"type": "url", "url": "https://x", "new": 1}, "cache_control": CACHE},
        ),
        user({"type": "tool_result", "tool_use_id": "t1", "content": ""}),
        user({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": ""}, "title": ""}),
        {"role": "assistant", "content": []},
    ],
    "tools": [
        {"name": "f", "input_schema": {}, "strict": False, "type": "custom", "defer_loading": True},
        {"name": "g", "description": "", "input_schema": SCHEMA, "cache_control": CACHE},
        {"type": "bash_20250124", "name": "bash"},
    ],
    "tool_choice": {"type": "any", "disable_parallel_tool_use": False, "new": 1},
    "temperature": 0,
    "top_p": 0.5,
    "top_k": 0,
    "stop_sequences": [""],
    "stream": False,
    "metadata": {"user_id": "u", "new": 1},
    "service_tier": "standard_only",
    "thinking": {"type": "adaptive", "display": "summarized", "new": 1},
    "output_config": {"effort": "max", "format": {"type": "json_schema", "schema": SCHEMA}, "task_budget": {"x": 1}},
    "context_management": {"edits": [{"type": "clear_thinking_20251015"}]},
    "cache_control": CACHE,
    "container": None,
    "unknown": {"deep": [None, False, 0, ""]},
}


def test_everything_comes_back() -> None:
    written, lost = again(EVERYTHING)
    assert written == EVERYTHING
    assert lost == ()


SPELLINGS: list[dict[str, Any]] = [
    {"system": "plain"},
    {"system": []},
    {"system": None},
    {"tools": []},
    {"metadata": {}},
    {"metadata": {"user_id": ""}},
    {"metadata": {"user_id": None}},
    {"stream": True},
    {"stop_sequences": []},
    {"output_config": {}},
    {"output_config": {"effort": None}},
    {"output_config": {"format": {"type": "new"}}},
    {"thinking": {"type": "enabled", "budget_tokens": 1, "display": None}},
    {"thinking": {"type": "new", "budget_tokens": 0}},
    {"tool_choice": {"type": "new"}},
    {"tool_choice": {"type": "none"}},
    {"tool_choice": None},
    {"service_tier": "new"},
    {"temperature": 1.7, "tools": [{"name": "a b", "input_schema": {"type": "string"}}]},
    {"messages": []},
    {"messages": [{"role": "user", "content": ""}, {"role": "user", "content": [text(" ")]}]},
    {"messages": [assistant(text("first"))]},
]


@pytest.mark.parametrize("fields", SPELLINGS)
def test_every_spelling_comes_back(fields: dict[str, Any]) -> None:
    body = {"model": "claude-x", "max_tokens": 5, "messages": [user(text("hi"))], **fields}
    assert again(body) == (body, ())


@given(BODY)
def test_a_request_that_can_be_read_is_written_alike_twice(body: dict[str, Any]) -> None:
    try:
        request = read_request(json.dumps(body).encode())
    except RequestError:
        return
    once, _ = write(request)
    twice, _ = write(read_request(once))
    assert json.loads(twice) == json.loads(once)


@exchanges("anthropic", r"/v1/messages\?")
def test_recorded_requests_come_back(exchange: Exchange) -> None:
    given = json.loads(exchange.request)
    written, lost = again(given, Back(model=given["model"], keeps=lambda _: True))
    assert written == given
    assert lost == ()


@exchanges("anthropic", "/v1/messages/count_tokens")
def test_recorded_counts_come_back(exchange: Exchange) -> None:
    losses = Losses()
    request = read_request(exchange.request)
    assert json.loads(write_count_request(request, Back(model=request.model), losses)) == json.loads(exchange.request)
    assert not losses


def test_foreign_signatures_are_stripped_and_named() -> None:
    written, lost = again(EVERYTHING, Back(model="claude-x", keeps=lambda value: value == "d"))
    blocks = written["messages"][5]["content"]
    assert [block["type"] for block in blocks] == [
        "redacted_thinking",
        "text",
        *["tool_use"] * 3,
    ]
    assert "caller" not in blocks[-1], "the call on whose behalf it was made is gone"
    assert lost == ("thinking.signature", "server_tool_use", "web_search_tool_result", "tool_use.caller")


SEARCH = {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "q"}}
FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "srv_1",
    "content": [{"type": "web_search_result", "url": "u", "title": "t", "encrypted_content": "sealed"}],
}


def conversation(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"model": "claude-x", "max_tokens": 5, "messages": list(messages)}


def test_a_call_of_anthropics_own_tool_goes_with_its_result() -> None:
    other = {"type": "server_tool_use", "id": "srv_2", "name": "web_fetch", "input": {"url": "u"}}
    fetched = {"type": "web_fetch_tool_result", "tool_use_id": "srv_2", "content": {"type": "web_fetch_tool_error"}}
    waits = {"type": "server_tool_use", "id": "srv_3", "name": "web_search", "input": {}}
    body = conversation(
        user(text("a")), assistant(SEARCH, FOUND, other, fetched, text("b")), user(text("c")), assistant(waits)
    )
    assert again(body) == (body, ())
    written, lost = again(body, NONE)
    assert written["messages"] == [
        user(text("a")),
        assistant(other, fetched, text("b")),
        user(text("c")),
        assistant(waits),
    ]
    assert lost == ("server_tool_use", "web_search_tool_result")


def test_what_a_program_called_goes_with_it_though_its_result_came_in_a_later_turn() -> None:
    program = {"type": "server_tool_use", "id": "srv_1", "name": "code_execution", "input": {"code": "…"}}
    by_it = {"type": "code_execution_20260120", "tool_id": "srv_1"}
    inner = {**SEARCH, "id": "srv_2", "caller": by_it}
    found = {"type": "web_search_tool_result", "tool_use_id": "srv_2", "content": [], "caller": by_it}
    call = {"type": "tool_use", "id": "t1", "name": "f", "input": {}, "caller": by_it}
    sealed = {"type": "encrypted_code_execution_result", "encrypted_stdout": "sealed"}
    result = {"type": "code_execution_tool_result", "tool_use_id": "srv_1", "content": sealed}
    answer = user({"type": "tool_result", "tool_use_id": "t1", "content": "1"})
    body = conversation(user(text("a")), assistant(program, inner, found, call), answer, assistant(result, text("b")))
    assert again(body) == (body, ())
    written, lost = again(body, NONE)
    direct = {name: value for name, value in call.items() if name != "caller"}
    assert written["messages"] == [user(text("a")), assistant(direct), answer, assistant(text("b"))]
    assert lost == (
        "server_tool_use",
        "web_search_tool_result",
        "tool_use.caller",
        "code_execution_tool_result",
    )


def test_an_answer_to_go_on_with_does_not_end_in_white_space_where_its_end_was_stripped() -> None:
    body = conversation(user(text("a")), assistant(text("Searching.\n"), text(" \n"), SEARCH, FOUND))
    assert again(body, NONE)[0]["messages"] == [user(text("a")), assistant(text("Searching."))]
    body = conversation(user(text("a")), assistant(text(" "), SEARCH, FOUND))
    assert again(body, NONE)[0]["messages"] == [user(text("a"))]
    own = conversation(user(text("a")), assistant(text("Searching.\n")))
    assert again(own, NONE)[0] == own


def test_a_turn_of_stripped_thoughts_alone_goes() -> None:
    body = {
        "model": "m",
        "max_tokens": 5,
        "messages": [
            user(text("a")),
            assistant({"type": "thinking", "thinking": "t", "signature": "s"}),
            user(text("b")),
        ],
    }
    written, lost = again(body, NONE)
    assert [message["role"] for message in written["messages"]] == ["user", "user"]
    assert lost == ("thinking.signature",)


def test_an_empty_signature_says_nothing_and_goes() -> None:
    thought = {"type": "thinking", "thinking": "t", "signature": ""}
    body = {"model": "m", "max_tokens": 5, "messages": [user(text("a")), assistant(thought, text("b"))]}
    written, lost = again(body)
    assert written["messages"][1]["content"] == [text("b")]
    assert lost == ("thinking",)


def test_a_budget_goes_where_its_turn_lost_the_thoughts() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}
    body = {
        "model": "claude-x",
        "max_tokens": 5000,
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "messages": [
            user(text("a")),
            assistant({"type": "thinking", "thinking": "t", "signature": "s"}, call),
            user({"type": "tool_result", "tool_use_id": "t1"}),
        ],
    }
    assert again(body)[0] == body
    written, lost = again(body, NONE)
    assert "thinking" not in written
    assert lost == ("thinking.signature", "thinking.budget_tokens")
    adaptive = {**body, "thinking": {"type": "adaptive"}}
    assert again(adaptive, NONE)[0]["thinking"] == {"type": "adaptive"}


def test_a_limit_is_put_in_where_none_was_given() -> None:
    assert again({"model": "m", "messages": []})[0]["max_tokens"] == 8192


def test_a_plain_chat(valid: Valid) -> None:
    request = chat(
        Message("system", [Text("be kind")]),
        Message("developer", [Text("be brief")]),
        HI,
        Message("assistant", [Text("hello")]),
        Message("user", [Text("and?")], name="ann"),
        max_tokens=7,
        temperature=0,
        stop=["END", "\n"],
        user="u1",
        stream=True,
        include_usage=True,
        n=1,
        logprobs=False,
        parallel_tool_calls=True,
        tool_choice=ToolChoice("auto"),
        service_tier="default",
        response_format=ResponseFormat("text"),
    )
    body, lost = write(request)
    assert valid(body) == {
        "model": "claude-x",
        "max_tokens": 7,
        "system": [text("be kind"), text("be brief")],
        "messages": [user(text("hi")), assistant(text("hello")), user(text("and?"))],
        "temperature": 0,
        "stop_sequences": ["END"],
        "metadata": {"user_id": "u1"},
        "stream": True,
        "service_tier": "standard_only",
    }
    assert lost == ("messages.name", "stop")


def test_what_cannot_be_said_is_named(valid: Valid) -> None:
    request = chat(
        n=2,
        seed=0,
        logprobs=True,
        top_logprobs=3,
        frequency_penalty=0.5,
        presence_penalty=-1,
        logit_bias={"1": 2},
        metadata={"a": "b"},
        prompt_cache_key="k",
        verbosity="low",
        response_format=ResponseFormat("json_object"),
        service_tier="flex",
        temperature=1.5,
        user="u" * 600,
        rest={"modalities": ["text"], "null": None},
        tool_choice=ToolChoice("required"),
        tools=[Foreign("openai-chat", "web_search", {}), Tool("raw", custom=True)],
    )
    body, lost = write(request)
    assert set(valid(body)) == {"model", "max_tokens", "messages", "temperature"}
    assert json.loads(body)["temperature"] == 1
    assert set(lost) == {
        "n", "seed", "logprobs", "top_logprobs", "frequency_penalty", "presence_penalty", "logit_bias", "metadata",
        "prompt_cache_key", "verbosity", "response_format", "service_tier", "temperature", "user", "modalities",
        "tool_choice", "web_search", "tools.custom",
    }  # fmt: skip


def test_names_are_the_callers_own(valid: Valid) -> None:
    request = chat(
        format="openai-responses", verbosity="high", response_format=ResponseFormat("json_object"), stop=[" "]
    )
    body, lost = write(request)
    valid(body)
    assert lost == ("text.format", "stop", "text.verbosity")


def test_a_request_to_count_has_no_options(valid_count: Valid) -> None:
    request = chat(
        Message("system", [Text("s")]),
        HI,
        max_tokens=5000,
        stream=True,
        temperature=0,
        seed=1,
        stop=["x"],
        user="u",
        tools=[Tool("f", schema=SCHEMA)],
        tool_choice=ToolChoice("auto"),
        reasoning=ReasoningOptions(budget=2000),
        response_format=ResponseFormat("json_schema", SCHEMA),
    )
    losses = Losses()
    value = valid_count(write_count_request(request, ALL, losses))
    assert set(value) == {"model", "messages", "system", "tools", "tool_choice", "thinking", "output_config"}
    assert not losses
    given = read_request(json.dumps({**EVERYTHING, "container": "c"}).encode())
    counted = json.loads(write_count_request(given, ALL, losses))
    assert not {"max_tokens", "stream", "metadata", "temperature", "stop_sequences"} & counted.keys()
    assert counted["context_management"] == EVERYTHING["context_management"]


SHORT = st.text(st.characters(codec="utf-8"), max_size=4)
PART = st.one_of(
    st.builds(Text, SHORT, opaque=st.none() | SHORT),
    st.builds(Reasoning, SHORT, opaque=st.none() | SHORT, redacted=st.booleans()),
    st.builds(Refusal, SHORT),
    st.builds(Media, st.sampled_from(["image", "audio", "document"]), mime=st.just("text/plain"), data=SHORT),
)
TURN = st.builds(Message, st.sampled_from(["system", "developer", "user", "assistant"]), st.lists(PART, max_size=3))
ROUND = st.lists(SHORT, min_size=1, max_size=3, unique=True).map(
    lambda ids: [
        Message("assistant", [ToolCall(each, "f", "{}") for each in ids]),
        Message("tool", [ToolResult(each, [Text("x")]) for each in ids]),
    ]
)
DIALOG = st.lists(TURN.map(lambda turn: [turn]) | ROUND, max_size=5).map(
    lambda groups: [turn for group in groups for turn in group]
)


@given(
    st.builds(
        ChatRequest,
        format=st.sampled_from(["openai-chat", "openai-responses"]),
        model=SHORT,
        messages=DIALOG,
        max_tokens=st.none() | st.integers(0, 5000),
        temperature=st.none() | st.floats(0, 2),
        top_p=st.none() | st.floats(0, 1),
        stop=st.none() | st.lists(SHORT, max_size=2),
        user=st.none() | SHORT,
        tool_choice=st.none()
        | st.builds(ToolChoice, st.sampled_from(["auto", "none", "required"]))
        | st.builds(ToolChoice, st.sampled_from(["tool", "allowed"]), st.sampled_from([["f"], ["g"]])),
        tools=st.sampled_from(
            [[], [Tool("f", schema=SCHEMA), Tool("g", custom=True)], [Tool("f", schema=SCHEMA), Tool("g", schema={})]]
        ),
        parallel_tool_calls=st.none() | st.booleans(),
        reasoning=st.none()
        | st.builds(
            ReasoningOptions,
            effort=st.sampled_from([None, "none", "low", "max", "odd"]),
            budget=st.none() | st.integers(-5, 9000),
            visible=st.none() | st.booleans(),
        ),
    ),
    st.booleans(),
    st.booleans(),
)
def test_whatever_dialog_comes_the_request_is_valid(
    valid: Valid, request: ChatRequest, keeps: bool, mid_system: bool
) -> None:
    back = Back(
        model="m", keeps=lambda _: keeps, quirks=frozenset({"mid_system"}) if mid_system else frozenset(), max_tokens=9
    )
    valid(write_request(request, back, Losses()))
