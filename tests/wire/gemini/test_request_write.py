"""Requests of other formats, written as generateContent takes them, and its own, given back."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Media, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import ChatRequest, Message, ReasoningOptions, ResponseFormat, Tool, ToolChoice
from ajar.errors import InvalidField
from ajar.wire.back import Back
from ajar.wire.gemini.request_read import read_request
from ajar.wire.gemini.request_write import write_request
from recordings import Exchange, exchanges

if TYPE_CHECKING:
    from collections.abc import Callable

    Valid = Callable[[bytes], dict[str, Any]]

NEW = "gemini-3.5-flash"
OLD = "gemini-2.5-flash"
SCHEMA = {
    "type": "object",
    "properties": {"a": {"$ref": "#/$defs/b"}},
    "$defs": {"b": {}},
    "additionalProperties": False,
}


def back(model: str = NEW, *, keeps: bool = True) -> Back:
    return Back(model=model, keeps=lambda _: keeps)


def ask(*messages: Message, **options: Any) -> ChatRequest:
    given: dict[str, Any] = {"format": "openai-chat", "model": "m", "messages": list(messages), **options}
    return ChatRequest(**given)


def user(*parts: Part) -> Message:
    return Message("user", [*parts] or [Text("Hi")])


def write(
    valid: Valid, request: ChatRequest, model: str = NEW, *, keeps: bool = True
) -> tuple[dict[str, Any], tuple[str, ...]]:
    losses = Losses()
    return valid(write_request(request, back(model, keeps=keeps), losses)), losses.names


def contents(valid: Valid, *messages: Message, model: str = NEW, **options: Any) -> list[Any]:
    body, lost = write(valid, ask(*messages, **options), model)
    assert lost == ()
    return body["contents"]


# Its own format.


def same(one: Any, other: Any) -> bool:
    """Equal as ProtoJSON: names are in camel or in snake case, and base64 is of either alphabet."""
    if isinstance(one, dict) and isinstance(other, dict):
        ours = {_camel(name): value for name, value in one.items()}
        theirs = {_camel(name): value for name, value in other.items()}
        return ours.keys() == theirs.keys() and all(same(ours[name], theirs[name]) for name in ours)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, str) and isinstance(other, str) and len(one) > 100 and one != other:
        return b64decode(one, altchars=b"-_") == b64decode(other)
    return type(one) is type(other) and one == other


def _camel(name: str) -> str:
    return re.sub("_([a-z])", lambda match: match[1].upper(), name)


@exchanges("gemini", "generateContent|streamGenerateContent")
def test_recorded_requests_come_back(exchange: Exchange, valid: Valid) -> None:
    losses = Losses()
    body = valid(write_request(read_request(exchange.request), back(), losses))
    assert same(json.loads(exchange.request), body)
    assert not losses


@exchanges("gemini", "generateContent|streamGenerateContent", lambda each: b"thoughtSignature" in each.request)
def test_recorded_signatures_go_only_where_they_came_from(exchange: Exchange, valid: Valid) -> None:
    body = write_request(read_request(exchange.request), back(), Losses())
    signatures = re.findall(rb'"thoughtSignature": ?"([^"]*)"', exchange.request)
    assert re.findall(rb'"thoughtSignature":"([^"]*)"', body) == signatures
    losses = Losses()
    body = write_request(read_request(exchange.request), back(keeps=False), losses)
    assert not any(signature in body for signature in signatures)
    assert losses.names == ("thought_signature",)
    valid(body)


OWN: list[dict[str, Any]] = [
    {"contents": []},
    {"contents": [{"parts": [{"text": "x"}]}], "generationConfig": {}, "toolConfig": {}, "new": {"a": [1]}},
    {"contents": [{"role": "user", "parts": [{"text": ""}, {"new": 3}], "more": 0}], "generationConfig": None},
    {"contents": [{"role": "model", "parts": [{"functionCall": {"name": "f"}}]}], "toolConfig": None},
    {
        "contents": [
            {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}, "id": "1", "x": 1}, "y": 2}]}
        ]
    },
    {"contents": [{"role": "model", "parts": [{"text": "a", "thought": True, "thoughtSignature": "s", "z": 1}]}]},
    {"contents": [{"role": "model", "parts": [{"text": "a", "thought": False}]}, {"role": "model"}]},
    {
        "contents": [
            {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"a": 1}}}]},
            {
                "role": "user",
                "parts": [
                    {"functionResponse": {"name": "f", "response": {"result": "x"}, "willContinue": False}, "z": 1},
                    {"functionResponse": {"id": "2", "name": "g", "response": {"a": {"b": 1.0}}}},
                    {"functionResponse": {"id": "3", "name": "g", "response": {"error": "x"}, "parts": [{"new": 1}]}},
                    {"functionResponse": {"id": "4", "name": "g"}},
                    {"text": "go on"},
                ],
            },
            {"role": "function", "parts": [{"functionResponse": {"id": "5", "name": "g", "response": {}}}]},
        ]
    },
    {
        "contents": [
            {"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "AA==", "n": 1}, "m": 2}]}
        ],
        "systemInstruction": {"parts": [{"text": "s"}]},
    },
    {
        "contents": [{"role": "user", "parts": [{"fileData": {"fileUri": "gs://a", "displayName": "n"}, "m": 2}]}],
        "systemInstruction": {"role": "system", "parts": [{"text": "s"}], "x": 1},
    },
    {
        "contents": [],
        "tools": [
            {"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}, "response": {"type": "STRING"}}]},
            {"googleSearch": {"a": 1}},
            {
                "functionDeclarations": [
                    {"name": "g", "description": "", "parametersJsonSchema": SCHEMA, "behavior": "B"}
                ]
            },
        ],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}, "x": 1},
    },
    {
        "contents": [
            {
                "role": "user",
                "parts": [
                    {"text": "a", "thought": True, "thoughtSignature": "s"},
                    {"text": "a", "thoughtSignature": "s"},
                    {"functionCall": {"id": "1", "name": "f"}, "thoughtSignature": "s"},
                ],
            },
            {"role": "model", "parts": [{"functionResponse": {"id": "1", "name": "f", "response": {"a": 1}}}]},
        ],
        "systemInstruction": {"parts": [{"text": "s", "thoughtSignature": "s"}]},
    },
    {"contents": [], "toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}}},
    {"contents": [], "toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["f"]}}},
    {"contents": [], "toolConfig": {"functionCallingConfig": {"streamFunctionCallArguments": True}}},
    {
        "contents": [],
        "generationConfig": {
            "temperature": 0,
            "topP": 0.0,
            "topK": 1,
            "maxOutputTokens": 0,
            "stopSequences": [],
            "seed": 0,
            "presencePenalty": 0,
            "frequencyPenalty": 0,
            "candidateCount": 2,
            "responseLogprobs": False,
            "logprobs": 0,
            "thinkingConfig": {"thinkingBudget": 0, "includeThoughts": False, "x": 1},
            "responseModalities": ["TEXT"],
            "speechConfig": None,
        },
        "serviceTier": "flex",
        "safetySettings": [{"category": "C", "threshold": "T"}],
        "cachedContent": "c",
        "labels": {},
    },
    {"contents": [], "generationConfig": {"thinkingConfig": {}, "responseMimeType": "text/plain"}},
    {"contents": [], "generationConfig": {"responseMimeType": "application/json"}},
    {"contents": [], "generationConfig": {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING"}}},
    {"contents": [], "generationConfig": {"responseSchema": {"type": "STRING"}}},
    {"contents": [], "generationConfig": {"responseJsonSchema": SCHEMA, "responseMimeType": "application/json"}},
    {"contents": [], "generationConfig": {"responseMimeType": "image/png"}},
]


@pytest.mark.parametrize("body", OWN)
def test_its_own_comes_back(body: dict[str, Any]) -> None:
    losses = Losses()
    request = read_request(json.dumps(body).encode())
    assert json.loads(write_request(request, back(), losses)) == body
    assert not losses


def test_a_model_in_the_body_is_not_written() -> None:
    request = read_request(b'{"model":"models/gemini-2.5-pro","contents":[]}')
    assert request.model == "models/gemini-2.5-pro"
    assert write_request(request, back(), Losses()) == b'{"contents":[]}'


def test_a_signature_of_another_is_taken_off_its_own_parts() -> None:
    parts = [
        {"text": "t", "thoughtSignature": "a"},
        {"inlineData": {"mimeType": "image/png", "data": "AA=="}, "thoughtSignature": "b"},
        {"executableCode": {"code": "1"}, "thoughtSignature": "c"},
        {"functionCall": {"id": "1", "name": "f", "args": {}}, "thoughtSignature": "d"},
        {"text": "t", "thought": True, "thoughtSignature": "e"},
    ]
    request = read_request(json.dumps({"contents": [{"role": "model", "parts": parts}]}).encode())
    losses = Losses()
    (content,) = json.loads(write_request(request, back(keeps=False), losses))["contents"]
    for part in parts:
        part.pop("thoughtSignature")
    parts[3]["thoughtSignature"] = "skip_thought_signature_validator"
    assert content["parts"] == parts
    assert losses.names == ("thought_signature",)


# Other formats: the turns.


def test_instructions_go_into_one_place(valid: Valid) -> None:
    request = ask(Message("system", [Text("a")]), Message("developer", [Text("b")]), user())
    assert write(valid, request) == (
        {
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "systemInstruction": {"parts": [{"text": "a"}, {"text": "b"}]},
        },
        (),
    )
    body, lost = write(valid, ask(user(), Message("system", [Text("late")])))
    assert body["systemInstruction"] == {"parts": [{"text": "late"}]}
    assert lost == ("messages.system_position",)


def test_instructions_alone_are_a_turn_to_answer(valid: Valid) -> None:
    found = write(valid, ask(Message("system", [Text("Tell a joke.")])))
    assert found == (
        {"contents": [{"role": "user", "parts": [{"text": "Tell a joke."}]}]},
        ("messages.system_position",),
    )


def test_turns_of_the_model_are_one_content(valid: Valid) -> None:
    found = contents(
        valid,
        user(),
        Message("assistant", [Text("Let me see."), Text("")]),
        Message("assistant", [ToolCall("1", "f", '{"a": 1.0}')]),
        Message("assistant", [ToolCall("2", "g", "")]),
        Message("tool", [ToolResult("2", [Text("x"), Text("y")])]),
        Message("tool", [ToolResult("1", [Text("no")], is_error=True)]),
        user(Text("So?")),
    )
    assert found[1:] == [
        {
            "role": "model",
            "parts": [
                {"text": "Let me see."},
                {
                    "functionCall": {"id": "1", "name": "f", "args": {"a": 1.0}},
                    "thoughtSignature": "skip_thought_signature_validator",
                },
                {"functionCall": {"id": "2", "name": "g", "args": {}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "2", "name": "g", "response": {"result": "x\ny"}}},
                {"functionResponse": {"id": "1", "name": "f", "response": {"error": "no"}}},
            ],
        },
        {"role": "user", "parts": [{"text": "So?"}]},
    ]


def test_results_follow_their_calls_at_once(valid: Valid) -> None:
    """Responses takes them later; Gemini counts them in the very next content."""
    found = contents(
        valid,
        user(),
        Message("assistant", [ToolCall("1", "f", ""), ToolCall("2", "g", "")]),
        Message("tool", [ToolResult("1", [Text("x")])]),
        user(Text("Wait.")),
        Message("tool", [ToolResult("2", [Text("y")])]),
        format="openai-responses",
    )
    assert [[next(iter(part)) for part in content["parts"]] for content in found] == [
        ["text"],
        ["functionCall", "functionCall"],
        ["functionResponse", "functionResponse"],
        ["text"],
    ]
    assert found[3]["parts"] == [{"text": "Wait."}]


def test_what_a_providers_own_tool_gave_is_lost(valid: Valid) -> None:
    own = Foreign("openai-responses", "shell_call_output", {"type": "shell_call_output"})
    result = Message("tool", [own, ToolResult("1", [Text("x")])])
    request = ask(user(), Message("assistant", [ToolCall("1", "f", "")]), result, format="openai-responses")
    body, lost = write(valid, request)
    assert [next(iter(part)) for part in body["contents"][2]["parts"]] == ["functionResponse"]
    assert lost == ("shell_call_output",)


def test_what_says_nothing_is_left_out(valid: Valid) -> None:
    turns = [Message("assistant", [Text("a")]), user(Text("")), Message("assistant", [Refusal(""), Text("b")])]
    assert contents(valid, *turns) == [{"role": "model", "parts": [{"text": "a"}, {"text": "b"}]}]


def test_a_result_without_a_call_is_refused() -> None:
    request = ask(user(), Message("tool", [ToolResult("9", [Text("x")])]))
    with pytest.raises(InvalidField, match="`9`") as raised:
        write_request(request, back(), Losses())
    assert raised.value.param == "tool_call_id"


def test_a_result_may_name_its_tool(valid: Valid) -> None:
    (content,) = contents(valid, Message("tool", [ToolResult("9", [], name="f")]))
    assert content["parts"] == [{"functionResponse": {"id": "9", "name": "f", "response": {"result": ""}}}]


@pytest.mark.parametrize("arguments", ["[]", "{", "3", '{"a":', "\ud800", "[" * 99999])
def test_arguments_must_be_an_object(arguments: str) -> None:
    request = ask(user(), Message("assistant", [ToolCall("1", "f", arguments)]))
    with pytest.raises(InvalidField) as raised:
        write_request(request, back(), Losses())
    assert raised.value.param == "tool_calls.arguments"


def test_arguments_are_not_encoded_anew() -> None:
    request = ask(user(), Message("assistant", [ToolCall("1", "f", ' {"a": 1.00, "b": 12345678901234567890123} ')]))
    assert b'"args":{"a": 1.00, "b": 12345678901234567890123}' in write_request(request, back(), Losses())


def test_a_call_of_a_custom_tool_is_said_as_an_object(valid: Valid) -> None:
    found = contents(valid, Message("assistant", [ToolCall("1", "f", "raw", custom=True)]), model=OLD)
    assert found[0]["parts"] == [{"functionCall": {"id": "1", "name": "f", "args": {"input": "raw"}}}]


# Signatures.


def test_a_signature_stands_on_what_it_signed(valid: Valid) -> None:
    turn = Message("assistant", [Text("a", "sig1"), ToolCall("1", "f", "{}", opaque="sig2"), ToolCall("2", "g", "{}")])
    body, lost = write(valid, ask(user(), turn))
    assert [part.get("thoughtSignature") for part in body["contents"][1]["parts"]] == ["sig1", "sig2", None]
    assert lost == ()


def test_a_signature_in_a_block_of_thoughts_goes_on_the_next_part(valid: Valid) -> None:
    turn = Message(
        "assistant",
        [
            Reasoning("Hmm", "sig1"),
            Text("a"),
            Reasoning(opaque="sig2", redacted=True),
            ToolCall("1", "f", "{}"),
            ToolCall("2", "g", "{}"),
            Reasoning(opaque="sig3"),
        ],
    )
    body, lost = write(valid, ask(user(), turn, format="anthropic"))
    assert body["contents"][1]["parts"] == [
        {"text": "Hmm", "thought": True},
        {"text": "a", "thoughtSignature": "sig1"},
        {"functionCall": {"id": "1", "name": "f", "args": {}}, "thoughtSignature": "sig2"},
        {"functionCall": {"id": "2", "name": "g", "args": {}}},
        {"text": "", "thoughtSignature": "sig3"},
    ]
    assert lost == ()


def test_two_signatures_do_not_share_a_part(valid: Valid) -> None:
    turn = Message(
        "assistant", [Reasoning(opaque="sig1"), Reasoning(opaque="sig2"), Text("a", "sig3"), Reasoning(opaque="sig4")]
    )
    again = Message("assistant", [Text("b", "sig4")])
    body, _ = write(valid, ask(user(), turn, again))
    parts = [("", "sig1"), ("", "sig2"), ("a", "sig3"), ("b", "sig4")]
    assert body["contents"][1]["parts"] == [{"text": text, "thoughtSignature": signature} for text, signature in parts]


@pytest.mark.parametrize(
    ("origin", "lost"),
    [
        ("openai-chat", ("thought_signature",)),
        ("openai-responses", ("reasoning.encrypted_content",)),
        ("anthropic", ("thinking.signature",)),
    ],
)
def test_signatures_of_others_are_stripped(valid: Valid, origin: Any, lost: tuple[str, ...]) -> None:
    turn = Message(
        "assistant", [Reasoning("Hmm", "x"), Reasoning(opaque="y"), Text("", "z"), ToolCall("1", "f", "", opaque="w")]
    )
    body, names = write(valid, ask(user(), turn, format=origin), keeps=False)
    assert body["contents"][1]["parts"] == [
        {"text": "Hmm", "thought": True},
        {
            "functionCall": {"id": "1", "name": "f", "args": {}},
            "thoughtSignature": "skip_thought_signature_validator",
        },
    ]
    assert names == lost


def test_older_models_need_no_signature(valid: Valid) -> None:
    found = contents(valid, user(), Message("assistant", [ToolCall("1", "f", "{}")]), model=OLD)
    assert "thoughtSignature" not in found[1]["parts"][0]


# Media.

PNG = Media("image", "image/png", data="AA==")


@pytest.mark.parametrize(
    ("media", "part"),
    [
        (PNG, {"inlineData": {"mimeType": "image/png", "data": "AA=="}}),
        (
            Media("document", "application/pdf", data="AA=="),
            {"inlineData": {"mimeType": "application/pdf", "data": "AA=="}},
        ),
        (Media("audio", "audio/wav", data="AA=="), {"inlineData": {"mimeType": "audio/wav", "data": "AA=="}}),
        (
            Media("image", url="https://x/a.webp?b=c"),
            {"fileData": {"mimeType": "image/webp", "fileUri": "https://x/a.webp?b=c"}},
        ),
        (Media("image", url="https://x/a"), {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://x/a"}}),
        (Media("document", file_id="files/a"), {"fileData": {"fileUri": "files/a"}}),
        (Media("document", text="abc"), {"inlineData": {"mimeType": "text/plain", "data": "YWJj"}}),
        (
            Media("image", "image/png", data="AA==", detail="auto"),
            {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
        ),
    ],
)
def test_media(valid: Valid, media: Media, part: Any) -> None:
    assert contents(valid, user(media))[0]["parts"] == [part]


def test_what_media_cannot_say_is_lost(valid: Valid) -> None:
    media = Media("document", data="AA==", name="a.pdf", detail="low", cache={"type": "ephemeral"})
    body, lost = write(valid, ask(user(media)))
    assert body["contents"][0]["parts"] == [{"inlineData": {"mimeType": "application/pdf", "data": "AA=="}}]
    assert lost == ("content.file.filename", "content.image_url.detail", "cache_control")


def test_media_of_a_result_stand_in_it(valid: Valid) -> None:
    call = Message("assistant", [ToolCall("1", "f", "{}")])
    note = Media("document", "text/plain", text="note")
    film = Media("video", "video/mp4", data="AA==")
    linked = Media("image", "image/png", url="https://x/a.png")
    found = contents(valid, call, Message("tool", [ToolResult("1", [Text("see"), PNG, note, film, linked])]), user())
    png = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
    assert found[1:] == [
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "1", "name": "f", "response": {"result": "see\nnote"}, "parts": [png]}}
            ],
        },
        {
            "role": "user",
            "parts": [
                {"inlineData": {"mimeType": "video/mp4", "data": "AA=="}},
                {"fileData": {"mimeType": "image/png", "fileUri": "https://x/a.png"}},
            ],
        },
        {"role": "user", "parts": [{"text": "Hi"}]},
    ]


def test_older_models_get_the_media_after_the_results(valid: Valid) -> None:
    call = Message("assistant", [ToolCall("1", "f", "{}"), ToolCall("2", "f", "{}")])
    results = Message("tool", [ToolResult("1", [PNG]), ToolResult("2", [Text("b")])])
    found = contents(valid, call, results, Message("assistant", [Text("c")]), model=OLD)
    assert [list(part) for content in found for part in content["parts"]] == [
        ["functionCall"],
        ["functionCall"],
        ["functionResponse"],
        ["functionResponse"],
        ["inlineData"],
        ["text"],
    ]


# Tools and options.


def test_schemas_go_unchanged(valid: Valid) -> None:
    tools: list[Tool | Foreign] = [
        Tool("f", "does f", SCHEMA, strict=False),
        Foreign("openai-responses", "tools.web_search", {"type": "web_search"}),
        Tool("g"),
        Tool("h", strict=True, cache={"type": "ephemeral"}, rest={"defer_loading": True, "x": None}),
        Tool("i", custom=True),
    ]
    wanted = ResponseFormat("json_schema", SCHEMA, "answer", strict=True)
    body, lost = write(valid, ask(user(), tools=tools, response_format=wanted))
    assert body["tools"] == [
        {
            "functionDeclarations": [
                {"name": "f", "description": "does f", "parametersJsonSchema": SCHEMA},
                {"name": "g"},
                {"name": "h"},
            ]
        }
    ]
    assert body["generationConfig"] == {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
    assert lost == ("tools.web_search", "tools.defer_loading", "tools.strict", "cache_control", "tools.custom")


@pytest.mark.parametrize(
    ("choice", "config", "lost"),
    [
        (ToolChoice("auto"), {"mode": "AUTO"}, ()),
        (ToolChoice("none"), {"mode": "NONE"}, ()),
        (ToolChoice("required"), {"mode": "ANY"}, ()),
        (ToolChoice("tool", ["f"]), {"mode": "ANY", "allowedFunctionNames": ["f"]}, ()),
        (ToolChoice("allowed", ["f"], must=True), {"mode": "ANY", "allowedFunctionNames": ["f"]}, ()),
        (ToolChoice("allowed", ["f"]), {"mode": "VALIDATED", "allowedFunctionNames": ["f"]}, ()),
        (ToolChoice("allowed", ["f", "i"]), {"mode": "VALIDATED", "allowedFunctionNames": ["f"]}, ("tool_choice",)),
        (ToolChoice("tool", ["i"]), None, ("tool_choice",)),
        (ToolChoice("auto", rest={"x": 1}), {"mode": "AUTO"}, ("tool_choice.x",)),
    ],
)
def test_tool_choice(valid: Valid, choice: ToolChoice, config: Any, lost: tuple[str, ...]) -> None:
    body, names = write(valid, ask(user(), tools=[Tool("f"), Tool("g")], tool_choice=choice))
    assert body.get("toolConfig") == (config and {"functionCallingConfig": config})
    assert names == lost


@pytest.mark.parametrize(("mode", "lost"), [("auto", ()), ("none", ()), ("required", ("tool_choice",))])
def test_a_choice_without_tools_is_none(valid: Valid, mode: Any, lost: tuple[str, ...]) -> None:
    body, names = write(valid, ask(user(), tool_choice=ToolChoice(mode)))
    assert "toolConfig" not in body
    assert names == lost


def test_options_that_are_falsy_are_not_absent(valid: Valid) -> None:
    options: dict[str, Any] = {"temperature": 0, "top_p": 0.0, "top_k": 1, "max_tokens": 1, "seed": 0, "stop": ["END"]}
    options |= {"presence_penalty": 0, "frequency_penalty": 0.0, "logprobs": True, "top_logprobs": 0}
    body, lost = write(valid, ask(user(), **options))
    assert body["generationConfig"] == {
        "temperature": 0,
        "topP": 0.0,
        "topK": 1,
        "maxOutputTokens": 1,
        "seed": 0,
        "stopSequences": ["END"],
        "presencePenalty": 0,
        "frequencyPenalty": 0.0,
        "responseLogprobs": True,
        "logprobs": 0,
    }
    assert lost == ()


def test_mere_defaults_are_no_loss(valid: Valid) -> None:
    options: dict[str, Any] = {"n": 1, "logprobs": False, "parallel_tool_calls": True, "stream": True, "logit_bias": {}}
    options |= {
        "include_usage": True,
        "service_tier": "auto",
        "metadata": {},
        "response_format": ResponseFormat("text"),
    }
    body, lost = write(valid, ask(user(), **options))
    assert body.keys() == {"contents"}
    assert lost == ()


def test_what_has_no_place_is_lost(valid: Valid) -> None:
    options: dict[str, Any] = {"n": 2, "logit_bias": {"1": 1}, "verbosity": "low", "user": "u", "metadata": {"a": "b"}}
    options |= {"prompt_cache_key": "k", "cache": {"type": "ephemeral"}, "service_tier": "scale", "tools": [Tool("f")]}
    options |= {"parallel_tool_calls": False, "rest": {"store": True, "x": None}}
    body, lost = write(valid, ask(user(), **options))
    assert body.keys() == {"contents", "tools"}
    assert set(lost) == {
        "n",
        "logit_bias",
        "verbosity",
        "user",
        "metadata",
        "prompt_cache_key",
        "cache_control",
        "service_tier",
        "parallel_tool_calls",
        "store",
    }


@pytest.mark.parametrize(("tier", "written"), [("default", "standard"), ("flex", "flex"), ("priority", "priority")])
def test_tiers(valid: Valid, tier: str, written: str) -> None:
    assert write(valid, ask(user(), service_tier=tier))[0]["serviceTier"] == written


def test_an_older_model_takes_either_tools_or_a_schema(valid: Valid) -> None:
    request = ask(user(), tools=[Tool("f")], response_format=ResponseFormat("json_object"))
    body, lost = write(valid, request, OLD)
    assert "generationConfig" not in body
    assert lost == ("response_format",)
    request.tools = []
    body, lost = write(valid, request, OLD)
    assert body["generationConfig"] == {"responseMimeType": "application/json"}
    assert lost == ()


def test_a_description_of_the_shape_is_lost(valid: Valid) -> None:
    wanted = ResponseFormat("json_schema", None, description="d", rest={"x": 1})
    body, lost = write(valid, ask(user(), response_format=wanted, format="openai-responses"))
    assert body["generationConfig"] == {"responseMimeType": "application/json", "responseJsonSchema": {}}
    assert lost == ("text.format.x", "text.format.description")


def test_thinking(valid: Valid) -> None:
    body, lost = write(valid, ask(user(), reasoning=ReasoningOptions("high", visible=True)))
    assert body["generationConfig"] == {"thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": True}}
    assert lost == ()
    assert write(valid, ask(user(), reasoning=ReasoningOptions()))[0].keys() == {"contents"}


def test_what_parts_cannot_say_is_lost(valid: Valid) -> None:
    turn = [
        Text("a", annotations=[{"url": "u"}], cache={"type": "ephemeral"}, rest={"x": 1}),
        Text("b", annotations=[]),
        Refusal("no", {"y": 1}),
        Foreign("anthropic", "server_tool_use", {}),
        Reasoning("r", rest={"z": 1}),
        ToolCall("1", "f", "{}", cache={"type": "ephemeral"}, rest={"index": 0}),
    ]
    result = ToolResult("1", [Text("t", cache={}), Foreign("anthropic", "search_result", {})], cache={}, rest={"w": 1})
    request = ask(
        Message("user", [Text("q")], "bob", {"v": 1}),
        Message("assistant", turn),
        Message("tool", [result]),
        format="anthropic",
    )
    body, lost = write(valid, request)
    assert [part.get("text") for part in body["contents"][1]["parts"]] == ["a", "b", "no", "r", None]
    assert lost == (
        "messages.v",
        "messages.name",
        "content.citations",
        "cache_control",
        "content.x",
        "content.y",
        "server_tool_use",
        "reasoning.z",
        "tool_calls.index",
        "search_result",
        "tool_result.w",
    )


def test_a_call_in_a_turn_of_the_users_is_lost(valid: Valid) -> None:
    body, lost = write(valid, ask(user(Text("a"), ToolCall("1", "f", "{}"), Reasoning("r"))))
    assert body["contents"][0]["parts"] == [{"text": "a"}]
    assert lost == ("tool_calls", "messages")


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(InvalidField):
        write_request(ask(user(Text("\ud800"))), back(), Losses())


# Anything.


def sum_of(lists: tuple[list[Any], ...]) -> list[Any]:
    return [each for some in lists for each in some]


OPAQUE = st.none() | st.text("abcd+/", min_size=4, max_size=4)
TEXTS = st.text(max_size=8)
PICTURES = st.builds(
    Media,
    st.sampled_from(["image", "audio", "video", "document"]),
    st.sampled_from(["image/png", "video/mp4"]),
    data=st.just("AA=="),
)
PARTS = st.one_of(
    st.builds(Text, TEXTS, OPAQUE),
    st.builds(Reasoning, TEXTS, OPAQUE, st.booleans()),
    st.builds(
        ToolCall, st.sampled_from("12"), st.sampled_from("fg"), st.sampled_from(["", "{}", '{"a":[1]}']), opaque=OPAQUE
    ),
    st.builds(Refusal, TEXTS),
    PICTURES,
)
RESULTS = st.builds(
    ToolResult,
    st.sampled_from("12"),
    st.lists(st.builds(Text, TEXTS) | PICTURES, max_size=3),
    name=st.sampled_from("fg"),
)
TURNS = st.one_of(
    st.builds(Message, st.sampled_from(["system", "user"]), st.lists(st.builds(Text, TEXTS) | PICTURES, max_size=3)),
    st.builds(Message, st.just("assistant"), st.lists(PARTS, max_size=5)),
    st.builds(Message, st.just("tool"), st.lists(RESULTS, max_size=3)),
)


MORE = st.dictionaries(st.sampled_from(["partMetadata", "new"]), st.integers() | st.none(), max_size=1)
SIGNED = st.fixed_dictionaries({}, optional={"thoughtSignature": st.just("c2ln")})
ITEMS = st.dictionaries(TEXTS, st.integers(-(2**70), 2**70) | TEXTS | st.none() | st.lists(TEXTS), max_size=2)
IDS = st.fixed_dictionaries({}, optional={"id": st.sampled_from("12")})


def _joined(*parts: Any) -> Any:
    return st.tuples(*parts).map(lambda found: {name: value for each in found for name, value in each.items()})


OWN_PARTS = _joined(
    st.fixed_dictionaries({"text": TEXTS}, optional={"thought": st.booleans()})
    | st.fixed_dictionaries(
        {"functionCall": _joined(st.fixed_dictionaries({"name": TEXTS}, optional={"args": ITEMS}), IDS, MORE)}
    )
    | st.fixed_dictionaries({"inlineData": st.fixed_dictionaries({"mimeType": TEXTS, "data": st.just("A+/=")})})
    | st.fixed_dictionaries({"fileData": st.fixed_dictionaries({"fileUri": TEXTS}, optional={"mimeType": TEXTS})})
    | st.fixed_dictionaries({"executableCode": ITEMS}),
    SIGNED,
    MORE,
)
OWN_RESULTS = _joined(
    st.fixed_dictionaries(
        {"functionResponse": _joined(st.fixed_dictionaries({"name": TEXTS}, optional={"response": ITEMS}), IDS, MORE)}
    ),
    MORE,
)
OWN_CONTENTS = st.one_of(
    st.fixed_dictionaries({"role": st.just("model"), "parts": st.lists(OWN_PARTS, min_size=1, max_size=4)}),
    st.fixed_dictionaries(
        {
            "parts": st.tuples(st.lists(OWN_RESULTS, max_size=2), st.lists(OWN_PARTS, min_size=1, max_size=2)).map(
                sum_of
            )
        },
        optional={"role": st.just("user")},
    ),
)


@settings(max_examples=150)
@given(contents=st.lists(OWN_CONTENTS, max_size=4))
def test_any_of_its_own_comes_back(contents: list[Any]) -> None:
    body = {"contents": contents}
    losses = Losses()
    assert json.loads(write_request(read_request(json.dumps(body).encode()), back(), losses)) == body
    assert not losses


@settings(max_examples=150)
@given(
    messages=st.lists(TURNS, max_size=6),
    origin=st.sampled_from(["openai-chat", "openai-responses", "anthropic", "bedrock"]),
    model=st.sampled_from([NEW, OLD]),
    keeps=st.booleans(),
)
def test_any_conversation_is_written_as_google_allows(
    valid: Valid, messages: list[Message], origin: Any, model: str, keeps: bool
) -> None:
    body, _ = write(valid, ask(*messages, format=origin), model, keeps=keeps)
    signatures = {part.opaque for message in messages for part in message.parts if getattr(part, "opaque", None)}
    found = [
        part["thoughtSignature"]
        for content in body["contents"]
        for part in content["parts"]
        if "thoughtSignature" in part
    ]
    kept = {each for each in found if each != "skip_thought_signature_validator"}
    assert kept == (signatures if keeps else set())
    for content in body["contents"]:
        kinds = {"functionResponse" in part for part in content["parts"]}
        assert len(kinds) == 1  # results stand alone
    roles = [content["role"] for content in body["contents"]]
    assert not any(one == other == "model" for one, other in pairwise(roles))


@pytest.mark.parametrize("url", ["gs://a/b.mp4", "https://generativelanguage.googleapis.com/v1beta/files/abc"])
def test_nothing_is_read_with_the_operators_rights(valid: Valid, url: str) -> None:
    with pytest.raises(InvalidField, match="send its data"):
        contents(valid, user(Media("video", url=url)))
