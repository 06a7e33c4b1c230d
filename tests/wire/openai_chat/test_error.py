"""Error bodies of all servers that speak this format tell their message."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import InvalidField
from ajar.wire.openai_chat.error import error_body, error_event, read_error
from ajar.wire.read_error import ReadError
from wire.openai_chat.recorded import chat_exchanges

if TYPE_CHECKING:
    from recordings import Exchange


@chat_exchanges(lambda exchange: exchange.status >= 400)
def test_recorded_errors(exchange: Exchange) -> None:
    error = json.loads(exchange.answer)["error"]
    read = read_error(exchange.status, exchange.answer)
    assert error["message"] in read.message
    assert read.type == error.get("type")
    assert read.code == (None if error["code"] is None else str(error["code"]))


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"", ReadError()),
        (b"<html>", ReadError()),
        (b"null", ReadError()),
        (b"[]", ReadError()),
        (b"[[]]", ReadError()),
        (b"{}", ReadError()),
        (b'{"error":{"message":"m","type":"t","param":null,"code":"c"}}', ReadError("m", "t", "c")),
        (b'{"error":"m","code":"c"}', ReadError("m", None, "c")),
        (b'{"message":"m","type":"t","code":"1300"}', ReadError("m", "t", "1300")),
        (
            b'{"object":"error","message":"m","type":"BadRequestError","code":400}',
            ReadError("m", "BadRequestError", "400"),
        ),
        (b'{"detail":"Not Found"}', ReadError("Not Found")),
        (b'{"detail":[{"msg":"x"}]}', ReadError('[{"msg":"x"}]')),
        (
            b'{"error":{"message":"m","code":502,"metadata":{"raw":"why","provider_name":"P"}}}',
            ReadError("m: why", None, "502"),
        ),
        (
            b'[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":'
            b'[1,{"@type":"x"},{"retryDelay":"34.4s"}]}}]',
            ReadError("m", "RESOURCE_EXHAUSTED", "429", 34.4),
        ),
        (b'{"error":{"message":"m","details":[{"retryDelay":"soon"},{"retryDelay":"-1s"}]}}', ReadError("m")),
        (b'{"error":{"message":"m","details":[{"retryDelay":"xs"}]}}', ReadError("m")),
        (b'{"error":{"message":1}}', ReadError("1")),
    ],
)
def test_shapes(body: bytes, wanted: ReadError) -> None:
    assert read_error(400, body) == wanted


@given(st.binary(max_size=100))
def test_any_bytes(body: bytes) -> None:
    assert isinstance(read_error(500, body), ReadError)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "detail", "type", "code", "metadata", "raw", "details", "retryDelay"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_any_json(value: object) -> None:
    assert isinstance(read_error(500, json.dumps(value).encode()), ReadError)


def test_nesting_without_end() -> None:
    assert read_error(500, b"[" * 100_000) == ReadError()


def test_ones_own() -> None:
    error = InvalidField("`n` must be a whole number", param="n")
    assert read_error(400, error_body(error)) == ReadError(error.message, error.type, error.code)
    assert error_event(error) == b"data: " + error_body(error) + b"\n\n"
