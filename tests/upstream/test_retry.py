"""What to do after a refusal."""

from __future__ import annotations

import json

import pytest

from ajar.upstream.providers import providers
from ajar.upstream.retry import Next, after_refusal
from ajar.wire.anthropic.error import read_error as read_anthropic
from ajar.wire.bedrock.error import read_error as read_bedrock
from ajar.wire.gemini.error import read_error as read_gemini
from ajar.wire.openai_chat.error import read_error as read_chat
from ajar.wire.read_error import ReadError

NOTHING = ReadError()


def after(
    status: int,
    error: ReadError = NOTHING,
    headers: dict[bytes, bytes] | None = None,
    row: str = "openai",
    *,
    denied: bool = False,
) -> Next:
    return after_refusal(providers()[row].retry, status, (headers or {}).get, error, denied=denied)


@pytest.mark.parametrize(
    ("row", "again"),
    [
        ("openai", {408, 409, 429, 500, 502, 503, 504, 529}),
        ("anthropic", {408, 409, 429, 500, 502, 503, 504, 529}),
        ("gemini", {408, 429, 500, 502, 503, 504}),
        ("vertex", {408, 429, 500, 502, 503, 504}),
        ("bedrock", {408, 424, 429, 500, 502, 503, 504}),
        ("groq", {408, 409, 429, 498, 500, 502, 503, 504}),
        ("vllm", {408, 429, 500, 502, 503, 504}),
    ],
)
def test_the_row_says_what_may_be_sent_again(row: str, again: set[int]) -> None:
    assert {status for status in range(400, 600) if after(status, row=row) == "again"} == again


@pytest.mark.parametrize("row", sorted(providers()))
def test_what_no_repeat_mends_goes_elsewhere_or_back_to_the_caller(row: str) -> None:
    retry = providers()[row].retry
    for status in range(400, 600):
        if status not in retry:
            moves = status >= 500 or status in {401, 402, 404, 408, 409, 424}
            assert after(status, row=row) == ("elsewhere" if moves else "stop"), status


@pytest.mark.parametrize("status", [400, 403, 405, 406, 411, 413, 414, 415, 417, 421, 422, 428, 431, 451, 499])
def test_the_callers_own_mistake_goes_nowhere(status: int) -> None:
    assert after(status) == "stop"
    assert after(status, headers={b"x-should-retry": b"false"}) == "stop"
    assert after(status, headers={b"x-should-retry": b"true"}) == "stop"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_of_ajars_own_credentials_goes_elsewhere(status: int) -> None:
    assert after(status, denied=True) == "elsewhere"


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
def test_a_server_that_says_no_repeat_gets_none(status: int) -> None:
    assert after(status, headers={b"x-should-retry": b"false"}) == "elsewhere"
    assert after(status, headers={b"x-should-retry": b"true"}) == "again"
    assert after(status, headers={b"x-should-retry": b"perhaps"}) == "again"


@pytest.mark.parametrize("status", [401, 402, 404, 424, 501, 505, 520, 599])
def test_a_server_that_asks_for_a_repeat_gets_one(status: int) -> None:
    assert after(status) == "elsewhere"
    assert after(status, headers={b"x-should-retry": b"true"}) == "again"
    assert after(status, headers={b"x-should-retry": b"false"}) == "elsewhere"


def chat(kind: str | None, code: str | None) -> ReadError:
    return read_chat(0, json.dumps({"error": {"message": "m", "type": kind, "param": None, "code": code}}).encode())


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (429, "insufficient_quota", "insufficient_quota"),
        (429, "insufficient_quota", None),
        (429, None, "insufficient_quota"),
        (429, "billing_not_active", "billing_not_active"),
        (400, "invalid_request_error", "billing_hard_limit_reached"),
    ],
)
def test_openais_empty_account_goes_elsewhere(status: int, kind: str | None, code: str | None) -> None:
    assert after(status, chat(kind, code)) == "elsewhere"


def test_a_limit_for_a_minute_may_be_asked_again() -> None:
    assert after(429, chat("tokens", "rate_limit_exceeded")) == "again"


def test_groqs_413_for_the_accounts_limit_goes_elsewhere_and_any_other_nowhere() -> None:
    assert after(413, chat("tokens", "rate_limit_exceeded"), row="groq") == "elsewhere"
    assert after(413, chat("invalid_request_error", None), row="groq") == "stop"


REJECTED = {b"anthropic-ratelimit-unified-status": b"rejected"}


def anthropic(kind: str, message: str = "m") -> ReadError:
    return read_anthropic(0, json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode())


@pytest.mark.parametrize("should", [{}, {b"x-should-retry": b"true"}, {b"x-should-retry": b"false"}])
def test_anthropics_long_quota_goes_elsewhere_whatever_the_server_says_of_repeats(should: dict[bytes, bytes]) -> None:
    error = anthropic("rate_limit_error")
    assert after(429, error, {**REJECTED, **should, b"retry-after": b"287441"}, "anthropic") == "elsewhere"


def test_anthropics_other_limits_may_be_asked_again() -> None:
    error = anthropic("rate_limit_error")
    assert after(429, error, {b"anthropic-ratelimit-unified-status": b"allowed"}, "anthropic") == "again"
    assert after(429, error, row="anthropic") == "again"
    assert after(529, anthropic("overloaded_error"), REJECTED, "anthropic") == "again"


def test_anthropics_empty_account_goes_elsewhere() -> None:
    words = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."
    assert after(400, anthropic("invalid_request_error", words), row="anthropic") == "elsewhere"
    assert after(400, anthropic("invalid_request_error", f"messages: {words}"), row="anthropic") == "stop"
    assert after(402, anthropic("billing_error"), {b"x-should-retry": b"true"}, "anthropic") == "elsewhere"


def gemini(*quotas: str) -> ReadError:
    details = [
        {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{"quotaMetric": "m", "quotaId": quota} for quota in quotas],
        },
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3.5s"},
    ]
    body = {"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED", "details": details}}
    return read_gemini(429, json.dumps(body).encode())


def test_geminis_quota_for_a_day_goes_elsewhere_and_the_one_for_a_minute_may_be_asked_again() -> None:
    minute, day = (f"GenerateRequestsPer{span}PerProjectPerModel-FreeTier" for span in ("Minute", "Day"))
    assert after(429, gemini(minute), row="gemini") == "again"
    assert after(429, gemini(day), row="gemini") == "elsewhere"
    assert after(429, gemini(minute, day), row="gemini") == "elsewhere"


def test_bedrocks_used_up_quota_goes_elsewhere() -> None:
    page = b"http://internal.amazon.com/coral/com.amazon.bedrock/"
    named = {b"x-amzn-errortype": b"ServiceQuotaExceededException:" + page}
    assert after(400, read_bedrock(400, b'{"message":"m"}'), named, "bedrock") == "elsewhere"
    body = b'{"__type":"com.amazon#ServiceQuotaExceededException","message":"m"}'
    assert after(400, read_bedrock(400, body), row="bedrock") == "elsewhere"
    wrong = {b"x-amzn-errortype": b"ValidationException:" + page}
    assert after(400, read_bedrock(400, b'{"message":"m"}'), wrong, "bedrock") == "stop"


def test_bedrocks_throttling_may_be_asked_again_unless_it_is_for_the_day() -> None:
    def throttled(message: str) -> Next:
        headers = {b"x-amzn-errortype": b"ThrottlingException:http://x/"}
        return after(429, read_bedrock(429, json.dumps({"message": message}).encode()), headers, "bedrock")

    assert throttled("Too many tokens, please wait before trying again.") == "again"
    assert throttled("Too many tokens per day, please wait before trying again.") == "elsewhere"


def test_any_bytes_may_stand_in_a_header() -> None:
    headers = dict.fromkeys(
        (b"x-should-retry", b"x-amzn-errortype", b"anthropic-ratelimit-unified-status"), b"\xff\x00"
    )
    assert after(503, headers=headers) == "again"
