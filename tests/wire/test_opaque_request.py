"""What a request carries back, at the places where its format has it, and nowhere else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import InvalidJson
from ajar.wire.opaque_request import Values, values_in_request
from recordings import Exchange, exchanges

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Format

FORMATS: tuple[Format, ...] = ("anthropic", "openai-chat", "openai-responses", "gemini", "bedrock")


def values(speech: Format, **body: Any) -> Values:
    return values_in_request(speech, json.dumps({"model": "m", **body}).encode())


def said(speech: Format, *content: Any, role: str = "assistant") -> Values:
    """Of a message with that content."""
    return values(speech, messages=[{"role": "user", "content": "hi"}, {"role": role, "content": list(content)}])


def test_a_request_without_any_is_false() -> None:
    for speech in FORMATS:
        assert not values(speech, messages=[{"role": "user", "content": "hi"}], input="hi", contents=[])
        assert not values_in_request(speech, b"no json, but nothing is in it either")


# -- Anthropic --------------------------------------------------------------------------------------------------------


def test_thoughts_of_a_message() -> None:
    found = said(
        "anthropic",
        {"type": "thinking", "thinking": "hm", "signature": "a\u00e9/+="},
        {"type": "redacted_thinking", "data": "red"},
        {"type": "thinking", "thinking": "hm", "signature": "a\u00e9/+="},
        {"type": "text", "text": "x", "citations": [{"encrypted_index": "idx", "file_id": "f", "cited_text": "t"}]},
        {"type": "web_search_tool_result", "content": [{"type": "web_search_result", "encrypted_content": "enc"}]},
        {"type": "code_execution_tool_result", "content": {"encrypted_stdout": "out"}},
        {"type": "compaction", "content": "c", "signature": "cs", "encrypted_content": None},
    )
    assert sorted(found.opaque) == sorted(["a\u00e9/+=".encode(), b"red", b"idx", b"enc", b"out", b"cs"])
    assert found.state == []
    assert found


def test_they_stand_in_the_order_of_the_messages() -> None:
    messages = [
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "", "signature": f"s{number}"}]}
        for number in range(20)
    ]
    assert values("anthropic", messages=messages).opaque == [b"s%d" % number for number in range(20)]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "thinking", "thinking": "hm", "signature": ""},
        {"type": "thinking", "thinking": "hm"},
        {"type": "thinking", "thinking": "hm", "signature": None},
        {"type": "redacted_thinking", "data": ""},
    ],
)
def test_a_thought_without_a_signature_is_of_no_issuer(block: Any) -> None:
    assert said("anthropic", block).opaque == [b""]


def test_what_tools_are_given_and_give_is_not_read() -> None:
    sly = {"signature": "no", "file_id": "no", "type": "thinking", "content": [{"encrypted_content": "no"}]}
    found = said(
        "anthropic",
        {"type": "tool_use", "id": "t", "name": "f", "input": sly},
        {"type": "text", "text": json.dumps(sly)},
    )
    assert not found
    assert not values("anthropic", messages=[], tools=[{"name": "f", "input_schema": sly}], metadata=sly)
    found = said("anthropic", {"type": "tool_result", "tool_use_id": "t", "content": json.dumps(sly)}, role="user")
    assert not found


def test_files_and_containers_of_anthropic() -> None:
    found = said(
        "anthropic",
        {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
        {"type": "container_upload", "file_id": "file_2"},
        {"type": "tool_result", "content": [{"type": "document", "source": {"type": "file", "file_id": "file_3"}}]},
        {"type": "x", "content": [{"type": "bash_code_execution_output", "file_id": "file_4"}]},
        role="user",
    )
    assert sorted(found.state) == [b"file_1", b"file_2", b"file_3"]
    assert found.opaque == [b"file_4"], "what the provider's tool made: a record, which can be left out"
    assert found.where[b"file_1"] == "messages[1].file_id"
    for container in ("container_1", {"id": "container_1", "skills": [{"skill_id": "x"}]}):
        found = values("anthropic", messages=[], container=container)
        assert found.state == [b"container_1"]
        assert found.where == {b"container_1": "container"}
    assert not values("anthropic", messages=[], container={"skills": [{"skill_id": "x"}]})


def test_a_token_for_a_retry() -> None:
    for token in ("t1", {"token": "t1", "mode": "strict"}):
        assert values("anthropic", messages=[], fallback_credit_token=token).opaque == [b"t1"]


def test_a_name_spelt_with_escapes_is_still_that_name() -> None:
    body = rb'{"messages":[{"role":"assistant","content":[{"type":"think\u0069ng","s\u0069gnature":"s"}]}]}'
    assert values_in_request("anthropic", body).opaque == [b"s"]
    assert values_in_request("openai-responses", rb'{"previous_response_\u0069d":"r"}').state == [b"r"]


# -- Chat Completions -------------------------------------------------------------------------------------------------


def test_reasoning_details_and_signatures() -> None:
    message = {
        "role": "assistant",
        "content": None,
        "reasoning_details": [
            {"type": "reasoning.text", "text": "hm", "signature": "s1"},
            {"type": "reasoning.encrypted", "data": "e1", "id": "rs_1"},
            {"type": "reasoning.summary", "summary": "x", "data": "no"},
        ],
        "tool_calls": [
            {
                "id": "c",
                "function": {"name": "f", "arguments": '{"signature":"no"}'},
                "extra_content": {"google": {"thought_signature": "s2"}},
            }
        ],
    }
    assert sorted(values("openai-chat", messages=[message]).opaque) == [b"e1", b"s1", b"s2"]
    message["extra_content"] = {"google": {"thought_signature": "s3"}}
    assert b"s3" in values("openai-chat", messages=[message]).opaque


def test_files_and_earlier_sounds() -> None:
    found = said("openai-chat", {"type": "file", "file": {"file_id": "file_1"}}, role="user")
    assert found.state == [b"file_1"]
    found = values("openai-chat", messages=[{"role": "assistant", "audio": {"id": "audio_1"}}])
    assert (found.state, found.where) == ([b"audio_1"], {b"audio_1": "messages[0].audio"})
    assert not values("openai-chat", messages=[], audio={"voice": "x", "id": "no"})


# -- Responses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conversation", ["conv_1", {"id": "conv_1"}])
def test_earlier_responses_and_conversations(conversation: Any) -> None:
    found = values("openai-responses", input="hi", previous_response_id="resp_1", conversation=conversation)
    assert found.state == [b"resp_1", b"conv_1"]
    assert found.where == {b"resp_1": "previous_response_id", b"conv_1": "conversation"}
    assert not values("openai-responses", input="hi", previous_response_id=None, conversation=None)


def test_items() -> None:
    found = values(
        "openai-responses",
        input=[
            {"role": "user", "content": [{"type": "input_file", "file_id": "file_1"}]},
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "enc1"},
            {"type": "reasoning", "id": "rs_2", "summary": []},
            {"type": "reasoning", "id": "rs_3", "summary": [], "content": [{"type": "reasoning_text", "text": "x"}]},
            {"type": "reasoning", "id": "rs_4", "summary": [], "encrypted_content": "redacted_thinking:red"},
            {"type": "item_reference", "id": "msg_1"},
            {"id": "msg_2"},
            {"type": "image_generation_call", "id": "ig_1"},
            {"type": "image_generation_call", "id": "ig_2", "result": "aGk="},
            {"type": "compaction", "id": "cmp_1", "encrypted_content": "enc2"},
            {"type": "code_interpreter_call", "id": "ci_1", "container_id": "cntr_1"},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"file_id":"no"}', "id": "fc_1"},
            {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image", "file_id": "file_2"}]},
            {"type": "program", "id": "prg_1", "fingerprint": "fp1"},
            {
                "type": "message",
                "role": "assistant",
                "id": "msg_3",
                "content": [{"type": "output_text", "text": "x", "annotations": [{"file_id": "no"}]}],
            },
            {"type": "file_search_call", "id": "fs_1", "results": [{"file_id": "no"}]},
        ],
    )
    assert found.opaque == [b"enc1", b"rs_2", b"red", b"enc2", b"cntr_1", b"fp1"]
    assert found.state == [b"file_1", b"msg_1", b"msg_2", b"ig_1", b"file_2"]
    assert found.where[b"msg_1"] == "input[5].id"


def test_tools_of_responses() -> None:
    found = values(
        "openai-responses",
        input="hi",
        tools=[
            {"type": "code_interpreter", "container": "cntr_1"},
            {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file_1", "file_2"]}},
            {"type": "shell", "environment": {"type": "container_reference", "container_id": "cntr_2"}},
            {"type": "image_generation", "input_image_mask": {"file_id": "file_3"}},
            {"type": "function", "name": "f", "parameters": {"properties": {"file_id": "no", "container": "no"}}},
        ],
    )
    assert sorted(found.state) == [b"cntr_1", b"cntr_2", b"file_1", b"file_2", b"file_3"]
    assert found.where[b"cntr_2"] == "tools[2].container_id"


# -- Gemini, Bedrock --------------------------------------------------------------------------------------------------


def test_gemini_and_bedrock() -> None:
    parts = [
        {"text": "x", "thoughtSignature": "s1"},
        {"functionCall": {"name": "f", "args": {"signature": "no"}}, "thought_signature": "s2"},
    ]
    found = values("gemini", contents=[{"role": "model", "parts": parts}], cachedContent="cachedContents/1")
    assert (sorted(found.opaque), found.state) == ([b"s1", b"s2"], [b"cachedContents/1"])
    content = [
        {"reasoningContent": {"reasoningText": {"text": "x", "signature": "s1"}}},
        {"reasoningContent": {"redactedContent": "cmVk"}},
    ]
    assert sorted(said("bedrock", *content).opaque) == [b"cmVk", b"s1"]


# -- anything ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b'{"signature"', b'["signature"]', b'{"messages":"\xff","signature":1}', b'"file_id"']
)
def test_what_cannot_be_decoded_is_the_callers_fault(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        values_in_request("anthropic", body)


def test_deep_nesting_is_the_callers_fault() -> None:
    body = b'{"messages":' + b"[" * 100_000 + b'"signature"' + b"]" * 100_000 + b"}"
    with pytest.raises(InvalidJson, match="nested"):
        values_in_request("anthropic", body)


NAMES = ["type", "id", "data", "signature", "file_id", "file_ids", "container", "audio", "role", "encrypted_content"]
LEAVES = st.none() | st.booleans() | st.integers() | st.sampled_from(["thinking", "program", "x_call", "reasoning", ""])
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(NAMES), inner))
PLACES = ["messages", "input", "contents", "tools", "container", "conversation", "fallback_credit_token"]


@given(st.sampled_from(FORMATS), st.dictionaries(st.sampled_from(PLACES), JSON))
def test_any_json_is_no_error(speech: Format, body: Any) -> None:
    found = values(speech, **body, words=['"signature"', "ignature", '"encrypted_content"'])
    assert len(set(found.opaque)) == len(found.opaque)
    assert list(found.where) == found.state


# -- recorded traffic -------------------------------------------------------------------------------------------------


NAMES_OF_VALUES = {
    "signature", "encrypted_content", "thoughtSignature", "thought_signature", "redactedContent", "container_id",
}  # fmt: skip


def carried(value: Any, into: list[str]) -> list[str]:
    """Every opaque value of a request, found the slow way."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str) and inner:
                typed = key == "data" and value.get("type") == "redacted_thinking"
                if key in NAMES_OF_VALUES or typed:
                    into.append(inner)
            carried(inner, into)
    elif isinstance(value, list):
        for inner in value:
            carried(inner, into)
    return into


def check(speech: Format, exchange: Exchange) -> None:
    body = json.loads(exchange.request)
    found = values_in_request(speech, exchange.request)
    assert sorted(value.decode() for value in found.opaque if value) == sorted(set(carried(body, [])))
    if speech == "openai-responses":
        wanted = [body.get("previous_response_id"), body.get("conversation")]
        assert {value.decode() for value in found.state} == {each for each in wanted if each}
    else:
        assert not found.state


@exchanges("anthropic", r"/v1/messages\?")
def test_recorded_messages(exchange: Exchange) -> None:
    check("anthropic", exchange)


@exchanges("openai-responses", r"/responses(/compact)?$")
def test_recorded_responses(exchange: Exchange) -> None:
    check("openai-responses", exchange)


@exchanges("bedrock-mantle", r"/responses$")
def test_recorded_mantle_responses(exchange: Exchange) -> None:
    check("openai-responses", exchange)


@exchanges("openai-chat", r"/chat/completions$")
def test_recorded_chat(exchange: Exchange) -> None:
    check("openai-chat", exchange)


@exchanges("gemini", r"[gG]enerateContent")
def test_recorded_gemini(exchange: Exchange) -> None:
    check("gemini", exchange)


@exchanges("bedrock", r"/converse(-stream)?$")
def test_recorded_converse(exchange: Exchange) -> None:
    check("bedrock", exchange)
