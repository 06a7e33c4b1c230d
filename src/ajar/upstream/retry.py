"""What to do after a refusal: ask the same deployment again, ask another one, or tell the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from ajar.wire.bedrock.error import error_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.wire.read_error import ReadError

Next: TypeAlias = Literal["again", "elsewhere", "stop"]

# Another deployment may have another account, model, load or process. 402: this account cannot pay. 424: what the
# upstream itself relies on failed (in TGI: the model's process).
_ELSEWHERE = frozenset({401, 402, 404, 408, 409, 424, 429})

_SPENT = frozenset(
    {
        "insufficient_quota",  # OpenAI; 429
        "billing_not_active",  # OpenAI; 429
        "billing_hard_limit_reached",  # OpenAI; 400
        "billing_error",  # Anthropic; 402
        "ServiceQuotaExceededException",  # Bedrock; 400
    }
)
"""Codes and types of errors which say that an account has used up what it may."""

_SPENT_WORDS = (
    "Your credit balance is too low",  # Anthropic; an `invalid_request_error` of status 400
    "Too many tokens per day",  # Bedrock; a `ThrottlingException`, as one for a minute is
)
"""How messages begin that alone say so."""


def after_refusal(
    row_retry: frozenset[int],
    status: int,
    header: Callable[[bytes], bytes | None],
    error: ReadError,
    *,
    denied: bool = False,
) -> Next:
    """What may help after a refusal that has this status (400 or above), these headers and this error in its body.

    "again": the same request, at the same deployment, and of course at another. "elsewhere": at another only. "stop":
    nowhere, for the request is at fault. `row_retry` is the provider row's `retry`; `header` gives a header's value by
    its name in lower case; `denied` tells that Ajar's own credentials were refused.

    `x-should-retry`, which OpenAI's and Anthropic's own clients obey, decides between the first two, with two
    exceptions. A used-up quota stays "elsewhere": Anthropic sends `true` with a quota that comes back in hours. And
    "stop" stays, though those clients would repeat even that: a caller at fault is told so at once, by the first
    upstream that finds it.
    """
    if _is_spent(status, header, error):
        return "elsewhere"
    if status in row_retry:
        return "elsewhere" if header(b"x-should-retry") == b"false" else "again"
    # Groq has 413 for a request over the account's tokens for a minute.
    if denied or status >= 500 or status in _ELSEWHERE or error.code == "rate_limit_exceeded":
        return "again" if header(b"x-should-retry") == b"true" else "elsewhere"
    return "stop"


def _is_spent(status: int, header: Callable[[bytes], bytes | None], error: ReadError) -> bool:
    """Whether the deployment's account has used up what it may, for longer than a repeat could wait."""
    if error.code in _SPENT or error.type in _SPENT or error.message.startswith(_SPENT_WORDS):
        return True
    # The code is Gemini's name of the quota: `GenerateRequestsPerDayPerProjectPerModel-FreeTier`.
    if status == 429 and (
        header(b"anthropic-ratelimit-unified-status") == b"rejected" or "PerDay" in (error.code or "")
    ):
        return True
    kind = header(b"x-amzn-errortype")
    return kind is not None and error_name(kind.decode("latin-1")) in _SPENT
