"""A caller's request on the byte path."""

from __future__ import annotations

from typing import Any

import pytest

from ajar.errors import InvalidField, InvalidJson
from ajar.wire.openai_responses.request import ResponsesRequest, State
from wire.openai_responses.samples import AGENT, HEX, asked, encode

BODY = b'{"input":"hi",  "model":"support-triage" ,"x_unknown":{"model":[1.50,1e3]}}'


def test_only_the_model_changes() -> None:
    request = ResponsesRequest(BODY)
    assert request.model == "support-triage"
    assert not request.stream
    assert not request.meterable
    assert request.outgoing(b'"m"', meter=True) == BODY.replace(b'"support-triage"', b'"m"')


def test_a_stream_needs_no_metering() -> None:
    body = asked(stream=True)
    request = ResponsesRequest(body)
    assert (request.stream, request.meterable) == (True, False)
    assert request.outgoing(b'"route"', meter=True) == body


def test_a_request_without_state() -> None:
    assert ResponsesRequest(BODY).state == State()
    assert not any(ResponsesRequest(BODY).state)
    assert ResponsesRequest(asked(previous_response_id=None, store=None, background=False)).state == State()


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"previous_response_id": "resp_1"}, State("resp_1")),
        ({"conversation": "conv_1"}, State(conversation="conv_1")),
        ({"conversation": {"id": "conv_1"}}, State(conversation="conv_1")),
        ({"store": True}, State(store=True)),
        ({"store": False}, State(store=False)),
        ({"background": True}, State(background=True)),
        ({"prompt": {"id": "pmpt_1"}}, State(prompt=True)),
        ({"input": [{"type": "item_reference", "id": "i"}]}, State(references=True)),
        ({"input": [{"type": "reasoning", "encrypted_content": "g"}]}, State(encrypted=True)),
        ({"input": [{"type": "reasoning", "encrypted_content": None}]}, State()),
        ({"input": [{"type": "reasoning", "id": f"rs_ajar{HEX}0001"}]}, State(translated=True)),
        ({"input": "what is rs_ajar?"}, State()),
        ({"tools": [{"type": "code_interpreter", "container": "cntr_1"}]}, State(held=("cntr_1",))),
        (
            {"tools": [{"type": "file_search", "vector_store_ids": ["a", "b"]}, {"x": {"file_ids": ["c"]}}]},
            State(held=("a", "b", "c")),
        ),
        ({"input": [{"content": [{"file_id": "f"}, {"file_id": "f"}]}]}, State(held=("f",))),
        ({"input": 'say "file_id": "x", "type": "item_reference", "encrypted_content": "y"'}, State()),
    ],
)
def test_state_is_told(fields: dict[str, Any], state: State) -> None:
    assert ResponsesRequest(asked(**fields)).state == state


def test_the_state_of_an_agent() -> None:
    assert ResponsesRequest(encode(AGENT)).state == State(encrypted=True, store=False)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"input":"x"}', "model"),
        (b'{"model":"","input":"x"}', "model"),
        (b'{"model":["a"],"input":"x"}', "model"),
        (b'{"model":"r"}', "input"),
        (b'{"model":"r","input":null,"previous_response_id":null}', "input"),
        (b'{"model":"r","input":{}}', "input"),
        (b'{"model":"r","input":"x","stream":1}', "stream"),
    ],
)
def test_a_missing_or_mistyped_field_is_named(body: bytes, param: str) -> None:
    with pytest.raises(InvalidField) as caught:
        ResponsesRequest(body)
    assert caught.value.param == param


@pytest.mark.parametrize("fields", [{"store": "yes"}, {"background": 1}, {"conversation": [1]}, {"conversation": {}}])
def test_mistyped_state_is_named(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidField) as caught:
        _ = ResponsesRequest(asked(**fields)).state
    assert caught.value.param in fields


def test_input_may_be_what_the_provider_has() -> None:
    assert ResponsesRequest(b'{"model":"r","previous_response_id":"p"}').state.previous_response_id == "p"


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"a","model":"b","input":"x"}',
        b'{"model":"a","Model":"b","input":"x"}',
        b'{"model":"a","input":"x","Previous_Response_Id":"p"}',
        b'{"model":"a","input":"x","STORE":true}',
        b"[]",
    ],
)
def test_what_servers_read_differently_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        ResponsesRequest(body)
