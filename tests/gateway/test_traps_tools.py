"""Tools, options and schemas: what gateways are known to have got wrong (traps 10, 14 to 19 and 28 of the survey)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ajar.wire.formats import FORMATS
from gateway.formats import BACKS, FRONTS
from gateway.joined import joined
from gateway.replayed import own
from gateway.said import said
from gateway.test_replay import ASKED, PATHS, play
from gateway.trap import candidate, chat_answer, gate, sse

if TYPE_CHECKING:
    from doubles.service import Result
    from gateway.trap import Gate

__all__ = ["gate"]
HI = {"role": "user", "content": "hi"}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}


def ask(gate: Gate, front: str, back: str, **fields: Any) -> Result:
    """Whatever front, the plainest request."""
    return gate.service.request("POST", PATHS[front], {"model": back, **ASKED[front], **fields})


def rounds(*results: dict[str, Any]) -> list[dict[str, Any]]:
    """A dialog in Messages with two calls and these turns' worth of results."""
    uses = [{"type": "tool_use", "id": f"toolu_{n}", "name": f"look_{n}", "input": {}} for n in (1, 2)]
    return [HI, {"role": "assistant", "content": uses}, {"role": "user", "content": list(results)}]


def result_of(number: int, content: Any = "ok") -> dict[str, Any]:
    """The result of one of these calls."""
    return {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": content}


@pytest.mark.parametrize("back", BACKS)
@pytest.mark.parametrize("front", FRONTS)
def test_trap_10_parallel_calls_are_run_together(gate: Gate, front: str, back: str) -> None:
    """Our own exchanges have two calls; in Gemini's, each has a chunk of its own."""
    gate.plays(play(own(back)[1]))
    fields = {"stream_options": {"include_usage": True}} if front == "openai-chat" else {}
    result = ask(gate, front, back, stream=True, **fields)
    calls = said(front, joined(front, result.body)).calls
    assert [call[1:] for call in calls] == [
        ("get_weather", {"city": "Zürich", "days": 0}),
        ("get_weather", {"city": "Oslo"}),
    ]
    assert len({call[0] for call in calls}) == 2


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("native", "part", "wanted"),
    [
        ("STOP", {"functionCall": {"name": "look", "args": {}}}, ("tool_calls", "tool_use")),
        ("STOP", {"text": "yes"}, ("stop", "end_turn")),
        ("MAX_TOKENS", {"text": "ye"}, ("length", "max_tokens")),
        ("SAFETY", {"text": "y"}, ("content_filter", "refusal")),
    ],
)
def test_trap_14_geminis_finish_reason(
    gate: Gate, native: str, part: dict[str, Any], wanted: tuple[str, str], stream: bool
) -> None:
    whole = candidate(part, finish=native)
    gate.plays(sse(candidate(part, finish=None), candidate({"text": ""}, finish=native)) if stream else whole)
    chat = ask(gate, "openai-chat", "gemini", stream=stream)
    value = joined("openai-chat", chat.body) if stream else chat.json
    assert value["choices"][0]["finish_reason"] == wanted[0]
    sent = ask(gate, "anthropic", "gemini", stream=stream)
    assert (joined("anthropic", sent.body) if stream else sent.json)["stop_reason"] == wanted[1]


@pytest.mark.parametrize("back", BACKS)
@pytest.mark.parametrize("front", FRONTS)
def test_trap_15_falsy_is_not_absent(gate: Gate, front: str, back: str) -> None:
    gate.plays(play(own(back)[0]))
    for name, other in (("temperature", "temperature"), ("top_p", "topP")):  # some models refuse the two together
        assert ask(gate, front, back, **{name: 0}).status == 200
        sent = gate.sent
        options = {**sent, **sent.get("generationConfig", {}), **sent.get("inferenceConfig", {})}
        assert options.get(name, options.get(other)) == 0
    if front == "openai-chat" and back == "gemini":
        ask(gate, front, back, seed=0, presence_penalty=0)
        assert gate.sent["generationConfig"]["seed"] == 0


def test_trap_16_cache_control_through_chat(gate: Gate) -> None:
    """Kept where the API behind Chat Completions takes it, and named where it does not."""
    mark = {"type": "ephemeral"}
    turns = [{"role": "user", "content": [{"type": "text", "text": "long", "cache_control": mark}]}]
    gate.plays(chat_answer({"content": "yes"}, usage={"prompt_tokens": 3, "completion_tokens": 2}))
    kept = gate.messages("openrouter", turns)
    assert gate.sent["messages"][0]["content"][0]["cache_control"] == mark
    assert "x-ajar-dropped" not in kept.headers
    lost = gate.messages("openai-chat", turns)
    assert "cache_control" not in json.dumps(gate.sent)
    assert "cache_control" in lost.headers["x-ajar-dropped"]
    ask(gate, "openai-chat", "anthropic", messages=turns)
    assert gate.sent["messages"][0]["content"][0]["cache_control"] == mark


@pytest.mark.parametrize("back", BACKS)
def test_trap_17_images_in_tool_results(gate: Gate, back: str) -> None:
    """They arrive; in Chat Completions behind all results of the round, which must stand together."""
    gate.plays(play(own(back)[0]))
    result = gate.messages(back, rounds(result_of(1, [{"type": "text", "text": "see"}, PICTURE]), result_of(2)))
    assert result.status == 200, result.body
    assert PNG.encode() in gate.upstream.seen[-1].body
    if back == "openai-chat":
        assert [turn["role"] for turn in gate.sent["messages"]] == ["user", "assistant", "tool", "tool", "user"]


@pytest.mark.parametrize("back", BACKS)
def test_trap_18_results_follow_their_calls(gate: Gate, back: str) -> None:
    """In one round whatever their order, and with the function's name for Gemini. The upstream judges an orphan.

    Gemini cannot be asked about one: nobody knows the name.
    """
    gate.plays(play(own(back)[0]))
    said_after = {"type": "text", "text": "now?"}
    assert gate.messages(back, rounds(result_of(2, "two"), result_of(1, "one"), said_after)).status == 200
    typed = FORMATS[back].read_request(gate.upstream.seen[-1].body)
    roles = [turn.role for turn in typed.messages]
    assert roles == ["user", "assistant", "tool", "user"]
    assert {part.call_id for part in typed.messages[2].parts} == {"toolu_1", "toolu_2"}
    if back == "gemini":
        parts = gate.sent["contents"][2]["parts"]
        named = {part["functionResponse"]["name"]: part["functionResponse"]["response"] for part in parts[:2]}
        assert {name: [*value.values()] for name, value in named.items()} == {"look_2": ["two"], "look_1": ["one"]}
    orphan = gate.chat(back, [HI, {"role": "tool", "tool_call_id": "nobody", "content": "ok"}])
    if back == "gemini":
        assert (orphan.status, orphan.json["error"]["param"]) == (400, "tool_call_id")
        assert "`nobody`" in orphan.json["error"]["message"]
    else:
        assert b'"nobody"' in gate.upstream.seen[-1].body


@pytest.mark.parametrize("strict", [None, True])
def test_trap_19_schemas_for_gemini(gate: Gate, strict: bool | None) -> None:
    """A JSON Schema goes where Gemini takes JSON Schema, unchanged."""
    schema = {
        "type": "object",
        "properties": {"at": {"$ref": "#/$defs/place"}},
        "$defs": {"place": {"type": ["string", "null"], "minLength": 1}},
        "additionalProperties": False,
    }
    gate.plays(candidate({"text": "{}"}))
    function = {"name": "look", "parameters": schema, "strict": strict}
    tools = [{"type": "function", "function": function}]
    shape = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": strict}}
    assert gate.chat("gemini", tools=tools).status == 200
    declared = gate.sent["tools"][0]["functionDeclarations"][0]
    assert declared["parametersJsonSchema"] == schema
    assert "parameters" not in declared
    assert gate.chat("gemini", response_format=shape).status == 200
    assert gate.sent["generationConfig"]["responseJsonSchema"] == schema
    assert "responseSchema" not in gate.sent["generationConfig"]


@pytest.mark.parametrize("back", BACKS)
@pytest.mark.parametrize("front", FRONTS)
def test_trap_28_unknown_fields_are_dropped_in_silence(gate: Gate, front: str, back: str) -> None:
    """A deployment of the same format gets them; for any other they are named."""
    gate.plays(play(own(back)[0]))
    result = ask(gate, front, back, provider_options={"x": 1})
    assert result.status == 200
    if front == back:
        assert gate.sent["provider_options"] == {"x": 1}
    else:
        assert b"provider_options" not in gate.upstream.seen[-1].body
        assert "provider_options" in result.headers["x-ajar-dropped"]
        assert "provider_options" in gate.service.records()[-1]["dropped"]
