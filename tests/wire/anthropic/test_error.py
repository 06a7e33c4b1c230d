"""Errors in Anthropic's shape, both ways."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar import errors
from ajar.wire.anthropic.error import error_body, error_event, error_type, read_error, status_in
from ajar.wire.read_error import ReadError

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    415: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}


@pytest.mark.parametrize(("status", "name"), TYPES.items())
def test_each_status_has_its_type(status: int, name: str) -> None:
    assert error_type(status) == name


def test_the_shape() -> None:
    error = errors.UnknownModel('no route "x"')
    assert json.loads(error_body(error)) == {
        "type": "error",
        "error": {"type": "not_found_error", "message": 'no route "x"'},
    }


def test_the_event_is_one_event() -> None:
    event = error_event(errors.UpstreamClosed("cut\n\nshort"))
    name, data, *rest = event.split(b"\n")
    assert (name, rest) == (b"event: error", [b"", b""])
    assert json.loads(data.removeprefix(b"data: "))["error"] == {"type": "api_error", "message": "cut\n\nshort"}


BODIES = [
    (
        b'{"type":"error","error":{"type":"overloaded_error","message":"later"},"request_id":"r"}',
        ReadError("later", "overloaded_error"),
    ),
    (
        b'{"type":"error","error":{"type":"rate_limit_error","message":"m","details":{"error_code":"spend"}}}',
        ReadError("m", "rate_limit_error", "spend"),
    ),
    (b'{"error":{"message":"m","type":"BadRequestError","code":"c"}}', ReadError("m", "BadRequestError", "c")),
    (b'{"error":{"message":"m","type":"BadRequestError","code":400}}', ReadError("m", "BadRequestError", "400")),
    (b'{"error":{"message":"m","code":true}}', ReadError("m")),
    (b'{"error":"m"}', ReadError("m")),
    (b'{"message":"m"}', ReadError("m")),
    (b'{"detail":"m"}', ReadError("m")),
    (b'{"type":"error","message":"m"}', ReadError("m")),
    (b'{"error":{"message":7}}', ReadError()),
    (b"[1]", ReadError()),
    (b"<html>", ReadError()),
    (b"", ReadError()),
    (b"[" * 5000, ReadError()),
]


@pytest.mark.parametrize(("body", "found"), BODIES)
def test_what_bodies_say(body: bytes, found: ReadError) -> None:
    assert read_error(400, body) == found


@given(st.binary(max_size=60))
def test_reading_never_raises(body: bytes) -> None:
    assert isinstance(read_error(500, body), ReadError)


def test_types_of_streams_have_a_status() -> None:
    for kind, status in (("overloaded_error", 529), ("api_error", 500), ("rate_limit_error", 429), ("new_error", 502)):
        assert status_in({}, ReadError("m", kind)) == status
    assert status_in(None, ReadError()) == 502
    assert status_in({"error": {"code": 400}}, ReadError("m", "overloaded_error", "400")) == 400
    assert status_in({}, ReadError("m", "rate_limit_error", "context_length_exceeded")) == 429
    assert status_in({}, ReadError("m", "NotFoundError")) == 404
