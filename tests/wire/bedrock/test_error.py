"""Error bodies are read whatever they are."""

from __future__ import annotations

import pytest
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from ajar.wire.bedrock.error import error_name, read_error, status_of
from ajar.wire.read_error import ReadError
from recordings import Exchange, exchanges


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b'{"message":"no such model"}', ReadError("no such model")),
        (b'{"Message":"denied"}', ReadError("denied")),
        (b'{"message":"m","__type":"com.amazon#ThrottlingException"}', ReadError("m", "ThrottlingException")),
        (b'{"message":"m","code":"ValidationException:http://a/b"}', ReadError("m", "ValidationException")),
        (b'{"message":7,"__type":7}', ReadError()),
        (b"<html>", ReadError()),
        (b"[1]", ReadError()),
        (b"", ReadError()),
        (b"[" * 100_000, ReadError()),
    ],
)
def test_bodies(body: bytes, wanted: ReadError) -> None:
    assert read_error(400, body) == wanted


@pytest.mark.parametrize(
    "value",
    ["ThrottlingException", "ThrottlingException:http://internal.amazon.com/coral/", "aws.x#ThrottlingException:"],
)
def test_names(value: str) -> None:
    assert error_name(value) == "ThrottlingException"


def test_statuses_are_those_of_the_service() -> None:
    model = Session().get_service_model("bedrock-runtime")
    for shape in map(model.shape_for, model.shape_names):
        if shape.metadata.get("exception"):
            assert status_of(shape.name) == shape.metadata["error"]["httpStatusCode"]
            assert status_of(shape.name[0].lower() + shape.name[1:]) == shape.metadata["error"]["httpStatusCode"]
    assert status_of("somethingNewException") == 502


@given(st.binary(max_size=100), st.integers(100, 599))
def test_any_bytes(body: bytes, status: int) -> None:
    read_error(status, body)


@exchanges("bedrock", "/converse", lambda each: each.status != 200)
def test_recorded(exchange: Exchange) -> None:
    assert read_error(exchange.status, exchange.answer).message
