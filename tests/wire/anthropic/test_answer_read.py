"""Whole answers as they came."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.parts import Foreign, Reasoning, Text, ToolCall
from ajar.domain.usage import Usage
from ajar.errors import UpstreamGarbage
from ajar.wire.anthropic.answer_read import read_answer
from recordings import Exchange, exchanges
from wire.anthropic.dialogs import BLOCK, JSON


def read(*content: Any, **fields: Any) -> Any:
    body = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m-1", "content": content, **fields}
    return read_answer(json.dumps(body).encode())


def test_everything_of_an_answer() -> None:
    answer = read(
        {"type": "thinking", "thinking": "", "signature": "s"},
        {"type": "redacted_thinking", "data": "d"},
        {"type": "text", "text": "see", "citations": [{"type": "char_location"}]},
        {"type": "server_tool_use", "id": "srv", "name": "web_search", "input": {"q": 1}},
        {"type": "tool_use", "id": "t", "name": "f", "input": {}, "caller": {"type": "direct"}},
        stop_reason="end_turn",
        stop_sequence=None,
        stop_details=None,
        container={"id": "c"},
        usage={"input_tokens": 1, "cache_read_input_tokens": 2, "output_tokens": 3, "service_tier": "standard"},
    )
    assert (answer.id, answer.model, answer.service_tier) == ("msg_1", "m-1", "default")
    assert (answer.finish.reason, answer.finish.native, answer.finish.rest) == ("tool_calls", "end_turn", {})
    assert (answer.usage, answer.rest) == (Usage(3, 3, 2), {"container": {"id": "c"}})
    assert [type(part) for part in answer.parts] == [Reasoning, Reasoning, Text, Foreign, ToolCall]
    assert answer.parts[0].opaque == "s"
    assert (answer.parts[1].opaque, answer.parts[1].redacted) == ("d", True)


def test_texts_are_the_upstreams_own() -> None:
    body = (
        b'{"content":[{"type":"tool_use","id":"t","name":"f","input":{ "a" : 1.0, "b":"\\u00e9" }}],'
        b'"stop_reason":"tool_use","usage":{ "input_tokens" : 1 }}'
    )
    answer = read_answer(body)
    assert answer.parts[0].arguments == '{ "a" : 1.0, "b":"\\u00e9" }'  # type: ignore[union-attr]
    assert answer.usage_raw == '{ "input_tokens" : 1 }'


def test_a_refusal_and_a_stop_sequence() -> None:
    details = {"type": "refusal", "category": "cyber"}
    refused = read(stop_reason="refusal", stop_details=details)
    assert (refused.finish.reason, refused.finish.rest, refused.usage) == ("refusal", {"stop_details": details}, None)
    stopped = read(stop_reason="stop_sequence", stop_sequence="END", usage=None)
    assert (stopped.finish.reason, stopped.finish.stop_sequence, stopped.usage_raw) == ("stop_sequence", "END", None)
    assert read(stop_reason=None).finish.reason == "stop"


GARBAGE = [
    b"",
    b"[]",
    b"\xff",
    b"{}",
    b'{"type":"error","error":{"type":"api_error","message":"x"}}',
    b'{"content":7}',
    b'{"content":[7]}',
    b'{"content":[{"text":"x"}]}',
    b'{"content":[{"type":"tool_use","id":"t","name":"f"}]}',
    b'{"content":[{"type":"tool_use","id":"t","name":"f","input":[]}]}',
    b'{"content":[],"stop_reason":7}',
    b'{"content":' + b"[" * 5000,
    b'{"content":[{"type":"new","x":' + b"[" * 900 + b"]" * 900 + b"}]}",
]


@pytest.mark.parametrize("body", GARBAGE[:-1])
def test_garbage(body: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        read_answer(body)


@given(
    st.binary(max_size=50)
    | st.fixed_dictionaries(
        {"content": st.lists(BLOCK, max_size=3) | JSON},
        optional=dict.fromkeys(("stop_reason", "usage", "id", "model", "stop_details"), JSON),
    ).map(lambda value: json.dumps(value).encode())
)
def test_nothing_but_garbage_is_raised(body: bytes) -> None:
    try:
        read_answer(body)
    except UpstreamGarbage:
        return


@exchanges("anthropic", r"/v1/messages\?", lambda each: each.status == 200 and not each.streamed)
def test_recorded_answers(exchange: Exchange) -> None:
    given, answer = json.loads(exchange.answer), read_answer(exchange.answer)
    usage = given["usage"]
    assert answer.usage == Usage(
        usage["input_tokens"] + usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"],
        usage["output_tokens"],
        usage["cache_read_input_tokens"],
        usage["cache_creation_input_tokens"],
        (usage.get("output_tokens_details") or {}).get("thinking_tokens"),
    )
    assert (answer.usage.reasoning_output_tokens or 0) <= usage["output_tokens"]
    assert json.loads(answer.usage_raw or "") == usage
    assert (answer.id, answer.model, answer.finish.native) == (given["id"], given["model"], given["stop_reason"])
    known = {"text": Text, "thinking": Reasoning, "redacted_thinking": Reasoning, "tool_use": ToolCall}
    assert [type(part) for part in answer.parts] == [known.get(block["type"], Foreign) for block in given["content"]]
