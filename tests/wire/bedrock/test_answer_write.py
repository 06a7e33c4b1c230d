"""Answers in Converse's shape, for conversions at the command line."""

from __future__ import annotations

import json
from typing import Any

from ajar.domain.dialog.answer import Answer, Finish
from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall
from ajar.domain.dialog.request import ChatRequest
from ajar.domain.usage import Usage
from ajar.wire.bedrock.answer_read import read_answer
from ajar.wire.bedrock.answer_write import write_answer
from ajar.wire.made import Made
from recordings import Exchange, exchanges

MADE = Made("0192f0c4-0000-7000-8000-000000000000", 1_763_000_000, "m")
REQUEST = ChatRequest(format="bedrock", model="m", messages=[])


def written(answer: Answer) -> tuple[Any, tuple[str, ...]]:
    losses = Losses()
    return json.loads(write_answer(answer, REQUEST, MADE, losses)), losses.names


def test_from_another_format() -> None:
    answer = Answer(
        format="anthropic",
        parts=[
            Reasoning("hm"),
            Reasoning("ha", "sig"),
            Reasoning(opaque="AAAA", redacted=True),
            Text("so", annotations=[1]),
            Media("image", "image/png", "AAAA"),
            ToolCall("t", "f", '{"a":1}'),
            ToolCall("u", "g", ""),
            Refusal("no"),
            Foreign("anthropic", "server_tool_use", {}),
        ],
        finish=Finish("tool_calls", "tool_use"),
        usage=Usage(130, 5, 100, 20),
        rest={"container": {"id": 1}},
    )
    body, losses = written(answer)
    assert body == {
        "output": {
            "message": {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "hm"}}},
                    {"reasoningContent": {"reasoningText": {"text": "ha", "signature": "sig"}}},
                    {"reasoningContent": {"redactedContent": "AAAA"}},
                    {"text": "so"},
                    {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
                    {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1}}},
                    {"toolUse": {"toolUseId": "u", "name": "g", "input": {}}},
                    {"text": "no"},
                ],
            }
        },
        "stopReason": "tool_use",
        "usage": {
            "inputTokens": 10,
            "outputTokens": 5,
            "totalTokens": 135,
            "cacheReadInputTokens": 100,
            "cacheWriteInputTokens": 20,
        },
    }
    assert losses == ("content.citations", "refusal", "server_tool_use", "container")


def test_the_sequence_stands_where_claudes_does() -> None:
    finish = Finish("stop_sequence", "stop_sequence", "END", rest={"stop_details": {"a": 1}})
    body, losses = written(Answer(format="anthropic", parts=[Text("a")], finish=finish))
    assert body["additionalModelResponseFields"] == {"stop_sequence": "END"}
    assert losses == ("finish.stop_details",)
    own = {"output": {"message": {"role": "assistant", "content": [{"text": "a"}]}}, "stopReason": "stop_sequence"}
    own["additionalModelResponseFields"] = {"stop_sequence": "END", "other": 1}
    assert written(read_answer(json.dumps(own).encode())) == (own, ())


def test_no_usage_is_no_usage() -> None:
    body, losses = written(Answer(format="gemini", parts=[Text("a")], finish=Finish("stop"), logprobs=[1]))
    assert "usage" not in body
    assert losses == ("logprobs",)
    body, _ = written(Answer(format="gemini", parts=[Text("a")], finish=Finish("stop"), usage=Usage(None, 3)))
    assert body["usage"] == {"outputTokens": 3}


@exchanges("bedrock", "/converse", lambda each: each.status == 200 and not each.streamed)
def test_recorded_comes_back(exchange: Exchange) -> None:
    body, losses = written(read_answer(exchange.answer))
    told = json.loads(exchange.answer)
    told.pop("metrics")
    for block in told["output"]["message"]["content"]:
        if "toolUse" in block:
            block["toolUse"].pop("type", None)
    assert body == told
    assert losses == ()
