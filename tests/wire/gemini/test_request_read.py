"""Requests of generateContent, read."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import Message, ReasoningOptions, ResponseFormat, Tool, ToolChoice
from ajar.errors import InvalidField, InvalidJson
from ajar.wire.gemini.request_read import read_request

NAMES = [
    "contents",
    "role",
    "parts",
    "text",
    "thought",
    "thoughtSignature",
    "thought_signature",
    "functionCall",
    "functionResponse",
    "name",
    "args",
    "id",
    "response",
    "result",
    "error",
    "inlineData",
    "fileData",
    "mimeType",
    "data",
    "fileUri",
    "tools",
    "functionDeclarations",
    "parameters",
    "parametersJsonSchema",
    "toolConfig",
    "functionCallingConfig",
    "mode",
    "allowedFunctionNames",
    "generationConfig",
    "thinkingConfig",
    "thinkingLevel",
    "responseSchema",
    "type",
    "nullable",
    "temperature",
    "stopSequences",
    "systemInstruction",
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["model", "user", "ANY", "application/json", "STRING", ""])
    | st.text(),
    lambda inside: (
        st.lists(inside, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inside, max_size=6)
    ),
    max_leaves=30,
)


def read(**fields: Any) -> Any:
    return read_request(json.dumps({"contents": [], **fields}).encode())


def turns(*contents: Any) -> list[Message]:
    return read(contents=contents).messages


def test_roles_and_texts() -> None:
    request = read(
        systemInstruction={"role": "user", "parts": [{"text": "Be brief."}]},
        contents=[
            {"role": "user", "parts": [{"text": "Hi"}]},
            {
                "role": "model",
                "parts": [{"text": "Hmm", "thought": True}, {"text": "Hello", "thoughtSignature": "s+/="}],
            },
        ],
    )
    assert request.messages == [
        Message("system", [Text("Be brief.")], rest={"role": "user"}),
        Message("user", [Text("Hi")]),
        Message("assistant", [Reasoning("Hmm", summary=True), Text("Hello", "s+/=")]),
    ]
    assert (request.format, request.model, request.stream) == ("gemini", "", False)


def test_results_stand_in_a_turn_of_their_own() -> None:
    call = {"functionCall": {"id": "1", "name": "f", "args": {"a": 1.5}}, "thoughtSignature": "sig"}
    result = {"functionResponse": {"id": "1", "name": "f", "response": {"result": "fine"}}}
    found = turns({"role": "model", "parts": [call]}, {"role": "user", "parts": [{"text": "go on"}, result]})
    assert found == [
        Message("assistant", [ToolCall("1", "f", '{"a":1.5}', opaque="sig")]),
        Message("tool", [ToolResult("1", [Text("fine")], name="f")]),
        Message("user", [Text("go on")], rest={"content": None}),
    ]


def test_results_without_ids_belong_to_the_first_call_that_waits() -> None:
    call = {"functionCall": {"name": "f", "args": {}}}
    result = {"functionResponse": {"name": "f", "response": {"error": "no"}}}
    stray = {"functionResponse": {"name": "g"}}
    found = turns({"role": "model", "parts": [call, call]}, {"role": "function", "parts": [result, result, stray]})
    calls, results = found[0].parts, found[1].parts
    assert [call.id for call in calls] == [result.call_id for result in results[:2]]
    assert len({part.id for part in calls}) == 2
    assert [part.is_error for part in results] == [True, True, None]
    assert found[1].rest == {"role": "function"}


@pytest.mark.parametrize(
    ("response", "text", "is_error"),
    [
        ({"result": "x"}, "x", None),
        ({"error": "x"}, "x", True),
        ({"result": 3}, '{"result":3}', None),
        ({"output": "x"}, '{"output":"x"}', None),
        ({"error": "x", "code": 1}, '{"error":"x","code":1}', None),
        ({}, "{}", None),
    ],
)
def test_a_response_is_text(response: Any, text: str, is_error: bool | None) -> None:
    (turn,) = turns({"role": "user", "parts": [{"functionResponse": {"id": "1", "name": "f", "response": response}}]})
    (result,) = turn.parts
    assert isinstance(result, ToolResult)
    assert (result.content, result.is_error) == ([Text(text)], is_error)


@pytest.mark.parametrize(
    ("part", "media"),
    [
        ({"inlineData": {"mimeType": "image/png", "data": "a-_="}}, Media("image", "image/png", data="a+/=")),
        ({"inline_data": {"mime_type": "audio/wav", "data": ""}}, Media("audio", "audio/wav", data="")),
        ({"fileData": {"mimeType": "video/mp4", "fileUri": "gs://a/b"}}, Media("video", "video/mp4", url="gs://a/b")),
        ({"fileData": {"fileUri": "https://x.com/a.pdf"}}, Media("document", url="https://x.com/a.pdf")),
        (
            {
                "fileData": {
                    "mimeType": "image/png",
                    "fileUri": "https://generativelanguage.googleapis.com/v1beta/files/a",
                }
            },
            Media("image", "image/png", file_id="https://generativelanguage.googleapis.com/v1beta/files/a"),
        ),
        (
            {"fileData": {"fileUri": "f", "displayName": "n", "x": 1}, "videoMetadata": {"fps": 1}},
            Media("document", file_id="f", name="n", rest={"videoMetadata": {"fps": 1}, "fileData": {"x": 1}}),
        ),
    ],
)
def test_media(part: Any, media: Media) -> None:
    assert turns({"role": "user", "parts": [part]}) == [Message("user", [media])]


def test_media_in_a_result() -> None:
    blob = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
    result = {"functionResponse": {"id": "1", "name": "f", "response": {"result": ""}, "parts": [blob, {"new": 1}]}}
    (turn,) = turns({"role": "user", "parts": [result]})
    (found,) = turn.parts
    assert isinstance(found, ToolResult)
    assert found.content[1:] == [Media("image", "image/png", data="AA=="), Foreign("gemini", "new", {"new": 1})]


def test_what_only_gemini_has_is_kept_whole() -> None:
    part = {"thoughtSignature": "s", "executableCode": {"language": "PYTHON", "code": "1"}}
    (turn,) = turns({"role": "model", "parts": [part, {}]})
    assert turn.parts == [Foreign("gemini", "executableCode", part), Foreign("gemini", "part", {})]


def test_tools() -> None:
    request = read(
        tools=[
            {"googleSearch": {}, "functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object"}}]},
            {"function_declarations": [{"name": "g", "description": "", "parameters": {"type": "OBJECT"}}]},
        ],
        toolConfig={"functionCallingConfig": {"mode": "ANY"}, "retrievalConfig": {"a": 1}},
    )
    assert request.tools == [
        Tool("f", schema={"type": "object"}),
        Foreign("gemini", "googleSearch", {"googleSearch": {}}),
        Tool("g", "", {"type": "object"}, rest={"parameters": {"type": "OBJECT"}}),
    ]
    assert request.tool_choice == ToolChoice("required")
    assert request.rest == {"toolConfig": {"retrievalConfig": {"a": 1}}}


@pytest.mark.parametrize(
    ("config", "choice"),
    [
        ({"mode": "AUTO"}, ToolChoice("auto")),
        ({"mode": "NONE"}, ToolChoice("none")),
        ({"mode": "ANY", "allowedFunctionNames": ["f"]}, ToolChoice("tool", ["f"])),
        ({"mode": "ANY", "allowed_function_names": ["f", "g"]}, ToolChoice("allowed", ["f", "g"], must=True)),
        ({"mode": "VALIDATED", "allowedFunctionNames": ["f"]}, ToolChoice("allowed", ["f"])),
        ({"mode": "VALIDATED"}, ToolChoice("auto", rest={"mode": "VALIDATED"})),
        ({"mode": "AUTO", "new": 1}, ToolChoice("auto", rest={"new": 1})),
        ({}, None),
    ],
)
def test_tool_choice(config: Any, choice: ToolChoice | None) -> None:
    assert read(toolConfig={"functionCallingConfig": config}).tool_choice == choice


def test_options() -> None:
    request = read(
        generationConfig={
            "temperature": 0,
            "topP": 0.5,
            "topK": 40.0,
            "maxOutputTokens": 9,
            "stopSequences": ["END"],
            "seed": 0,
            "presencePenalty": 0.0,
            "frequencyPenalty": 1,
            "candidateCount": 1,
            "responseLogprobs": False,
            "logprobs": 0,
            "thinkingConfig": {"thinking_level": "HIGH", "include_thoughts": False},
            "responseMimeType": "application/json",
            "responseJsonSchema": {"type": "object"},
            "mediaResolution": "MEDIA_RESOLUTION_LOW",
        },
        serviceTier="flex",
        safetySettings=[],
        labels={"a": "b"},
    )
    assert (request.temperature, request.top_p, request.top_k, request.max_tokens) == (0, 0.5, 40, 9)
    assert (request.stop, request.seed, request.presence_penalty, request.frequency_penalty) == (["END"], 0, 0.0, 1)
    assert (request.n, request.logprobs, request.top_logprobs, request.service_tier) == (1, False, 0, "flex")
    assert request.reasoning == ReasoningOptions("high", visible=False)
    assert request.response_format == ResponseFormat("json_schema", {"type": "object"})
    assert request.rest == {
        "safetySettings": [],
        "labels": {"a": "b"},
        "generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW"},
    }


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({"responseMimeType": "application/json"}, ResponseFormat("json_object")),
        ({"responseMimeType": "text/plain"}, ResponseFormat("text")),
        ({"responseMimeType": "text/x.enum"}, None),
        (
            {"responseMimeType": "application/json", "responseSchema": {"type": "STRING"}},
            ResponseFormat("json_schema", {"type": "string"}, rest={"responseSchema": {"type": "STRING"}}),
        ),
        (
            {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING"}},
            ResponseFormat(
                "json_schema",
                {"type": "string"},
                rest={"responseSchema": {"type": "STRING"}, "responseMimeType": "text/x.enum"},
            ),
        ),
    ],
)
def test_the_shape_of_the_answer(config: Any, wanted: ResponseFormat | None) -> None:
    assert read(generationConfig=config).response_format == wanted


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"contents": None}, "contents"),
        ({"contents": {}}, "contents"),
        ({"contents": [3]}, "contents[0]"),
        ({"contents": [{"role": "system"}]}, "contents[0].role"),
        ({"contents": [{"parts": [{"text": 3}]}]}, "contents[0].parts[0].text"),
        ({"contents": [{"parts": [{"functionCall": {"args": []}}]}]}, "contents[0].parts[0].functionCall.args"),
        ({"contents": [{"parts": ["x"]}]}, "contents[0].parts[0]"),
        ({"systemInstruction": "be brief"}, "systemInstruction"),
        ({"tools": [{"functionDeclarations": [{}]}]}, "tools[0].functionDeclarations[0].name"),
        ({"generationConfig": {"temperature": "0"}}, "generationConfig.temperature"),
        (
            {"generationConfig": {"thinkingConfig": {"thinkingBudget": 1.5}}},
            "generationConfig.thinkingConfig.thinkingBudget",
        ),
        ({"toolConfig": {"functionCallingConfig": 3}}, "toolConfig.functionCallingConfig"),
    ],
)
def test_a_wrong_type_is_named(fields: Any, param: str) -> None:
    with pytest.raises(InvalidField) as raised:
        read(**fields)
    assert raised.value.param == param


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"\xff"', b'{"contents":' + b"[" * 99999])
def test_what_is_no_object_is_no_request(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        read_request(body)


@given(value=JSON, contents=JSON, parts=st.lists(JSON, max_size=3))
def test_any_json_is_read_or_refused(value: Any, contents: Any, parts: list[Any]) -> None:
    bodies = [
        value,
        {"contents": contents},
        {"contents": [{"role": "model", "parts": parts}], "generationConfig": value},
    ]
    for body in bodies:
        with contextlib.suppress(InvalidField, InvalidJson):
            read_request(json.dumps(body).encode())


@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(InvalidField, InvalidJson):
        read_request(body)
