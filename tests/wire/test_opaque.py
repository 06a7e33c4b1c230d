"""Opaque values and ids in answers: each is found, and text that looks alike does no harm."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.wire.opaque import SCANNERS, values_in_answer
from recordings import Exchange, exchanges

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Format

FORMATS: tuple[Format, ...] = ("anthropic", "openai-chat", "openai-responses", "gemini", "bedrock")


def text(value: Any) -> bytes:
    return json.dumps(value).encode()


def event(value: Any, name: str = "") -> bytes:
    named = f"event: {name}\n" if name else ""
    return f"{named}data: {json.dumps(value)}\n\n".encode()


def found(speech: Format, data: bytes) -> set[bytes]:
    values = values_in_answer(speech, data)
    assert len(values) == len(set(values)), "each once"
    return set(values)


# -- Anthropic --------------------------------------------------------------------------------------------------------

MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "container": {"expires_at": "2027", "id": "container_1", "skills": []},
    "content": [
        {"type": "thinking", "thinking": "hm", "signature": "sig+/1=="},
        {"type": "redacted_thinking", "data": "red1"},
        {"type": "text", "text": "x", "citations": [{"type": "web_search_result_location", "encrypted_index": "idx1"}]},
        {
            "type": "web_search_tool_result",
            "content": [{"type": "web_search_result", "encrypted_content": "enc1", "url": "u"}],
        },
        {"type": "bash_code_execution_tool_result", "content": {"content": [{"file_id": "file_1"}]}},
        {"type": "code_execution_tool_result", "content": {"encrypted_stdout": "out1"}},
        {"type": "compaction", "content": "so far", "encrypted_content": "enc2", "signature": "sig2"},
        {"type": "tool_use", "id": "toolu_1", "name": "t", "input": {"signature": "no", "file_id": "no"}},
    ],
    "stop_reason": "refusal",
    "stop_details": {"fallback_credit_token": "token1"},
}
MESSAGE_VALUES = {
    b"container_1", b"sig+/1==", b"red1", b"idx1", b"enc1", b"file_1", b"out1", b"enc2", b"sig2", b"token1",
}  # fmt: skip


def test_a_whole_message() -> None:
    assert found("anthropic", text(MESSAGE)) == MESSAGE_VALUES
    assert found("anthropic", json.dumps(MESSAGE, indent=1).encode()) == MESSAGE_VALUES


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (
            {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s1"}},
            {b"s1"},
        ),
        (
            {
                "type": "content_block_start",
                "index": 0,
                "content_block": {"type": "thinking", "thinking": "", "signature": ""},
            },
            set(),
        ),
        (
            {"type": "content_block_start", "index": 0, "content_block": {"type": "redacted_thinking", "data": "r1"}},
            {b"r1"},
        ),
        (
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "citations_delta", "citation": {"encrypted_index": "i1"}},
            },
            {b"i1"},
        ),
        (
            {
                "type": "content_block_start",
                "index": 2,
                "content_block": {"type": "web_search_tool_result", "content": [{"encrypted_content": "e1"}]},
            },
            {b"e1"},
        ),
        ({"type": "message_start", "message": {"id": "m", "container": {"id": "c1"}}}, {b"c1"}),
        ({"type": "message_delta", "delta": {"stop_reason": "end_turn", "container": {"id": "c2"}}}, {b"c2"}),
        (
            {"type": "message_delta", "delta": {"stop_details": {"fallback_credit_token": "t1"}}},
            {b"t1"},
        ),
    ],
)
def test_events_of_a_message(value: Any, wanted: set[bytes]) -> None:
    before = event({"type": "ping"}, "ping")
    after = event({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "x"}})
    one = event(value, value["type"])
    assert found("anthropic", one) == wanted
    assert found("anthropic", before + after + one + after) == wanted
    assert found("anthropic", (before + one).replace(b"\n", b"\r\n")) == wanted
    assert found("anthropic", one.replace(b"data: ", b"data:")) == wanted


def test_text_that_looks_alike_is_no_value() -> None:
    sly = '"signature":"no" {"type":"redacted_thinking","data":"no"} \n\ndata: {"signature":"no"}'
    for delta in ({"type": "text_delta", "text": sly}, {"type": "input_json_delta", "partial_json": sly}):
        assert found("anthropic", event({"type": "content_block_delta", "index": 0, "delta": delta})) == set()
    assert found("anthropic", text({"type": "message", "content": [{"type": "text", "text": sly}]})) == set()
    assert found("openai-chat", event({"choices": [{"delta": {"content": sly, "role": "assistant"}}]})) == set()


def test_escapes_are_decoded() -> None:
    data = rb'{"type":"message","content":[{"type":"thinking","signatur\u0065":"a\/b\u003d\u003D\u00e9\"\\"}]}'
    assert found("anthropic", data.replace(rb"\u0065", b"e")) == {'a/b==é"\\'.encode()}
    data = b'data: {"candidates": [{"content": {"parts": [{"thoughtSignature": "a\\u003d\\u003d"}]}}]}\n\n'
    assert found("gemini", data) == {b"a=="}


# -- Chat Completions -------------------------------------------------------------------------------------------------

DETAILS = [
    {"type": "reasoning.text", "text": "hm", "signature": "sig1"},
    {"type": "reasoning.encrypted", "data": "enc1", "id": "rs_1"},
    {"type": "reasoning.summary", "summary": "short"},
]
CALLS = [
    {
        "id": "c",
        "type": "function",
        "function": {"name": "f", "arguments": '{"signature":"no"}'},
        "extra_content": {"google": {"thought_signature": "sig2"}},
    }
]


def test_a_chat_completion_whole_and_in_chunks() -> None:
    message = {"role": "assistant", "content": "x", "reasoning_details": DETAILS, "tool_calls": CALLS}
    wanted = {b"sig1", b"enc1", b"sig2"}
    assert found("openai-chat", text({"id": "chatcmpl-1", "choices": [{"index": 0, "message": message}]})) == wanted
    chunks = [event({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {key: message[key]}}]}) for key in message]
    assert found("openai-chat", b"".join(chunks) + b"data: [DONE]\n\n") == wanted
    assert set().union(*(found("openai-chat", chunk) for chunk in chunks)) == wanted


def test_spoken_answers_can_be_named_later() -> None:
    message = {"role": "assistant", "audio": {"id": "audio_1", "data": "UklGRg==", "transcript": "x"}}
    assert found("openai-chat", text({"choices": [{"message": message}]})) == {b"audio_1"}


# -- Responses --------------------------------------------------------------------------------------------------------

OUTPUT = [
    {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "enc1"},
    {"id": "msg_1", "type": "message", "content": [{"type": "output_text", "annotations": [{"file_id": "file_1"}]}]},
    {"id": "ci_1", "type": "code_interpreter_call", "container_id": "cntr_1", "code": "1"},
    {"id": "prg_1", "type": "program", "code": "1", "fingerprint": "fp1"},
]
RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "conversation": {"id": "conv_1"},
    "previous_response_id": "resp_0",
    "tools": [{"type": "function", "parameters": {"signature": "no"}, "name": "encrypted_content"}],
    "metadata": {"file_id": "no"},
    "output": OUTPUT,
}
OPAQUE = {b"enc1", b"file_1", b"cntr_1", b"fp1"}
ITEMS = {b"rs_1", b"msg_1", b"ci_1", b"prg_1"}


def test_a_whole_response() -> None:
    assert found("openai-responses", text(RESPONSE)) == OPAQUE | ITEMS | {b"resp_1", b"conv_1"}


def test_items_of_a_response_that_is_not_stored_cannot_be_named() -> None:
    assert found("openai-responses", text({**RESPONSE, "store": False})) == OPAQUE | {b"resp_1", b"conv_1"}


def test_events_of_a_response() -> None:
    created = event({"type": "response.created", "response": {**RESPONSE, "output": []}}, "response.created")
    done = [event({"type": "response.output_item.done", "item": item}, "response.output_item.done") for item in OUTPUT]
    completed = event({"type": "response.completed", "response": RESPONSE})
    delta = event(
        {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "x"}, "response.output_text.delta"
    )
    assert found("openai-responses", created) == {b"resp_1", b"conv_1"}
    assert set().union(*(found("openai-responses", one) for one in done)) == OPAQUE
    assert found("openai-responses", completed) == OPAQUE | ITEMS | {b"resp_1", b"conv_1"}
    assert found("openai-responses", delta) == set()
    whole = found("openai-responses", created + delta + b"".join(done) + completed)
    assert whole == OPAQUE | ITEMS | {b"resp_1", b"conv_1"}


def test_an_answer_of_another_shape_is_still_looked_through() -> None:
    item = {"type": "reasoning", "encrypted_content": "enc1"}
    assert found("openai-responses", event({"response": "x", "item": item})) == {b"enc1"}
    assert found("openai-responses", event([{"item": item}])) == {b"enc1"}
    assert found("gemini", text([1, {"candidates": [{"thoughtSignature": "sig1"}]}])) == {b"sig1"}


# -- Gemini, Bedrock --------------------------------------------------------------------------------------------------


def test_gemini_whole_as_events_and_as_a_list() -> None:
    call = {"functionCall": {"name": "f", "args": {"thoughtSignature": "no"}}, "thoughtSignature": "sig1"}
    answer = {"candidates": [{"content": {"parts": [{"text": "x", "thoughtSignature": "sig2"}, call]}}]}
    for data in (text(answer), event(answer), text([{"candidates": []}, answer])):
        assert found("gemini", data) == {b"sig1", b"sig2"}


def test_bedrock_whole() -> None:
    content = [
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig1"}}},
        {"reasoningContent": {"redactedContent": "cmVk"}},
        {"toolUse": {"toolUseId": "t", "name": "f", "input": {"signature": "no"}}},
    ]
    assert found("bedrock", text({"output": {"message": {"content": content}}})) == {b"sig1", b"cmVk"}
    assert found("bedrock", text({"delta": {"reasoningContent": {"signature": "sig2"}}})) == {b"sig2"}


# -- anything ---------------------------------------------------------------------------------------------------------


@given(st.sampled_from(FORMATS), st.binary())
def test_any_bytes_are_no_error(speech: Format, data: bytes) -> None:
    for around in (b"%b", b'data: {"signature": %b}\n\n', b'{"item":{"encrypted_content":%b,"redactedContent":""'):
        values_in_answer(speech, around.replace(b"%b", data))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "type", "data", "signature", "x"]), inner),
)
PLACES = ("content", "container", "message", "delta", "choices", "candidates", "output", "response", "item", "id")


@given(st.sampled_from(FORMATS), st.dictionaries(st.sampled_from(PLACES), JSON))
def test_any_json_is_no_error(speech: Format, value: Any) -> None:
    value = {**value, "content_block": {"thoughtSignature": "redactedContent"}}
    whole = values_in_answer(speech, text(value))
    if speech != "openai-responses":  # the response itself is no event
        assert whole == values_in_answer(speech, event(value))
    if "response" not in value:  # a response has none, and is not read where it has one of a wrong type
        assert set(values_in_answer(speech, event({"type": "response.completed", "response": value}))) <= {*whole}


def test_deep_nesting_is_no_error() -> None:
    data = b'{"content":' + b"[" * 100_000 + b'"signature"' + b"]" * 100_000 + b"}"
    assert all(values_in_answer(speech, data) == [] for speech in FORMATS)


def test_every_format_has_a_scanner() -> None:
    assert set(SCANNERS) == set(FORMATS)


# -- recorded traffic -------------------------------------------------------------------------------------------------

NAMES = {
    "signature",
    "encrypted_content",
    "encrypted_index",
    "thoughtSignature",
    "thought_signature",
    "redactedContent",
}


def expected(value: Any, into: set[bytes]) -> set[bytes]:
    """Everything with such a name, found the slow way."""
    if isinstance(value, dict):
        for key, inner in value.items():
            typed = key == "data" and value.get("type") in ("redacted_thinking", "reasoning.encrypted")
            if isinstance(inner, str) and inner and (key in NAMES or typed):
                into.add(inner.encode())
            expected(inner, into)
        if value.get("object") == "response" and value.get("output") is not None:
            into.add(value["id"].encode())
    elif isinstance(value, list):
        for inner in value:
            expected(inner, into)
    return into


def documents(exchange: Exchange) -> list[Any]:
    if not exchange.streamed:
        return [json.loads(exchange.answer)]
    lines = exchange.answer.replace(b"\r\n", b"\n").split(b"\n")
    return [json.loads(line[5:]) for line in lines if line.startswith(b"data:") and b"[DONE]" not in line]


def answered(exchange: Exchange) -> bool:
    return exchange.status == 200 and (exchange.kind in ("application/json", "text/event-stream"))


def check(speech: Format, exchange: Exchange) -> None:
    wanted: set[bytes] = set()
    for document in documents(exchange):
        expected(document, wanted)
    assert wanted <= found(speech, exchange.answer)
    if exchange.streamed:
        events = exchange.answer.replace(b"\r\n", b"\n").split(b"\n\n")
        assert wanted <= set().union(*(found(speech, one + b"\n\n") for one in events))


@exchanges("anthropic", r"/v1/messages\?", answered)
def test_recorded_messages(exchange: Exchange) -> None:
    check("anthropic", exchange)


@exchanges("openai-responses", r"/responses(/compact)?$", answered)
def test_recorded_responses(exchange: Exchange) -> None:
    check("openai-responses", exchange)


@exchanges("bedrock-mantle", r"/responses$", answered)
def test_recorded_mantle_responses(exchange: Exchange) -> None:
    check("openai-responses", exchange)


@exchanges("deepseek", r"/responses$", answered)
def test_recorded_deepseek_responses(exchange: Exchange) -> None:
    check("openai-responses", exchange)


@exchanges("openrouter", r"/chat/completions$", answered)
def test_recorded_openrouter_chat(exchange: Exchange) -> None:
    check("openai-chat", exchange)


@exchanges("openai-chat", r"/chat/completions$", answered)
def test_recorded_chat(exchange: Exchange) -> None:
    check("openai-chat", exchange)


@exchanges("gemini", r"[gG]enerateContent", answered)
def test_recorded_gemini(exchange: Exchange) -> None:
    check("gemini", exchange)


@exchanges("bedrock", r"/converse$", answered)
def test_recorded_converse(exchange: Exchange) -> None:
    check("bedrock", exchange)
