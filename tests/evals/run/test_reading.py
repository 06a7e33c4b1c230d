from __future__ import annotations

import json
from typing import Any

import pytest

from ajar.domain.usage import Usage
from ajar.evals.answer import Answer, ToolCall
from ajar.evals.run.miss import Miss
from ajar.evals.run.reading import read


def body(message: dict[str, Any] | None = None, finish: str | None = "stop", **fields: Any) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", **(message or {"content": "yes"})}, "finish_reason": finish}
    return json.dumps({"object": "chat.completion", "choices": [choice], **fields}).encode()


def answer(data: bytes) -> Answer:
    said = read(data)
    assert isinstance(said, Answer)
    return said


def miss(data: bytes) -> Miss:
    said = read(data)
    assert isinstance(said, Miss)
    assert said.failure.code == "bad_answer"
    return said


def test_an_answer_is_read_with_all_that_it_says() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    read_as = Answer(text="yes", finish_reason="stop", model="m", usage=Usage(10, 5, 4, None, 3))
    assert answer(body(model="m", usage=usage)) == read_as


def test_what_was_not_said_is_absent() -> None:
    assert answer(body({"content": None}, finish=None)) == Answer()


def test_tool_calls_keep_their_arguments_as_written() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "find", "arguments": '{"a": 1, }'}}
    said = answer(body({"content": "", "tool_calls": [call]}, finish="tool_calls"))
    assert said.tool_calls == (ToolCall("find", '{"a": 1, }'),)
    assert said.finish_reason == "tool_calls"


def test_a_refusal_and_thoughts_are_no_text() -> None:
    assert answer(body({"content": None, "refusal": "I will not"})) == Answer(
        refusal="I will not", finish_reason="stop"
    )
    assert answer(body({"content": "yes", "reasoning_content": "hm"})).text == "yes"


@pytest.mark.parametrize(
    ("word", "read_as"),
    [("length", "length"), ("model_length", "length"), ("eos_token", "stop"), ("content_filter",) * 2],
)
def test_the_reason_is_one_of_openais_words(word: str, read_as: str) -> None:
    assert answer(body(finish=word)).finish_reason == read_as


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [1]}',
        b'{"choices": [{}]}',
        b"[" * 5000,
        b'data: {"choices": []}\n\n',
        b'{"choices": [{"message": {"content": "\xff"}}]}',
    ],
)
def test_what_is_no_answer_is_a_failure_that_another_try_does_not_mend(data: bytes) -> None:
    assert not miss(data).again


@pytest.mark.parametrize(
    ("error", "again", "load"),
    [
        ({"message": "slow down", "code": 429}, True, "overload"),
        ({"message": "broken", "type": "server_error"}, True, "none"),
        ({"message": "what?", "type": "invalid_request_error"}, False, "none"),
    ],
)
def test_an_error_in_a_success_is_repeated_as_its_status_would_be(error: Any, again: bool, load: str) -> None:
    found = miss(json.dumps({"error": error, "choices": []}).encode())
    assert (found.again, found.load) == (again, load)
    assert error["message"] in found.failure.message


def test_an_answer_that_broke_off_is_a_failure() -> None:
    assert miss(body(finish="error")).again
    choice = {"message": {"content": "ye"}, "finish_reason": "stop", "error": {"message": "gone"}}
    assert "gone" in miss(json.dumps({"choices": [choice]}).encode()).failure.message
