"""Errors, both ways."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import InvalidField, UpstreamTimeout
from ajar.wire.openai_responses.error import error_body, error_event, read_error, status_of
from ajar.wire.read_error import ReadError
from wire.openai_responses import oracle


def test_a_body() -> None:
    body = json.loads(error_body(InvalidField("`input` is missing", param="input")))
    assert body == {
        "error": {
            "message": "`input` is missing",
            "type": "invalid_request_error",
            "param": "input",
            "code": "invalid_field",
        }
    }


def test_an_event() -> None:
    [event] = oracle.events_of(error_event(UpstreamTimeout("late"), 7))
    assert not oracle.event_errors(event)
    assert (event["sequence_number"], event["message"], event["code"]) == (7, "late", "upstream_timeout")
    assert event["error"]["message"] == "late"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"error":{"message":"m","type":"t","code":"c","param":null}}', ReadError("m", "t", "c")),
        (b'{"error":{"message":"m","code":404}}', ReadError("m", None, "404")),
        (b'{"error":"m"}', ReadError("m")),
        (b'{"message":"m","type":"t"}', ReadError("m", "t")),
        (b'{"detail":"m"}', ReadError("m")),
        (b'{"detail":[1]}', ReadError()),
        (b"[]", ReadError()),
        (b"<html>", ReadError()),
        (b"", ReadError()),
    ],
)
def test_reading(body: bytes, found: ReadError) -> None:
    assert read_error(400, body) == found


@given(st.binary())
def test_reading_never_raises(body: bytes) -> None:
    read_error(500, body)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ReadError("m", None, "rate_limit_exceeded"), 429),
        (ReadError("m", "server_error"), 500),
        (ReadError("m", None, "503"), 503),
        (ReadError("m", None, "context_length_exceeded"), 400),
        (ReadError("m"), 502),
        (ReadError("m", "odd", "200"), 502),
    ],
)
def test_the_status_of_an_error_in_a_stream(error: ReadError, status: int) -> None:
    assert status_of(error) == status
