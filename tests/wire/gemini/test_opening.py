"""What a whole answer of status 200 says instead of one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ajar.wire.gemini.opening import failure_in
from ajar.wire.opening import Failure

RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"}


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}, None),
        ({"candidates": [{"content": {"parts": [{"functionCall": {"args": {"error": "x"}}}]}}]}, None),
        (
            {"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED", "details": [RETRY]}},
            Failure(429, "m", "RESOURCE_EXHAUSTED", None, 34.4),
        ),
        ([{"error": {"message": "m", "status": "UNAVAILABLE"}}], Failure(503, "m", "UNAVAILABLE")),
        ({"error": {"message": "m", "status": "DEADLINE_EXCEEDED"}}, Failure(504, "m", "DEADLINE_EXCEEDED")),
        ({"error": "m"}, Failure(502, "m")),
    ],
)
def test_a_whole_answer(value: Any, wanted: Failure | None) -> None:
    assert failure_in(json.dumps(value).encode()) == wanted
