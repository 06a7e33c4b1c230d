"""Whole answers of a deployment that speaks Responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.parts import Foreign, Reasoning, Refusal, Text, ToolCall
from ajar.domain.usage import Usage
from ajar.errors import UpstreamGarbage
from ajar.wire.openai_responses.answer_read import read_answer
from wire.openai_responses.samples import encode

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import Answer

TOKEN = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}
MESSAGE = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "a", "annotations": [{"type": "x"}], "logprobs": [TOKEN]}],
}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}", "status": "completed"}


def read(*output: Any, **fields: Any) -> Answer:
    answer = {"id": "r", "object": "response", "created_at": 1.5, "status": "completed", "model": "m", **fields}
    return read_answer(encode({**answer, "output": list(output)}))


def test_an_answer() -> None:
    usage = b'{"input_tokens": 3,  "output_tokens":1, "odd": 1.50}'
    body = encode({"id": "r", "created_at": 1.5, "status": "completed", "model": "m", "output": [MESSAGE], "usage": 0})
    answer = read_answer(body.replace(b'"usage": 0', b'"usage": ' + usage))
    assert (answer.id, answer.model, answer.created) == ("r", "m", 1)
    assert answer.usage == Usage(3, 1)
    assert answer.usage_raw == usage.decode()
    assert answer.parts == [Text("a", annotations=[{"type": "x"}])]
    assert answer.logprobs == [TOKEN]
    assert (answer.finish.reason, answer.finish.native) == ("stop", "completed")


def test_reasoning_calls_and_what_is_foreign() -> None:
    answer = read(
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "t"}],
            "encrypted_content": "g",
        },
        {"type": "web_search_call", "id": "ws"},
        CALL,
        {"type": "custom_tool_call", "call_id": "d", "name": "s", "input": "ls"},
        {"type": "message", "content": [{"type": "refusal", "refusal": "no"}, {"type": "odd"}]},
    )
    assert answer.parts == [
        Reasoning("t", "g", id="rs_1", summary=True),
        Foreign("openai-responses", "web_search_call", {"type": "web_search_call", "id": "ws"}),
        ToolCall("c", "f", "{}"),
        ToolCall("d", "s", "ls", custom=True),
        Refusal("no"),
        Foreign("openai-responses", "content.odd", {"type": "odd"}),
    ]
    assert answer.finish.reason == "tool_calls"


@pytest.mark.parametrize(
    ("output", "fields", "reason", "native"),
    [
        ([MESSAGE], {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length",
         "max_output_tokens"),
        ([MESSAGE], {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content_filter",
         "content_filter"),
        ([MESSAGE], {"status": "incomplete", "incomplete_details": {"reason": "steered"}}, "stop", "steered"),
        ([MESSAGE], {"status": "incomplete"}, "stop", "incomplete"),
        ([CALL], {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length",
         "max_output_tokens"),
        ([{**MESSAGE, "content": [{"type": "refusal", "refusal": "no"}]}], {}, "refusal", "completed"),
        ([], {"status": None}, "stop", None),
        ([], {"status": "queued"}, "error", "queued"),
        ([], {"status": "cancelled"}, "error", "cancelled"),
        ([], {"status": "failed", "error": {"code": "server_error", "message": "x"}}, "error", "failed"),
        ([], {"status": "completed", "error": {"code": "server_error", "message": "x"}}, "error", "failed"),
    ],
)  # fmt: skip
def test_why_it_ended(output: list[Any], fields: dict[str, Any], reason: str, native: str | None) -> None:
    finish = read(*output, **fields).finish
    assert (finish.reason, finish.native) == (reason, native)
    assert (finish.rest == {}) == (fields.get("error") is None)


def test_no_usage_is_no_usage() -> None:
    assert read(usage=None).usage is None
    assert read().usage_raw is None


def test_what_an_answer_repeats_of_the_request_is_no_part_of_it() -> None:
    answer = read(tools=[{"type": "function"}], instructions="x", billing={"payer": "d"}, moderation={"x": 1}, odd=None)
    assert answer.rest == {"moderation": {"x": 1}}


def test_sloppy_servers() -> None:
    answer = read({"type": "function_call", "id": "fc_1", "name": "f"}, {"type": "message", "content": []})
    assert answer.parts == [ToolCall("fc_1", "f", "")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"\xff",
        b"{}",
        b'{"choices":[]}',
        b'{"output":{}}',
        b'{"output":["x"]}',
        b'{"output":[{"type":"function_call"}]}',
        b'{"output":[{"type":"message","content":[{"type":"output_text"}]}]}',
        b'{"output":' + b"[" * 5000,
    ],
)
def test_garbage(body: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        read_answer(body)
