"""The HTTP status of an error that OpenAI's two formats, and servers that imitate them, told without one."""

from __future__ import annotations

from typing import Any, cast

_STATUSES = {
    "api_error": 500,
    "authentication_error": 401,
    "billing_error": 402,
    "bio_policy": 400,
    "content_filter": 400,
    "content_policy_violation": 400,
    "context_length_exceeded": 400,
    "cyber_policy": 400,
    "engine_overloaded": 503,
    "engine_overloaded_error": 503,
    "insufficient_quota": 429,
    "internal_error": 500,
    "internal_server_error": 500,
    "invalid_api_key": 401,
    "invalid_prompt": 400,
    "invalid_request_error": 400,
    "model_not_found": 404,
    "not_found_error": 404,
    "overloaded_error": 529,
    "permission_error": 403,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "request_too_large": 413,
    "server_error": 500,
    "server_is_overloaded": 503,
    "service_unavailable": 503,
    "slow_down": 503,
    "timeout": 504,
    "timeout_error": 504,
    # vLLM's and SGLang's types, beside a number in `code` that mostly says it too.
    "badrequesterror": 400,
    "internalservererror": 500,
    "notfounderror": 404,
    # Google's names, from its own endpoint for this format.
    "deadline_exceeded": 504,
    "internal": 500,
    "invalid_argument": 400,
    "not_found": 404,
    "permission_denied": 403,
    "resource_exhausted": 429,
    "unavailable": 503,
}


def status_of(error_type: str | None, code: str | None) -> int:
    """The status that goes with an error's code, else with its type; a number in either is one; 502 for neither."""
    for word in (code, error_type):
        if word:
            if word.isdecimal() and len(word) == 3 and word[0] in "45":
                return int(word)
            status = _STATUSES.get(word.lower())
            if status is not None:
                return status
    return 502


def told_status(value: Any) -> int | None:
    """The status that a decoded error says as a number, in its `error` or beside it; None where it says none."""
    if type(value) is not dict:
        return None
    outer = cast("dict[str, Any]", value)
    inner = outer.get("error")
    for each in (cast("dict[str, Any]", inner) if type(inner) is dict else outer, outer):
        for name in ("status_code", "code", "status"):
            number = each.get(name)
            number = int(number) if type(number) is str and number.isdecimal() and len(number) == 3 else number
            if type(number) is int and 400 <= number < 600:
                return number
    return None
