"""Google's errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ajar.domain.dialog.events import Failed
from ajar.wire.gemini.error import error_in, failed_of, read_error
from ajar.wire.read_error import ReadError


def quota(delay: Any = "34.4s") -> dict[str, Any]:
    return {
        "error": {
            "code": 429,
            "message": "You exceeded your quota.",
            "status": "RESOURCE_EXHAUSTED",
            "details": [
                {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": []},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay},
                {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"},
                {"@type": 1},
                "x",
            ],
        }
    }


@pytest.mark.parametrize("wrap", [lambda error: error, lambda error: [error]])
def test_an_error_is_read_also_in_a_list(wrap: Any) -> None:
    expected = ReadError("You exceeded your quota.", "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", 34.4)
    assert read_error(429, json.dumps(wrap(quota())).encode()) == expected


@pytest.mark.parametrize(
    ("delay", "wait"),
    [
        ("60s", 60.0),
        ("17s", 17.0),
        ("3.5s", 3.5),
        ("34.074824224s", 34.074824224),
        ("0s", 0.0),
        ("-1s", None),
        ("nans", None),
        ("3.s", None),
        ("x", None),
        (3, None),
        ("1e9s", None),
    ],
)
def test_the_delay_is_in_seconds(delay: Any, wait: float | None) -> None:
    assert read_error(429, json.dumps(quota(delay)).encode()).retry_after == wait


DAY = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
MINUTE = "GenerateContentInputTokensPerModelPerMinute-FreeTier"


@pytest.mark.parametrize(
    ("violations", "code"),
    [
        ([{"quotaId": MINUTE}, {"quotaId": DAY}], DAY),
        ([{"quotaId": MINUTE}], "RATE_LIMIT_EXCEEDED"),
        ([{"quotaId": 3}, {}, "x", None], "RATE_LIMIT_EXCEEDED"),
        ({"quotaId": DAY}, "RATE_LIMIT_EXCEEDED"),
        (None, "RATE_LIMIT_EXCEEDED"),
    ],
)
def test_a_quota_for_a_day_is_the_code(violations: Any, code: str) -> None:
    body = quota()
    body["error"]["details"][0]["violations"] = violations
    assert read_error(429, json.dumps(body).encode()).code == code
    body["error"]["details"].append({"@type": "type.googleapis.com/google.rpc.QuotaFailure"})
    assert read_error(429, json.dumps(body).encode()).code == code


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"[1]", b"3", b"{}", b'{"error":3}', b"\xff", b"[" * 9999])
def test_what_is_no_error_says_nothing(body: bytes) -> None:
    assert read_error(500, body) == ReadError()


def test_an_error_may_be_a_plain_string() -> None:
    assert read_error(500, b'{"error":"no"}') == ReadError("no")


@pytest.mark.parametrize(
    ("error", "failed"),
    [
        (quota()["error"], Failed("You exceeded your quota.", "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", 429, 34.4)),
        ({"status": "UNAVAILABLE", "message": "later"}, Failed("later", "UNAVAILABLE", None, 503)),
        ({"code": 8, "status": "INTERNAL", "message": "m"}, Failed("m", "INTERNAL", None, 500)),
        ({"code": True, "message": "m"}, Failed("m")),
        ({}, Failed("the upstream ended its stream with an error")),
    ],
)
def test_an_error_in_a_stream_has_the_status_that_it_would_have_had(error: Any, failed: Failed) -> None:
    assert failed_of(error) == failed


def test_an_error_object_is_found() -> None:
    assert error_in(b'[{"error":{"code":500}}]') == {"code": 500}
    assert error_in(b'{"error":null}') is None
