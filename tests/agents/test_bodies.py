"""What agents send reaches every back end as its provider's own description allows it, and what is lost is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from agents.bodies import CLAUDE_CODE_HEADERS, messages_body, messages_result, responses_body
from doubles.scripted.script import MARKER, WORDS
from gateway.formats import BACKS
from wire.anthropic.conftest import valid as valid_anthropic
from wire.bedrock.conftest import valid as valid_bedrock
from wire.gemini.conftest import valid as valid_gemini
from wire.openai_chat.conftest import valid_request as valid_openai_chat
from wire.openai_responses import oracle

if TYPE_CHECKING:
    from doubles.scripted.server import ScriptedModel
    from doubles.service import Result, Service

__all__ = ["valid_anthropic", "valid_bedrock", "valid_gemini", "valid_openai_chat"]

MESSAGES_LOSE = {
    "openai-chat": {"cache_control", "context_management", "thinking", "thinking.display", "tools.defer_loading"},
    "openai-responses": {"cache_control", "context_management", "tools.defer_loading"},
    "gemini": {
        "cache_control",
        "context_management",
        "messages.system_position",
        "metadata.user_id",
        "tools.defer_loading",
    },
    "bedrock": {"context_management", "messages.system_position", "metadata.user_id", "tools.defer_loading"},
}
RESPONSES_LOSE = {
    "openai-chat": {"client_metadata", "namespace", "reasoning", "reasoning.summary", "web_search"},
    "anthropic": {"client_metadata", "namespace", "prompt_cache_key", "web_search"},
    "gemini": {"client_metadata", "namespace", "prompt_cache_key", "web_search"},
    "bedrock": {"client_metadata", "namespace", "prompt_cache_key", "web_search"},
}


def judge(back: str, body: bytes, request: pytest.FixtureRequest) -> None:
    """Fails where the provider's own description of its format does not allow `body`."""
    if back == "openai-responses":
        assert oracle.errors(json.loads(body), "CreateResponseBody") == []
    else:
        request.getfixturevalue(f"valid_{back.replace('-', '_')}")(body)


def dropped(*results: Result) -> set[str]:
    """What the answers' headers name."""
    return {name for each in results for name in each.headers.get("x-ajar-dropped", "").split(", ") if name}


def ask_messages(service: Service, body: dict[str, Any]) -> Result:
    result = service.request("POST", "/v1/messages?beta=true", body, CLAUDE_CODE_HEADERS)
    assert result.status == 200, result.body
    return result


def said(result: Result) -> str:
    return "".join(block["text"] for block in result.json["content"] if block["type"] == "text")


@pytest.mark.parametrize("back", [back for back in BACKS if back != "anthropic"])
def test_messages(service: Service, model: ScriptedModel, back: str, request: pytest.FixtureRequest) -> None:
    body = messages_body(back)
    first = ask_messages(service, body)
    call = first.json["content"][-1]
    assert (first.json["stop_reason"], call["name"]) == ("tool_use", "Bash")
    body["messages"] += [{"role": "assistant", "content": first.json["content"]}, messages_result(call, MARKER)]
    last = ask_messages(service, body)
    assert said(last) == "".join(WORDS)
    assert dropped(first, last) == MESSAGES_LOSE[back]
    for seen in model.seen:
        judge(back, seen.body, request)
        assert "anthropic-beta" not in seen.headers
        assert all(each in seen.body for each in (b"run the marker", b"/tmp/work", b"Sign no commits", b"exclusiveMin"))
    assert MARKER.encode() in model.seen[-1].body


def test_messages_to_their_own_format_are_untouched(service: Service, model: ScriptedModel) -> None:
    body = messages_body("anthropic")
    first = ask_messages(service, body)
    content = first.json["content"]
    body["messages"] += [{"role": "assistant", "content": content}, messages_result(content[-1], MARKER)]
    last = ask_messages(service, body)
    assert said(last) == "".join(WORDS)
    assert dropped(first, last) == set()
    assert model.seen[-1].json == body | {"model": "script-1"}
    assert model.seen[-1].headers["anthropic-beta"] == CLAUDE_CODE_HEADERS["anthropic-beta"]


@pytest.mark.parametrize("back", [back for back in BACKS if back != "openai-responses"])
def test_responses(service: Service, model: ScriptedModel, back: str, request: pytest.FixtureRequest) -> None:
    body = responses_body(back)
    first = service.request("POST", "/v1/responses", body)
    assert first.status == 200, first.body
    output = first.json["output"]
    assert (output[-1]["type"], output[-1]["name"]) == ("function_call", "exec_command")
    result = {"type": "function_call_output", "id": "fco_1", "call_id": output[-1]["call_id"], "output": MARKER}
    body["input"] += [*output, result]
    last = service.request("POST", "/v1/responses", body)
    assert last.status == 200, last.body
    assert last.json["output"][-1]["content"][0]["text"] == "".join(WORDS)
    assert dropped(first, last) == RESPONSES_LOSE[back]
    for seen in model.seen:
        judge(back, seen.body, request)
        assert all(each in seen.body for each in (b"run the marker", b"<skills/>", b"exec_command", b"exclusiveMin"))
    assert MARKER.encode() in model.seen[-1].body


def test_responses_to_their_own_format_are_untouched(service: Service, model: ScriptedModel) -> None:
    body = responses_body("openai-responses")
    result = service.request("POST", "/v1/responses", body)
    assert result.status == 200
    assert dropped(result) == set()
    assert model.seen[-1].json == body | {"model": "script-1"}


@pytest.mark.parametrize("back", BACKS)
def test_what_a_search_for_tools_found_is_told(
    service: Service, model: ScriptedModel, back: str, request: pytest.FixtureRequest
) -> None:
    body = messages_body(back)
    call = {"type": "tool_use", "id": "call_1", "name": "ToolSearch", "input": {"command": "select:Fetch"}}
    found = [{"type": "tool_reference", "tool_name": "Fetch"}]
    body["tools"].append({"name": "Fetch", "input_schema": {"type": "object"}, "defer_loading": True})
    body["messages"] += [{"role": "assistant", "content": [call]}, messages_result(call, found)]
    assert said(ask_messages(service, body)) == "".join(WORDS)
    told = model.seen[-1].body
    if back == "anthropic":
        assert model.seen[-1].json["messages"] == body["messages"]
    else:
        assert json.dumps(json.dumps(found[0], separators=(",", ":")))[1:-1].encode() in told
        judge(back, told, request)
