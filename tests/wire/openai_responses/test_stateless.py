"""Requests that lean on what one provider's account holds."""

from __future__ import annotations

from typing import Any

import pytest

from ajar.domain.dialog.parts import Media
from ajar.domain.dialog.request import ChatRequest, Message
from ajar.errors import InvalidField
from ajar.wire.openai_responses.request_read import read_request
from ajar.wire.openai_responses.stateless import require_stateless
from wire.openai_responses.samples import AGENT, asked, encode

FILE = {"type": "input_file", "file_id": "file-1"}


def user(part: dict[str, Any]) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": [part]}]}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"conversation": {"id": "conv_1"}}, "conversation"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"store": True}, "store"),
        ({"background": True}, "background"),
        ({"input": [{"id": "msg_1"}]}, "input"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input"),
        (user({"type": "input_image", "file_id": "file-1"}), "input"),
        (user(FILE), "input"),
        ({"input": [{"type": "function_call_output", "call_id": "c", "output": [FILE]}]}, "input"),
        ({"input": [{"type": "code_interpreter_call", "id": "ci_1", "container_id": "cntr_1"}]}, "input"),
        ({"tools": [{"type": "code_interpreter", "container": "cntr_1"}]}, "tools"),
        ({"tools": [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"]}}]}, "tools"),
        ({"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]}, "tools"),
    ],
)  # fmt: skip
def test_held_state_is_refused_with_what_to_do(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidField) as caught:
        require_stateless(read_request(asked(**fields)))
    assert caught.value.param == param
    assert caught.value.message.startswith(f"`{param}`: ")
    assert "deployment:" in caught.value.message


@pytest.mark.parametrize(
    "fields",
    [
        {"store": False, "background": False, "previous_response_id": None, "conversation": None, "prompt": None},
        {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}, {"type": "web_search"}]},
        {"tools": [{"type": "function", "name": "f", "parameters": {"properties": {"file_id": {"const": "x"}}}}]},
        {"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"file_id":"x"}'}]},
        {"input": [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "g"}]},
    ],
)
def test_what_stands_in_the_request_itself_passes(fields: dict[str, Any]) -> None:
    require_stateless(read_request(asked(**fields)))


def test_an_agent_passes() -> None:
    require_stateless(read_request(encode(AGENT)))


def test_another_format_passes() -> None:
    message = Message("user", [Media("document", file_id="f")])
    require_stateless(ChatRequest(format="anthropic", model="r", messages=[message], rest={"store": True}))
