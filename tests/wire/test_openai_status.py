"""The status of an OpenAI error that was told without one."""

from __future__ import annotations

from typing import Any

import pytest

from ajar.wire.openai_status import status_of, told_status


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (None, None, 502),
        ("", "", 502),
        ("new_error", "new_code", 502),
        ("server_error", None, 500),
        ("server_error", "server_error", 500),
        ("internal_error", None, 500),
        ("tokens", "rate_limit_exceeded", 429),
        ("rate_limit_error", None, 429),
        ("insufficient_quota", "insufficient_quota", 429),
        ("invalid_request_error", None, 400),
        ("invalid_request_error", "context_length_exceeded", 400),
        ("invalid_request_error", "model_not_found", 404),
        ("overloaded_error", None, 529),
        (None, "server_is_overloaded", 503),
        (None, "slow_down", 503),
        (None, "content_filter", 400),
        (None, "429", 429),
        ("BadRequestError", "400", 400),
        ("InternalServerError", None, 500),
        ("503", None, 503),
        ("rate_limit_error", "200", 429),
        ("rate_limit_error", "1302", 429),
        ("RESOURCE_EXHAUSTED", None, 429),
        ("UNAVAILABLE", None, 503),
        (None, "DEADLINE_EXCEEDED", 504),
    ],
)
def test_the_code_tells_more_than_the_type(kind: str | None, code: str | None, status: int) -> None:
    assert status_of(kind, code) == status


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ({"error": {"code": 400}}, 400),
        ({"error": {"code": "529"}}, 529),
        ({"error": {"status_code": 404, "code": 400}}, 404),
        ({"error": {"message": "m"}, "status": 503}, 503),
        ({"error": "m", "code": 429}, 429),
        ({"status_code": 500}, 500),
        ({"error": {"code": 1301}}, None),
        ({"error": {"code": 200}}, None),
        ({"error": {"code": True, "status": "failed"}}, None),
        ({}, None),
        ("m", None),
        (None, None),
    ],
)
def test_a_status_in_a_number(value: Any, status: int | None) -> None:
    assert told_status(value) == status
