"""Only what leaves nothing behind is asked twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ajar.gateway.ask import Ask
from ajar.gateway.fit import body_of_copy
from ajar.wire.fronts import CHAT, MESSAGES, RESPONSES, Front

FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {}}}


def copied(front: Front, **fields: Any) -> bytes | None:
    base: dict[str, Any] = {"model": "r"}
    if front is RESPONSES:
        base["input"] = "hi"
    else:
        base |= {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 5}
    return body_of_copy(Ask(front, json.dumps({**base, **fields}).encode()))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"tools": [FUNCTION, {"type": "custom", "custom": {"name": "c"}}]},
        {"tools": None},
        {"store": False},
        {"store": None},
        {"web_search_options": None},
        {"extra_body": {"google": {"thinking_config": {}}}},
        {"top_k": 5, "chat_template_kwargs": {"thinking": False}},
    ],
)
def test_plain_chat_goes_as_it_is(fields: dict[str, Any]) -> None:
    body = copied(CHAT, **fields)
    assert body is not None
    assert json.loads(body).get("store", False) in (False, None)


@pytest.mark.parametrize(
    ("front", "fields"),
    [
        (CHAT, {"store": True}),
        (CHAT, {"web_search_options": {}}),
        (CHAT, {"enable_search": True}),
        (CHAT, {"compound_custom": {"tools": {"enabled_tools": ["code_interpreter"]}}}),
        (CHAT, {"data_sources": [{"type": "azure_search"}]}),
        (CHAT, {"cached_content": "cachedContents/1"}),
        (CHAT, {"extra_body": {"google": {"cached_content": "cachedContents/1"}}}),
        (RESPONSES, {"input": [{"type": "mcp_approval_response", "approval_request_id": "1", "approve": True}]}),
        (RESPONSES, {"input": [{"type": "tool_search_output", "tools": [{"type": "mcp"}]}]}),
        (RESPONSES, {"input": [{"type": "additional_tools", "tools": [{"type": "mcp"}]}]}),
        (CHAT, {"plugins": [{"id": "web"}]}),
        (CHAT, {"search_parameters": {"mode": "auto"}}),
        (CHAT, {"tools": [FUNCTION, {"type": "web_search"}]}),
        (CHAT, {"Tools": [{"type": "web_search"}]}),
        (CHAT, {"tools": [{"google_search": {}}]}),
        (CHAT, {"tools": "all of them"}),
        (MESSAGES, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
        (MESSAGES, {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]}),
        (MESSAGES, {"tools": [{"type": "computer_20250124", "name": "computer"}]}),
        (MESSAGES, {"mcp_servers": [{"type": "url", "url": "https://x", "name": "x"}]}),
        (MESSAGES, {"container": {"skills": []}}),
        (RESPONSES, {"store": True}),
        (RESPONSES, {"store": None}),
        (RESPONSES, {"background": True}),
        (RESPONSES, {"previous_response_id": "resp_1"}),
        (RESPONSES, {"conversation": "conv_1"}),
        (RESPONSES, {"prompt": {"id": "pmpt_1"}}),
        (RESPONSES, {"tools": [{"type": "mcp", "server_label": "x", "server_url": "https://x"}]}),
        (RESPONSES, {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}),
        (RESPONSES, {"tools": [{"type": "web_search"}]}),
        (RESPONSES, {"input": [{"type": "item_reference", "id": "msg_1"}]}),
    ],
)
def test_what_a_provider_keeps_or_runs_is_not_copied(front: Front, fields: dict[str, Any]) -> None:
    assert copied(front, **fields) is None


def test_tools_of_anthropic_need_no_type() -> None:
    assert copied(MESSAGES, tools=[{"name": "f", "input_schema": {}}, {"type": "custom", "name": "g"}]) is not None


def test_a_response_is_stored_unless_that_is_forbidden() -> None:
    body = copied(RESPONSES)
    assert body is not None
    assert json.loads(body) == {"store": False, "model": "r", "input": "hi"}
    Ask(RESPONSES, body)
    body = copied(RESPONSES, store=False)
    assert body is not None
    assert body.count(b"store") == 1
