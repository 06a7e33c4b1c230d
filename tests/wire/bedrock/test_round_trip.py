"""What came in as a Converse request goes out as it came; whatever is written, AWS's description allows."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import (
    ChatRequest,
    Message,
    ReasoningOptions,
    ResponseFormat,
    Tool,
    ToolChoice,
)
from ajar.wire.anthropic.request_read import read_request as read_messages
from ajar.wire.back import Back
from ajar.wire.bedrock.request_read import read_request
from ajar.wire.bedrock.request_write import write_request
from ajar.wire.openai_chat.request_read import read_request as read_chat
from ajar.wire.openai_responses.request_read import read_request as read_responses
from recordings import Exchange, exchanges

MODELS = [
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "us.anthropic.claude-sonnet-4-6",
    "us.anthropic.claude-opus-4-7",
    "us.amazon.nova-2-lite-v1:0",
    "openai.gpt-oss-120b-1:0",
    "us.meta.llama4-maverick-17b-instruct-v1:0",
    "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc",
]
FORMATS = ["openai-chat", "openai-responses", "anthropic", "gemini"]

Valid = Callable[[bytes], dict[str, Any]]


def back(model: str = MODELS[1]) -> Back:
    return Back(model=model, keeps=lambda _: True)


def with_open_schemas(request: dict[str, Any]) -> dict[str, Any]:
    """JSON inside of a string may be written in many ways: compare what it says."""
    request = copy.deepcopy(request)
    definition = request.get("outputConfig", {}).get("textFormat", {}).get("structure", {}).get("jsonSchema")
    if definition is not None and "schema" in definition:
        definition["schema"] = json.loads(definition["schema"])
    return request


@exchanges("bedrock", "/converse")
def test_recorded(exchange: Exchange) -> None:
    losses = Losses()
    written = json.loads(write_request(read_request(exchange.request), back(), losses))
    assert with_open_schemas(written) == with_open_schemas(json.loads(exchange.request))
    assert losses.names == ()


@exchanges("bedrock", "/converse")
def test_recorded_in_the_schema(exchange: Exchange, valid: Valid) -> None:
    """As if the same had come in another format."""
    for source in FORMATS:
        request = msgspec.structs.replace(read_request(exchange.request), format=source, rest={})
        body = valid(write_request(request, back(), Losses()))
        assert body["messages"]


def check_in_schema(request: ChatRequest, valid: Valid) -> None:
    for model in MODELS:
        valid(write_request(request, back(model), Losses()))


@exchanges("anthropic", r"/v1/messages(\?|$)", lambda each: each.status == 200)
def test_recorded_messages(exchange: Exchange, valid: Valid) -> None:
    check_in_schema(read_messages(exchange.request), valid)


@exchanges("openai-chat", r"/chat/completions$", lambda each: each.status == 200)
def test_recorded_chats(exchange: Exchange, valid: Valid) -> None:
    check_in_schema(read_chat(exchange.request), valid)


@exchanges("openai-responses", r"/responses$", lambda each: each.status == 200)
def test_recorded_responses(exchange: Exchange, valid: Valid) -> None:
    check_in_schema(read_responses(exchange.request), valid)


BLOB = st.binary(min_size=1, max_size=6).map(lambda raw: base64.b64encode(raw).decode())
NAME = st.from_regex(r"[a-zA-Z0-9_-]{1,10}", fullmatch=True)
VALUE = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.booleans(), max_size=2)
OBJECT = st.dictionaries(st.text(max_size=4), VALUE, max_size=3)
REST = st.just({}) | st.dictionaries(st.sampled_from(["new", "other"]), VALUE, max_size=1)
POINT: dict[str, Any] = {"cachePoint": {"type": "default"}}


def block(kind: str, fields: Any, rest: Any = REST) -> Any:
    return st.tuples(fields, rest).map(lambda both: {kind: {**both[1], **both[0]}})


def one(kind: str, formats: list[str], **others: Any) -> Any:
    source = st.builds(lambda data: {"bytes": data}, BLOB) | st.just({"s3Location": {"uri": "s3://b/k"}})
    return block(kind, st.fixed_dictionaries({"format": st.sampled_from(formats), "source": source, **others}))


TEXT = st.builds(lambda text: {"text": text}, st.text(max_size=5))
DOCUMENT = one("document", ["pdf", "txt", "rtf"], name=st.text(max_size=5))
UNKNOWN = st.builds(lambda value: {"newKind": value}, VALUE)
USER = TEXT | one("image", ["png", "jpeg"]) | one("video", ["mp4", "mpg"]) | one("audio", ["wav"]) | DOCUMENT | UNKNOWN
CITED = st.builds(
    lambda text, found: {"citationsContent": {"content": [{"text": text}], "citations": found}},
    st.text(max_size=5),
    st.lists(OBJECT, max_size=2),
)
THOUGHT = st.one_of(
    st.builds(lambda text: {"reasoningContent": {"reasoningText": {"text": text}}}, st.text(max_size=4)),
    st.builds(
        lambda text, mark: {"reasoningContent": {"reasoningText": {"text": text, "signature": mark}}},
        st.text(max_size=4),
        st.text(min_size=1, max_size=4),
    ),
    st.builds(lambda data: {"reasoningContent": {"redactedContent": data}}, BLOB),
)
CALL = block("toolUse", st.fixed_dictionaries({"toolUseId": NAME, "name": NAME, "input": OBJECT}))
JSON = st.builds(lambda value: {"json": value}, VALUE | OBJECT)
RESULT = block(
    "toolResult",
    st.fixed_dictionaries(
        {"toolUseId": NAME, "content": st.lists(TEXT | JSON | DOCUMENT | UNKNOWN, max_size=3)},
        optional={"status": st.sampled_from(["success", "error"])},
    ),
)


def blocks(kinds: Any, least: int = 0) -> Any:
    """Blocks with a cache point here and there."""
    pieces = st.tuples(kinds, st.booleans()).map(lambda both: [both[0], POINT] if both[1] else [both[0]])
    return st.lists(pieces, min_size=least, max_size=3).map(lambda found: [each for piece in found for each in piece])


def turn(role: str, content: Any) -> Any:
    return st.builds(lambda found, rest: [{"role": role, "content": found, **rest}], content, REST)


# Within a turn results come first, and no turn of results is followed by another of the user's: that they are joined.
ROUND = st.tuples(
    turn("assistant", blocks(TEXT | THOUGHT | CALL | CITED | UNKNOWN)),
    st.one_of(
        turn("user", blocks(USER)),
        turn("user", st.tuples(blocks(RESULT, 1), blocks(USER)).map(lambda both: both[0] + both[1])),
        turn("system", blocks(TEXT | UNKNOWN)),
    ),
).map(lambda both: both[0] + both[1])
SPEC = block(
    "toolSpec",
    st.fixed_dictionaries(
        {"name": NAME, "inputSchema": st.builds(lambda value: {"json": value}, OBJECT)},
        optional={"description": st.text(max_size=4) | st.none(), "strict": st.booleans()},
    ),
)
CHOICE = st.sampled_from([{"auto": {}}, {"any": {}}, {"tool": {"name": "f"}}, {"new": {}}])
SCHEMA = st.fixed_dictionaries(
    {"schema": OBJECT.map(json.dumps) | st.just("no JSON")}, optional={"name": NAME, "description": st.text(max_size=3)}
)
REQUEST = st.fixed_dictionaries(
    {"messages": st.lists(ROUND, max_size=3).map(lambda found: [each for pair in found for each in pair])},
    optional={
        "system": blocks(TEXT | UNKNOWN),
        "inferenceConfig": st.fixed_dictionaries(
            {},
            optional={
                "maxTokens": st.integers(0, 9) | st.none(),
                "temperature": st.floats(0, 1) | st.just(0),
                "topP": st.floats(0, 1),
                "stopSequences": st.lists(st.text(max_size=3), max_size=2),
                "new": VALUE,
            },
        ),
        "toolConfig": st.fixed_dictionaries(
            {}, optional={"tools": blocks(SPEC | UNKNOWN), "toolChoice": CHOICE, "new": VALUE}
        ),
        "outputConfig": st.fixed_dictionaries(
            {},
            optional={
                "effort": NAME,
                "new": VALUE,
                "textFormat": st.builds(
                    lambda found: {"type": "json_schema", "structure": {"jsonSchema": found}}, SCHEMA
                ),
            },
        ),
        "additionalModelRequestFields": st.fixed_dictionaries(
            {},
            optional={
                "top_k": st.integers() | st.text(max_size=2),
                "thinking": st.fixed_dictionaries(
                    {},
                    optional={
                        "type": NAME,
                        "budget_tokens": st.integers(1, 9) | st.none(),
                        "display": st.sampled_from(["summarized", "omitted", "new"]),
                        "new": VALUE,
                    },
                ),
                "new": VALUE,
            },
        ),
        "requestMetadata": st.dictionaries(NAME, st.text(max_size=3), max_size=2) | st.none(),
        "serviceTier": st.sampled_from([{"type": "flex"}, {"type": "flex", "new": 1}, None]),
        "guardrailConfig": OBJECT,
        "performanceConfig": st.just({"latency": "optimized"}),
        "new": VALUE,
    },
)


@given(REQUEST)
def test_any_request_goes_out_as_it_came(request: dict[str, Any]) -> None:
    losses = Losses()
    written = json.loads(write_request(read_request(json.dumps(request).encode()), back(), losses))
    definition = request.get("outputConfig", {}).get("textFormat", {}).get("structure", {}).get("jsonSchema", {})
    if definition.get("schema") != "no JSON":
        written, request = with_open_schemas(written), with_open_schemas(request)
    assert written == request
    assert losses.names == ()


CACHE = st.sampled_from([None, None, {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}])
OPAQUE = st.none() | st.text(min_size=1, max_size=3)
WORDS = st.text(max_size=4)
LOST = st.builds(Foreign, st.sampled_from(FORMATS), WORDS, VALUE)
MEDIA = st.one_of(
    st.builds(
        Media,
        st.sampled_from(["image", "document", "audio", "video"]),
        st.sampled_from(["image/png", "image/bmp", "application/pdf", "text/x-c", "audio/wav", "video/mp4", "a/b"]),
        BLOB,
        name=st.none() | WORDS,
        cache=CACHE,
        rest=REST,
    ),
    st.builds(
        Media, st.sampled_from(["image", "document"]), url=st.sampled_from(["https://a/b.png", "s3://bucket/b.png"])
    ),
    st.builds(Media, st.just("document"), text=WORDS, name=st.none() | WORDS, rest=REST),
    st.builds(Media, st.sampled_from(["image", "document"]), file_id=WORDS),
)
PROSE = st.builds(Text, WORDS, OPAQUE, CACHE, st.none() | st.lists(VALUE, max_size=1), REST)
MESSAGE = st.one_of(
    st.builds(
        Message, st.sampled_from(["system", "developer"]), st.lists(PROSE | MEDIA | LOST, max_size=2), OPAQUE, REST
    ),
    st.builds(Message, st.just("user"), st.lists(PROSE | MEDIA | LOST, max_size=3), OPAQUE, REST),
    st.builds(
        Message,
        st.just("assistant"),
        st.lists(
            st.one_of(
                PROSE,
                MEDIA,
                LOST,
                st.builds(Refusal, WORDS, REST),
                st.builds(Reasoning, WORDS, OPAQUE, rest=REST),
                st.builds(Reasoning, opaque=BLOB, redacted=st.just(True)),
                st.builds(
                    ToolCall, WORDS, NAME, OBJECT.map(json.dumps) | st.just(""), st.booleans(), OPAQUE, CACHE, REST
                ),
            ),
            max_size=3,
        ),
    ),
    st.builds(
        Message,
        st.just("tool"),
        st.lists(
            st.builds(
                ToolResult,
                WORDS,
                st.lists(PROSE | MEDIA | LOST, max_size=3),
                st.none() | st.booleans(),
                cache=CACHE,
                rest=REST,
            ),
            max_size=3,
        ),
    ),
)
DIALOG = st.builds(
    ChatRequest,
    format=st.sampled_from(FORMATS),
    model=st.just("m"),
    messages=st.lists(MESSAGE, max_size=6),
    tools=st.lists(
        st.one_of(
            LOST,
            st.builds(
                Tool, NAME, st.none() | WORDS, st.none() | OBJECT, st.none() | st.booleans(), st.booleans(), CACHE, REST
            ),
        ),
        max_size=3,
    ),
    tool_choice=st.none()
    | st.builds(
        ToolChoice,
        st.sampled_from(["auto", "none", "required", "tool", "allowed"]),
        st.lists(NAME, min_size=1, max_size=2),
        st.booleans(),
        REST,
    ),
    parallel_tool_calls=st.none() | st.booleans(),
    max_tokens=st.none() | st.integers(1, 9000),
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    top_k=st.none() | st.integers(0, 9),
    stop=st.none() | st.lists(st.text(min_size=1, max_size=3), max_size=2),
    response_format=st.none()
    | st.builds(
        ResponseFormat,
        st.sampled_from(["text", "json_object", "json_schema"]),
        st.none() | OBJECT,
        st.none() | NAME,
        st.none() | WORDS,
        st.none() | st.booleans(),
        REST,
    ),
    reasoning=st.none()
    | st.builds(
        ReasoningOptions,
        st.sampled_from([None, "none", "minimal", "low", "high", "xhigh", "max", "new"]),
        st.sampled_from([None, "enabled", "adaptive", "between_tools", "disabled"]),
        st.none() | st.integers(-1, 9000),
        st.none() | st.booleans(),
        st.sampled_from([None, "auto", "detailed"]),
        REST,
    ),
    service_tier=st.sampled_from([None, "auto", "flex", "scale"]),
    metadata=st.none() | OBJECT,
    cache=CACHE,
    rest=REST,
)


@pytest.fixture(scope="module", name="check")
def _check(valid: Valid) -> Valid:
    return valid


@given(dialog=DIALOG, model=st.sampled_from(MODELS), keeps=st.booleans(), quirk=st.booleans())
def test_whatever_is_written_is_in_the_schema(
    check: Valid, dialog: ChatRequest, model: str, *, keeps: bool, quirk: bool
) -> None:
    quirks = frozenset({"mid_system"}) if quirk else frozenset[str]()
    check(write_request(dialog, Back(model=model, keeps=lambda _: keeps, quirks=quirks), Losses()))
