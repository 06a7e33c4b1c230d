"""Whose fault it was: what an attempt's outcome says of its deployment's health. Pure."""

from __future__ import annotations

COPY_CUT = "copy_cut"
"""A copy of a live inference gave way, or was too long."""

_FAULTS = frozenset(
    {
        "upstream_connect_failed",
        "upstream_connect_timeout",
        "upstream_no_credentials",
        "upstream_first_byte_timeout",
        "upstream_gap_timeout",
        "upstream_closed",
        "upstream_garbage",
        "upstream_error_event",
    }
)
_FAULTY = frozenset({401, 402, 429})
"""Below 500 only what no caller can bring about alone: a refusal of the operator's account."""
_NOBODYS = frozenset(
    {
        "upstream_total_timeout",
        "upstream_budget_timeout",
        "caller_left",
        "drained",
        "journal_unavailable",
        "internal_error",
        COPY_CUT,
    }
)
"""These say nothing of the deployment."""


def well(status: int | None, error: str | None) -> bool | None:
    """Whether the deployment did what it should; None where the outcome does not tell."""
    if error is None:
        return True
    if error in _FAULTS:
        return False
    if error in _NOBODYS:
        return None
    return status is not None and status < 500 and status not in _FAULTY
