"""What a whole answer of status 200 says instead of one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ajar.wire.bedrock.opening import failure_in
from ajar.wire.opening import Failure


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"output": {"message": {"content": [{"text": "Hi"}]}}, "stopReason": "end_turn"}, None),
        ({"output": {}, "message": "m"}, None),
        ({}, None),
        ([], None),
        ({"message": "m"}, Failure(502, "m")),
        ({"message": "m", "__type": "a.b#ThrottlingException"}, Failure(429, "m", "ThrottlingException")),
        ({"Message": "m", "__type": "ModelNotReadyException"}, Failure(429, "m", "ModelNotReadyException")),
        (
            {"__type": "ServiceUnavailableException"},
            Failure(503, "the upstream answered with an error that it does not name", "ServiceUnavailableException"),
        ),
    ],
)
def test_a_whole_answer(value: Any, wanted: Failure | None) -> None:
    assert failure_in(json.dumps(value).encode()) == wanted


def test_what_is_no_json_is_for_the_answers_reader() -> None:
    assert failure_in(b"<html>") is None
