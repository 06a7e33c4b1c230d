"""Answers, written as generateContent gives them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.answer import Answer, Finish
from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Media, Part, Reasoning, Refusal, Text, ToolCall
from ajar.domain.dialog.request import ChatRequest
from ajar.domain.usage import Usage
from ajar.wire.gemini.answer_read import read_answer
from ajar.wire.gemini.answer_write import write_answer
from ajar.wire.made import Made
from recordings import Exchange, exchanges

if TYPE_CHECKING:
    from collections.abc import Callable

    Valid = Callable[[bytes], dict[str, Any]]

REQUEST = ChatRequest(format="gemini", model="m", messages=[])
MADE = Made("0190-id", 1, "m")


def write(valid_answer: Valid, *parts: Part, **fields: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    losses = Losses()
    answer = Answer(**{"format": "anthropic", "parts": list(parts), "finish": Finish("stop", "end_turn"), **fields})
    return valid_answer(write_answer(answer, REQUEST, MADE, losses)), losses.names


def test_an_answer_from_elsewhere(valid_answer: Valid) -> None:
    body, lost = write(
        valid_answer,
        Reasoning("Hmm", "sig1"),
        Text("Hello"),
        Refusal("no"),
        ToolCall("1", "f", '{"a":1.0}'),
        ToolCall("2", "g", "", custom=True),
        Media("image", "image/png", data="AA=="),
        finish=Finish("tool_calls", "tool_use"),
        usage=Usage(10, 5),
        created=1779900825,
    )
    assert body == {
        "candidates": [
            {
                "index": 0,
                "content": {
                    "role": "model",
                    "parts": [
                        {"text": "Hmm", "thought": True, "thoughtSignature": "sig1"},
                        {"text": "Hello"},
                        {"text": "no"},
                        {"functionCall": {"id": "1", "name": "f", "args": {"a": 1.0}}},
                        {"functionCall": {"id": "2", "name": "g", "args": {"input": ""}}},
                        {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
                    ],
                },
                "finishReason": "STOP",
            }
        ],
        "modelVersion": "m",
        "responseId": "0190-id",
        "createTime": "2026-05-27T16:53:45Z",
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15},
    }
    assert lost == ()


def test_what_cannot_be_said_is_lost(valid_answer: Valid) -> None:
    body, lost = write(
        valid_answer,
        Text("a", annotations=[{}], rest={"x": 1}),
        Foreign("anthropic", "server_tool_use", {}),
        ToolCall("1", "f", "[broken"),
        finish=Finish("stop_sequence", "stop_sequence", "END", rest={"y": 1}),
        rest={"container": {"id": 1}, "empty": {}},
        logprobs=3,
    )
    assert body["candidates"][0]["content"]["parts"][1]["functionCall"]["args"] == {}
    assert "usageMetadata" not in body
    assert set(lost) == {
        "content.x",
        "server_tool_use",
        "tool_calls.arguments",
        "stop_sequence",
        "container",
        "finish.y",
        "content.annotations",
        "logprobs",
    }


@pytest.mark.parametrize("created", [2**63 - 1, -(2**63), 10**30])
def test_a_time_beyond_the_calendar_is_lost(valid_answer: Valid, created: int) -> None:
    body, lost = write(valid_answer, Text("a"), created=created)
    assert "createTime" not in body
    assert lost == ("created",)


def test_likelihoods_come_back(valid_answer: Valid) -> None:
    top = {"token": "a", "logprob": -0.5, "bytes": None}
    body, lost = write(valid_answer, Text("a"), logprobs=[{**top, "top_logprobs": [top]}])
    token = {"token": "a", "logProbability": -0.5}
    assert body["candidates"][0]["logprobsResult"] == {
        "chosenCandidates": [token],
        "topCandidates": [{"candidates": [token]}],
    }
    assert lost == ()


@pytest.mark.parametrize("reason", ["MALFORMED_FUNCTION_CALL", "SAFETY"])
def test_its_own_word_comes_back(valid_answer: Valid, reason: str) -> None:
    body, _ = write(valid_answer, format="gemini", finish=Finish("error", reason, rest={"finishMessage": "m"}))
    assert body["candidates"][0]["finishReason"] == reason
    assert body["candidates"][0]["finishMessage"] == "m"


@exchanges("gemini", ":generateContent", lambda each: each.status == 200)
def test_recorded_answers_come_back(exchange: Exchange, valid_answer: Valid) -> None:
    losses = Losses()
    body = valid_answer(write_answer(read_answer(exchange.answer), REQUEST, MADE, losses))
    expected = json.loads(exchange.answer)
    if "createTime" in expected:
        expected["createTime"] = expected["createTime"].partition(".")[0] + "Z"
    for candidate in expected.get("candidates", ()):
        candidate.pop("avgLogprobs", None)
        candidate.pop("finishMessage", None)
        if candidate.get("groundingMetadata") == {}:
            del candidate["groundingMetadata"]
        candidate.setdefault("index", 0)
        content = candidate["content"]
        content.setdefault("role", "model")
        content.setdefault("parts", [])
        for token in _tokens(candidate.get("logprobsResult", {})):
            token.pop("tokenId")
        for part in content["parts"]:
            if "functionCall" in part:
                part["functionCall"].setdefault("id", None)
    for wired, written in zip(_calls(expected), _calls(body), strict=True):
        if wired["id"] is None:
            assert written["id"].startswith("call_")
            written["id"] = None
    assert body == expected
    assert not losses


def _calls(body: Any) -> list[Any]:
    parts = [part for candidate in body.get("candidates", ()) for part in candidate["content"]["parts"]]
    return [part["functionCall"] for part in parts if "functionCall" in part]


def _tokens(result: Any) -> list[Any]:
    inside = [token for each in result.get("topCandidates", ()) for token in each["candidates"]]
    return [*result.get("chosenCandidates", ()), *inside]
