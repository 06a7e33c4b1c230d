"""Whole answers of generateContent."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.answer import Answer, Finish
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Text, ToolCall
from ajar.domain.usage import Usage
from ajar.errors import UpstreamGarbage
from ajar.wire.gemini.answer_read import read_answer
from recordings import Exchange, exchanges

NAMES = [
    "candidates",
    "content",
    "parts",
    "text",
    "thought",
    "thoughtSignature",
    "functionCall",
    "name",
    "args",
    "partialArgs",
    "jsonPath",
    "stringValue",
    "inlineData",
    "mimeType",
    "data",
    "executableCode",
    "finishReason",
    "index",
    "usageMetadata",
    "promptTokenCount",
    "promptFeedback",
    "blockReason",
    "modelVersion",
    "responseId",
    "createTime",
    "groundingMetadata",
    "logprobsResult",
    "chosenCandidates",
    "token",
    "error",
    "code",
]
RATED = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["STOP", "$.a", ""]) | st.text(),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inside, max_size=6)
    ),
    max_leaves=30,
)


def candidate(*parts: Any, **fields: Any) -> dict[str, Any]:
    return {"content": {"role": "model", "parts": list(parts)}, "finishReason": "STOP", "index": 0, **fields}


def read(*candidates: Any, **fields: Any) -> Answer:
    return read_answer(json.dumps({"candidates": list(candidates), **fields}).encode())


def test_an_answer() -> None:
    answer = read(
        candidate({"text": "Hmm", "thought": True}, {"text": "Hello", "thoughtSignature": "sig+/="}, avgLogprobs=-1),
        usageMetadata={"promptTokenCount": 3, "candidatesTokenCount": 2, "serviceTier": "standard"},
        modelVersion="gemini-3-pro",
        responseId="r",
        createTime="2026-05-27T16:53:45.443719Z",
    )
    assert answer == Answer(
        format="gemini",
        parts=[Reasoning("Hmm", summary=True), Text("Hello", "sig+/=")],
        finish=Finish("stop", "STOP"),
        id="r",
        model="gemini-3-pro",
        created=1779900825,
        usage=Usage(3, 2),
        usage_raw='{"promptTokenCount": 3, "candidatesTokenCount": 2, "serviceTier": "standard"}',
        service_tier="default",
    )


def test_calls_keep_their_signatures_and_the_text_of_their_arguments() -> None:
    body = b"""{"responseId": "r", "candidates": [{"content": {"parts": [
        {"functionCall": {"name": "f", "args": {
            "a": 1.00,
            "b": [ 12345678901234567890123, "x\\n" ]
        }}, "thoughtSignature": "s1"},
        {"functionCall": {"name": "f", "args": {"a": 1e3}}},
        {"functionCall": {"id": "own", "name": "g"}}
    ]}, "finishReason": "STOP"}]}"""
    answer = read_answer(body)
    one, two, three = answer.parts
    assert isinstance(one, ToolCall)
    assert isinstance(two, ToolCall)
    assert one.arguments == '{"a":1.00,"b":[12345678901234567890123,"x\\n"]}'
    assert (one.name, one.opaque, two.arguments, two.opaque) == ("f", "s1", '{"a": 1e3}', None)
    assert three == ToolCall("own", "g", "{}")
    assert one.id.startswith("call_0_")
    assert two.id.startswith("call_1_")
    assert answer.finish == Finish("tool_calls", "STOP")
    assert read_answer(body) == answer
    assert read_answer(body.replace(b'"r"', b'"q"')).parts[0] != one  # ids differ between answers


def test_other_parts() -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "s"}
    picture = {"inlineData": {"mimeType": "image/png", "data": "AA=="}, "thoughtSignature": "t"}
    answer = read(candidate({"text": "a"}, code, picture, {"thoughtSignature": "u"}, {"functionCall": None}))
    assert answer.parts == [
        Text("a"),
        Foreign("gemini", "executableCode", code),
        Media("image", "image/png", data="AA==", rest={"thoughtSignature": "t"}),
        Text("", "u"),
        Foreign("gemini", "functionCall", {"functionCall": None}),
    ]


@pytest.mark.parametrize(
    ("body", "finish"),
    [
        (
            {"promptFeedback": {"blockReason": "SAFETY"}},
            Finish("content_filter", "SAFETY", rest={"promptFeedback": {"blockReason": "SAFETY"}}),
        ),
        ({"candidates": [{"content": {}, "finishReason": "SAFETY"}]}, Finish("content_filter", "SAFETY")),
        ({"candidates": [{"finishReason": "STOP"}]}, Finish("stop", "STOP")),
        (
            {"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "m", "safetyRatings": []}]},
            Finish("error", "MALFORMED_FUNCTION_CALL", rest={"finishMessage": "m"}),
        ),
        ({"candidates": [{"content": {"parts": [{"text": "a"}]}}]}, Finish("stop")),
        ({"candidates": [{"finishReason": "STOP", "safetyRatings": RATED}]}, Finish("stop", "STOP")),
        ({"candidates": [{"finishReason": "MAX_TOKENS", "safetyRatings": RATED}]}, Finish("length", "MAX_TOKENS")),
        (
            {"candidates": [{"finishReason": "SAFETY", "safetyRatings": RATED}]},
            Finish("content_filter", "SAFETY", rest={"safetyRatings": RATED}),
        ),
        (
            {"candidates": [{"finishReason": "NEW_ONE", "safetyRatings": RATED}]},
            Finish("stop", "NEW_ONE", rest={"safetyRatings": RATED}),
        ),
    ],
)
def test_why_it_ended(body: Any, finish: Finish) -> None:
    assert read_answer(json.dumps(body).encode()).finish == finish


def test_sources_stand_on_the_last_text() -> None:
    notes = {"groundingMetadata": {"webSearchQueries": ["q"]}, "citationMetadata": {"citations": []}}
    answer = read(candidate({"text": "a"}, {"text": "b"}, {"text": "", "thoughtSignature": "s"}, **notes))
    found = [{"citationMetadata": {"citations": []}}, {"groundingMetadata": {"webSearchQueries": ["q"]}}]
    assert answer.parts == [Text("a"), Text("b", annotations=found), Text("", "s")]
    notes = {"urlContextMetadata": {"a": 1}, "groundingMetadata": {"b": 2}}
    assert read(candidate(**notes)).finish.rest == notes


def test_how_likely_the_tokens_were() -> None:
    chosen = [{"token": "a", "tokenId": 1, "logProbability": -0.5}, {"token": "b"}]
    top = [{"candidates": [{"token": "a", "logProbability": -0.5}, {"token": "c", "logProbability": -2}]}]
    answer = read(candidate({"text": "ab"}, logprobsResult={"chosenCandidates": chosen, "topCandidates": top}))
    assert answer.logprobs == [
        {
            "token": "a",
            "logprob": -0.5,
            "bytes": None,
            "top_logprobs": [
                {"token": "a", "logprob": -0.5, "bytes": None},
                {"token": "c", "logprob": -2.0, "bytes": None},
            ],
        },
        {"token": "b", "logprob": 0.0, "bytes": None, "top_logprobs": []},
    ]
    assert read(candidate({"text": "a"}, logprobsResult=[])).logprobs is None


def test_one_candidate_is_the_answer() -> None:
    answer = read(candidate({"text": "second"}, index=1), candidate({"text": "first"}), candidate({"text": "third"}))
    assert answer.parts == [Text("first")]


def test_unknown_fields_are_kept() -> None:
    answer = read(candidate({"text": "a"}, tokenCount=1, new=2), modelStatus={"a": 1}, createTime="soon")
    assert answer.rest == {"modelStatus": {"a": 1}, "new": 2}
    assert answer.created is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"candidates":[]}',
        b'{"candidates":[{}]}',
        b'{"candidates":[{"index":1,"finishReason":"STOP"}]}',
        b'{"candidates":[{"content":{"parts":[{"text":3}]}}]}',
        b'{"candidates":[{"content":{"parts":[{"inlineData":{"data":3}}]}}]}',
        b'{"error":{"code":500}}',
        b'{"promptFeedback":{}}',
        b'{"candidates":[{"content":{"parts":[{"functionCall":{"args":3}}]}}]}',
        b'{"candidates":[{"content":{"parts":[{"functionCall":{"args":{"a":"\xff"}}}]}}]}',
        b'{"a":' + b"[" * 99999,
        b'{"candidates":[{"finishReason":"STOP"}],"a":"\xff"}',
    ],
)
def test_anything_else_is_garbage(body: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        read_answer(body)


@given(value=JSON, parts=st.lists(JSON, max_size=3))
def test_any_json_is_read_or_garbage(value: Any, parts: list[Any]) -> None:
    for body in (value, {"candidates": [{"content": {"parts": parts}}]}, {"candidates": value}):
        with contextlib.suppress(UpstreamGarbage):
            read_answer(json.dumps(body).encode())


@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_or_garbage(body: bytes) -> None:
    with contextlib.suppress(UpstreamGarbage):
        read_answer(body)


@exchanges("gemini", ":generateContent", lambda each: each.status == 200)
def test_recorded_answers(exchange: Exchange) -> None:
    answer = read_answer(exchange.answer)
    body = json.loads(exchange.answer)
    assert (answer.id, answer.model) == (body["responseId"], body["modelVersion"])
    assert answer.rest == {}
    usage = body["usageMetadata"]
    if "totalTokenCount" in usage:
        assert answer.usage is not None
        assert (answer.usage.input_tokens or 0) + (answer.usage.output_tokens or 0) == usage["totalTokenCount"]
        assert (answer.usage.cache_read_input_tokens or 0) <= (answer.usage.input_tokens or 0)
        assert (answer.usage.reasoning_output_tokens or 0) <= (answer.usage.output_tokens or 0)
    assert json.loads(answer.usage_raw or "") == usage
    if "candidates" not in body:
        assert (answer.parts, answer.finish.reason) == ([], "content_filter")
        return
    parts = body["candidates"][0]["content"].get("parts", [])
    assert len(answer.parts) == len(parts)
    calls = [part["functionCall"] for part in parts if "functionCall" in part]
    found = [part for part in answer.parts if isinstance(part, ToolCall)]
    assert [json.loads(call.arguments) for call in found] == [call["args"] for call in calls]
    assert (answer.finish.reason == "tool_calls") == bool(calls)
    for part, wired in zip(answer.parts, parts, strict=True):
        if "thoughtSignature" in wired and not isinstance(part, Media):
            opaque = part.value["thoughtSignature"] if isinstance(part, Foreign) else part.opaque
            assert opaque == wired["thoughtSignature"]
