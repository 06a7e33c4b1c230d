"""Which records a question is about."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from ajar.domain.record import InferenceRecord

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_RELATIVE = re.compile(r"([0-9]{1,9})([smhdw])")
_STATUS = re.compile(r"[1-5](?:xx|[0-9]{2})")

FAILED: Final = "(error IS NOT NULL OR status >= 400)"
"""What counts as failed, in SQL."""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """All of these must hold; what is empty or None holds for every record.

    `since` (inclusive) and `until` (exclusive) are microseconds since 1970 UTC. `statuses` is a range of HTTP statuses,
    both ends included. `errors` keeps what failed: an error code, or a status of 400 or above.
    """

    since: int | None = None
    until: int | None = None
    routes: tuple[str, ...] = ()
    deployments: tuple[str, ...] = ()
    callers: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    statuses: tuple[int, int] | None = None
    errors: bool = False

    def match(self, record: InferenceRecord) -> bool:
        """Whether the record is one of those that are asked for."""
        low, high = self.statuses or (0, 999)
        return (
            (self.since is None or record.time >= self.since)
            and (self.until is None or record.time < self.until)
            and (not self.routes or record.route in self.routes)
            and (not self.deployments or record.deployment in self.deployments)
            and (not self.callers or record.caller in self.callers)
            and (not self.purposes or record.purpose in self.purposes)
            and low <= record.status <= high
            and (not self.errors or record.error is not None or record.status >= 400)
        )

    def where(self) -> tuple[str, dict[str, Any]]:
        """The same as a DuckDB condition and its parameters."""
        low, high = self.statuses or (None, None)
        parts = {
            "time >= make_timestamptz($since)": ("since", self.since),
            "time < make_timestamptz($until)": ("until", self.until),
            "list_contains($routes, route)": ("routes", list(self.routes)),
            "list_contains($deployments, deployment)": ("deployments", list(self.deployments)),
            "list_contains($callers, caller)": ("callers", list(self.callers)),
            "list_contains($purposes, purpose)": ("purposes", list(self.purposes)),
            "status >= $low": ("low", low),
            "status <= $high": ("high", high),
        }
        used = {part: parameter for part, parameter in parts.items() if parameter[1] not in (None, [])}
        conditions = [*used, *([FAILED] if self.errors else [])]
        return " AND ".join(conditions) or "true", dict(used.values())


def parse_time(text: str, now: float) -> int:
    """An age (`90s`, `30m`, `1h`, `7d`, `2w`) before `now` in Unix seconds, or an ISO 8601 time.

    A time that names no zone is in UTC. Returns microseconds since 1970 UTC. ValueError is a sentence for a person.
    """
    if relative := _RELATIVE.fullmatch(text.strip()):
        return max(0, int((now - int(relative[1]) * _SECONDS[relative[2]]) * 1_000_000))
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(
            f"{text!r} is not a time: write an age such as 30m, 24h or 7d, or a time such as 2026-01-31T18:00"
        ) from None
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return (time - EPOCH) // timedelta(microseconds=1)


def parse_status(text: str) -> tuple[int, int]:
    """`5xx` or `429` as a range of statuses. Raises ValueError with a sentence for a person."""
    if not _STATUS.fullmatch(text.lower()):
        raise ValueError(f"{text!r} is not a status: write a class such as 5xx, or a status such as 429")
    if text[1:].lower() == "xx":
        return int(text[0]) * 100, int(text[0]) * 100 + 99
    return int(text), int(text)
