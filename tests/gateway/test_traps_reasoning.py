"""Thoughts and their signatures: what gateways are known to have got wrong (traps 1 to 9 of the survey)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from doubles.upstream import DONE
from gateway.joined import events, joined
from gateway.trap import candidate, chat_answer, chat_chunks, deltas, gate, message, message_events

if TYPE_CHECKING:
    from gateway.trap import Gate

__all__ = ["gate"]
SIGNED = "c2lnbmVkIQ=="
OTHER = "YW5vdGhlcg=="
THINKING = {"type": "thinking", "thinking": "hm", "signature": SIGNED}
REDACTED = {"type": "redacted_thinking", "data": OTHER}
USE = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"city": "Oslo"}}
TOOLS: Any = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
EFFORT: Any = {"reasoning_effort": "low", "tools": TOOLS}
HI = {"role": "user", "content": "hi"}


def again(gate: Gate, back: str, first: Any) -> list[dict[str, Any]]:
    """The second turn of a Chat caller who sends back the message that it got; returns what the upstream was sent."""
    said = first.json["choices"][0]["message"]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "ok"} for call in said.get("tool_calls", ())]
    asked = gate.chat(back, [HI, said, *(results or [{"role": "user", "content": "and?"}])], **EFFORT)
    assert asked.status == 200, asked.body
    assert "x-ajar-dropped" not in asked.headers
    return gate.sent["contents" if back == "gemini" else "messages"]


@pytest.mark.parametrize("thought", ["", "hm"])
def test_trap_01_signature_lost_in_streaming(gate: Gate, thought: str) -> None:
    """Also that of a thought without text, and on every front."""
    said = [{"type": "thinking_delta", "thinking": thought}] if thought else []
    blocks = [
        (
            {"type": "thinking", "thinking": "", "signature": ""},
            [*said, {"type": "signature_delta", "signature": SIGNED}],
        ),
        ({"type": "text", "text": ""}, [{"type": "text_delta", "text": "yes"}]),
    ]
    gate.plays(message_events(*blocks))
    chat = gate.chat("anthropic", stream=True)
    details = [each for delta in deltas(chat) for each in delta.get("reasoning_details", ())]
    assert [each["signature"] for each in details if each.get("signature")] == [SIGNED]
    items = joined("openai-responses", gate.responses("anthropic", stream=True).body)["output"]
    assert [item["type"] for item in items] == ["reasoning", "message"]
    assert SIGNED in items[0]["encrypted_content"]
    assert joined("anthropic", gate.messages("anthropic", stream=True).body)["content"][0]["signature"] == SIGNED


def test_trap_02_signature_dropped_on_the_way_in(gate: Gate) -> None:
    gate.plays(message(THINKING, USE, stop="tool_use"))
    first = gate.chat("anthropic", **EFFORT)
    assert first.json["choices"][0]["message"]["reasoning_details"]
    turns = again(gate, "anthropic", first)
    assert turns[1]["content"] == [THINKING, USE]


def test_trap_03_thoughts_reordered_or_encoded_anew(gate: Gate) -> None:
    """The bytes of the turn go back as they were, odd spelling included; also where the rest is read and written."""
    content = [{**THINKING, "thinking": "é\u2028 1.0"}, REDACTED, {"type": "text", "text": "a"}, THINKING, USE]
    gate.plays(message(*content, stop="tool_use"))
    assert gate.messages("anthropic").status == 200
    text = json.dumps(content, indent=3)
    body = '{"model":"%s","max_tokens":9,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":%s}]}'
    for route in ("anthropic", "two-claudes"):
        result = gate.service.request("POST", "/v1/messages", (body % (route, text)).encode())
        assert result.headers["x-ajar-deployment"] == "anthropic"
        assert text.encode() in gate.upstream.seen[-1].body
    turns = again(gate, "anthropic", gate.chat("anthropic", **EFFORT))
    kinds = [block["type"] for block in turns[1]["content"]]
    assert kinds[:2] == ["thinking", "redacted_thinking"]
    assert kinds.index("tool_use") == len(kinds) - 1
    assert [block for block in turns[1]["content"] if "thinking" in block["type"]][:2] == content[:2]


def test_trap_04_redacted_thoughts(gate: Gate) -> None:
    gate.plays(message(REDACTED, USE, stop="tool_use"))
    first = gate.chat("anthropic", **EFFORT)
    details = first.json["choices"][0]["message"]["reasoning_details"]
    assert [each["data"] for each in details] == [OTHER]
    assert again(gate, "anthropic", first)[1]["content"] == [REDACTED, USE]
    gate.plays(message_events((REDACTED, []), ({"type": "text", "text": ""}, [{"type": "text_delta", "text": "yes"}])))
    assert OTHER.encode() in gate.chat("anthropic", stream=True).body
    assert OTHER.encode() in gate.responses("anthropic", stream=True).body


@pytest.mark.parametrize("fake", ["5f0c9a0e-7f1c-4b1e-9d0a-0a5a5d1b2c3d", ""])
def test_trap_05_a_local_servers_signature_reaches_anthropic(gate: Gate, fake: str) -> None:
    gate.plays(message({**THINKING, "signature": fake}, {"type": "text", "text": "yes"}))
    first = gate.messages("claudes")
    assert first.headers["x-ajar-deployment"] == "vllm-messages"
    turns = [HI, {"role": "assistant", "content": first.json["content"]}, {"role": "user", "content": "and?"}]
    second = gate.messages("claudes", turns, headers={"x-ajar-exclude": "vllm-messages"})
    assert (second.status, second.headers["x-ajar-deployment"]) == (200, "anthropic")
    assert "thinking" in second.headers["x-ajar-dropped"]
    assert gate.sent["messages"][1]["content"] == [{"type": "text", "text": "yes"}]


def test_trap_06_geminis_signature_lost(gate: Gate) -> None:
    """On a call, and on a text."""
    call = {"functionCall": {"name": "look", "args": {"city": "Oslo"}}, "thoughtSignature": SIGNED}
    gate.plays(candidate(call))
    turns = again(gate, "gemini", gate.chat("gemini", **EFFORT))
    part = turns[1]["parts"][0]
    assert (part["functionCall"]["name"], part["thoughtSignature"]) == ("look", SIGNED)
    gate.plays(candidate({"text": "yes", "thoughtSignature": OTHER}))
    turns = again(gate, "gemini", gate.chat("gemini", **EFFORT))
    assert OTHER in [part.get("thoughtSignature") for part in turns[1]["parts"]]
    gate.plays([b"data: %b\n\n" % json.dumps(candidate(call)).encode()])
    pieces = [each for delta in deltas(gate.chat("gemini", stream=True)) for each in delta.get("tool_calls", ())]
    signed = [piece["extra_content"]["google"]["thought_signature"] for piece in pieces if "extra_content" in piece]
    assert signed == [SIGNED]


def test_trap_07_signatures_are_bound_to_their_issuer(gate: Gate) -> None:
    """Where another account is preferred, the issuer is asked all the same; where it is excluded, nothing is shown."""
    call = {"functionCall": {"name": "look", "args": {}}, "thoughtSignature": SIGNED}
    gate.plays(candidate(call))
    said = gate.chat("gemini", **EFFORT).json["choices"][0]["message"]
    turns = [HI, said, {"role": "tool", "tool_call_id": said["tool_calls"][0]["id"], "content": "ok"}]
    result = gate.chat("geminis", turns, **EFFORT)
    assert result.headers["x-ajar-deployment"] == "gemini"
    assert SIGNED.encode() in gate.upstream.seen[-1].body
    body = {"model": "geminis", "messages": turns, **EFFORT}
    result = gate.service.request("POST", "/v1/chat/completions", body, {"x-ajar-exclude": "gemini"})
    assert result.headers["x-ajar-deployment"] == "gemini-two"
    assert SIGNED.encode() not in gate.upstream.seen[-1].body
    assert "thought_signature" in result.headers["x-ajar-dropped"]


@pytest.mark.parametrize("thought", ["I look.", ""])
def test_trap_08_deepseek_wants_its_thoughts_back(gate: Gate, thought: str) -> None:
    """On turns with tool calls, even where there are none: from a caller of Messages, too."""
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    gate.plays(chat_answer({"reasoning_content": thought, "tool_calls": [call]}, "tool_calls"))
    tools = [{"name": "look", "input_schema": {"type": "object"}}]
    first = gate.messages("deepseek", tools=tools)
    result = {"type": "tool_result", "tool_use_id": "call_1", "content": "ok"}
    turns = [HI, {"role": "assistant", "content": first.json["content"]}, {"role": "user", "content": [result]}]
    assert gate.messages("deepseek", turns, tools=tools).status == 200
    assert gate.sent["messages"][1]["reasoning_content"] == thought


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
def test_trap_09_the_name_of_vllms_thoughts(gate: Gate, name: str) -> None:
    gate.plays(chat_answer({name: "hm", "content": "yes"}))
    content = gate.messages("vllm").json["content"]
    assert [(block["type"], block.get("thinking", block.get("text"))) for block in content] == [
        ("thinking", "hm"),
        ("text", "yes"),
    ]
    gate.plays([*chat_chunks({name: "h"}, {name: "m"}, {"content": "yes"}), DONE])
    result = gate.responses("vllm", stream=True)
    found = [event["delta"] for event in events(result.body) if "reasoning" in event["type"] and "delta" in event]
    assert "".join(found) == "hm"
