"""The view of a request on the byte path."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ajar.errors import InvalidField, InvalidJson
from ajar.wire.anthropic.request import MessagesRequest
from recordings import Exchange, exchanges


def view(**fields: Any) -> MessagesRequest:
    return MessagesRequest(json.dumps(fields).encode(), "messages")


def test_only_the_model_changes() -> None:
    body = b'{ "max_tokens" : 5, "model"\t: "a\\"b", "messages": [ {"role":"user","content":"\\"model\\": \\"x\\""} ] }'
    request = MessagesRequest(body, "messages")
    assert (request.model, request.stream, request.meterable) == ('a"b', False, False)
    assert request.outgoing(b'"claude-x"', meter=True) == body.replace(b'"a\\"b"', b'"claude-x"')


def test_a_count_never_streams() -> None:
    body = b'{"model":"m","messages":[],"stream":true}'
    assert MessagesRequest(body, "messages").stream
    assert not MessagesRequest(body, "count_tokens").stream


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "model"),
        ({"messages": [], "model": ""}, "model"),
        ({"messages": [], "model": 7}, "model"),
        ({"model": "m"}, "messages"),
        ({"model": "m", "messages": "hi"}, "messages"),
        ({"model": "m", "messages": [], "stream": 1}, "stream"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidField) as error:
        view(**fields)
    assert error.value.param == param


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"model":"a","model":"b","messages":[]}',
        b'{"model":"a","Model":"b","messages":[]}',
        b'{"model":"a","messages":[],"System":"x"}',
    ],
)
def test_what_could_be_read_two_ways_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        MessagesRequest(body, "messages")


@exchanges("anthropic", "/v1/messages")
def test_recorded_requests_pass(exchange: Exchange) -> None:
    request = MessagesRequest(exchange.request, "messages")
    given = json.loads(exchange.request)
    assert json.loads(request.outgoing(b'"other"', meter=False)) == {**given, "model": "other"}
