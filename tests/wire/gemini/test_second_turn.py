"""What Gemini said goes out in each front's format, comes back in the client's next request, and stands as it stood."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.request import ChatRequest
from ajar.wire.anthropic.answer_write import write_answer as to_anthropic
from ajar.wire.anthropic.request_read import read_request as from_anthropic
from ajar.wire.back import Back
from ajar.wire.gemini.answer_read import read_answer
from ajar.wire.gemini.request_write import write_request
from ajar.wire.made import Made
from ajar.wire.openai_chat.answer_write import write_answer as to_chat
from ajar.wire.openai_chat.request_read import read_request as from_chat
from ajar.wire.openai_responses.answer_write import write_answer as to_responses
from ajar.wire.openai_responses.request_read import read_request as from_responses
from recordings import Exchange, exchanges

if TYPE_CHECKING:
    from collections.abc import Callable

MADE = Made("01900000-0000-7000-8000-000000000000", 1, "m")
QUESTION = {"role": "user", "content": "q"}


def chat(answer: Any) -> dict[str, Any]:
    message = answer["choices"][0]["message"]
    calls = message.get("tool_calls") or ()
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "r"} for call in calls]
    return {"model": "m", "messages": [QUESTION, message, *results]}


def anthropic(answer: Any) -> dict[str, Any]:
    calls = [block for block in answer["content"] if block["type"] == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": call["id"], "content": "r"} for call in calls]
    said = {"role": "assistant", "content": answer["content"]}
    return {"model": "m", "max_tokens": 9, "messages": [QUESTION, said, {"role": "user", "content": results or "next"}]}


def responses(answer: Any) -> dict[str, Any]:
    calls = [item for item in answer["output"] if item["type"] == "function_call"]
    results = [{"type": "function_call_output", "call_id": call["call_id"], "output": "r"} for call in calls]
    return {"model": "m", "input": [QUESTION, *answer["output"], *results]}


FRONTS = [
    pytest.param("openai-chat", to_chat, chat, from_chat, id="chat"),
    pytest.param("anthropic", to_anthropic, anthropic, from_anthropic, id="anthropic"),
    pytest.param("openai-responses", to_responses, responses, from_responses, id="responses"),
]


@exchanges("gemini", ":generateContent", lambda each: b'"candidates"' in each.answer and b'"parts"' in each.answer)
@pytest.mark.parametrize(("name", "out", "ask", "back"), FRONTS)
def test_the_second_turn_gives_back_what_the_model_said(
    exchange: Exchange, name: Any, out: Any, ask: Any, back: Any, valid: Callable[[bytes], dict[str, Any]]
) -> None:
    answered = out(read_answer(exchange.answer), ChatRequest(format=name, model="m", messages=[]), MADE, Losses())
    request = back(json.dumps(ask(json.loads(answered))).encode())
    losses = Losses()
    body = valid(write_request(request, Back(model="gemini-3.5-flash", keeps=lambda _: True), losses))
    assert not losses
    said = json.loads(exchange.answer)["candidates"][0]["content"]["parts"]
    expected = [part for part in said if "text" in part or "functionCall" in part]
    found = [part for content in body["contents"] if content["role"] == "model" for part in content["parts"]]
    for part in [*expected, *found]:
        part.get("functionCall", {}).pop("id", None)
        if part.get("thoughtSignature") == "skip_thought_signature_validator":
            del part["thoughtSignature"]
    assert found == expected
    results = [part for content in body["contents"] for part in content["parts"] if "functionResponse" in part]
    assert len(results) == sum("functionCall" in part for part in expected)
