"""What one inference says of the deployment that it was assigned. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ajar.evals.run.price import cost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.config.model import Price
    from ajar.domain.record import Attempt, InferenceRecord

_NOBODYS: Final = frozenset({"caller_left", "copy_cut", "drained", "journal_unavailable", "overloaded"})
"""Errors that say nothing of a deployment. `internal_error` may: what Ajar cannot take is what that model answers."""
_TIMEOUTS: Final = frozenset(
    {
        "upstream_connect_timeout",
        "upstream_timeout",
        "upstream_first_byte_timeout",
        "upstream_budget_timeout",
        "upstream_gap_timeout",
        "upstream_total_timeout",
        "upstream_408",
        "upstream_504",
    }
)
_REFUSALS: Final = frozenset(
    {
        "content_filter",
        "content_filtered",
        "guardrail_intervened",
        "refusal",
        "sensitive",
        # Gemini's own words, in lower case
        "safety",
        "prohibited_content",
        "blocklist",
        "spii",
        "image_safety",
        "image_prohibited_content",
        "model_armor",
    }
)
_LEFT: Final = 499
OPERATORS: Final = frozenset({401, 402, 403, 408, 429})
"""Statuses below 500 that a request which reached no deployment does not bring about by itself."""


class Outcome(NamedTuple):
    """Of one inference. Times are milliseconds; None where the assigned deployment gave no answer to be measured.

    `cost_usd` and `tokens` are what the inference came to, whoever answered; None where that is not known.
    """

    error: bool
    timeout: bool
    refusal: bool
    ttfb_ms: float | None
    total_ms: float | None
    cost_usd: float | None
    tokens: float | None
    elsewhere: bool


def outcome_of(record: InferenceRecord, assigned: str, prices: Mapping[str, Price]) -> Outcome | None:
    """What the inference says of the deployment `assigned`; None where it says nothing.

    It failed where any attempt at it did, where it was never tried (its breaker was open, it had no place, it cannot be
    asked this), or where another answered. A refusal on grounds of safety is none of these, even if the route asked
    another deployment then. A caller who left before anything of the answer came waited in vain: were that nobody's
    failure, a candidate that hangs would show none. Nobody waits for a copy: Ajar itself cut that one. Who left later
    has read what he wanted, or not, and does not count; nor does what Ajar itself refused before any attempt. A 4xx of
    an upstream does: one answer does not tell whether another model would have taken the request, and leaving it out
    would hide a candidate that refuses what the control takes. It falls on both arms alike.
    """
    own = [attempt for attempt in record.attempts if attempt.deployment == assigned]
    faults = [attempt.error for attempt in own if attempt.error is not None and attempt.error not in _NOBODYS]
    waited = record.status == _LEFT and (not record.attempts or (bool(own) and own[-1].ttfb_ms is None))
    in_vain = waited and record.copy_of is None
    if not faults and not in_vain and _nobodys(record, own):
        return None
    elsewhere = record.deployment is not None and record.deployment != assigned
    declined = elsewhere and not faults and any(attempt.error is None for attempt in own)
    error = in_vain or bool(faults) or not own or (elsewhere and not declined)
    answered = not error and not elsewhere and record.error is None
    usage = record.usage
    spent = None
    if usage is not None and record.deployment is not None:
        spent = cost(usage, prices.get(record.deployment))
    return Outcome(
        error=error,
        timeout=any(fault in _TIMEOUTS for fault in faults),
        refusal=declined or (not elsewhere and (record.finish_reason or "").lower() in _REFUSALS),
        ttfb_ms=record.ttfb_ms if answered else None,
        total_ms=record.total_ms if answered else None,
        cost_usd=spent,
        tokens=None if usage is None else _sum(usage.input_tokens, usage.output_tokens),
        elsewhere=elsewhere,
    )


def _nobodys(record: InferenceRecord, own: list[Attempt]) -> bool:
    """Whether the inference came to its end by something else than a deployment's doing."""
    if record.status == _LEFT or record.error in _NOBODYS:
        return True
    if any(attempt.error in _NOBODYS for attempt in own) and record.deployment == own[-1].deployment:
        return True
    # The gateway found the request itself at fault: no model was asked, and none would have been.
    return not record.attempts and 400 <= record.status < 500 and record.status not in OPERATORS


def _sum(*counts: int | None) -> float | None:
    known = [count for count in counts if count is not None]
    return float(sum(known)) if len(known) == len(counts) else None
