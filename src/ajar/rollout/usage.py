"""What a route's recorded traffic made use of, in counts."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from ajar.traffic.filters import Filters
from ajar.traffic.query import open_traffic

if TYPE_CHECKING:
    from pathlib import Path

_COUNTS: Final = """
SELECT operation, count(*), count(*) FILTER (WHERE stream), count(*) FILTER (WHERE unit_hash IS NULL)
FROM traffic GROUP BY operation
"""
_TOKENS: Final = """
SELECT usage.input_tokens + coalesce(usage.output_tokens, 0) AS tokens FROM traffic
WHERE usage.input_tokens IS NOT NULL ORDER BY tokens
"""
_BODIES: Final = "SELECT operation, request FROM traffic WHERE request IS NOT NULL ORDER BY time DESC LIMIT $count"
_MOST_BODIES: Final = 200


class Used(NamedTuple):
    """Of live requests. `tokens` are those of each that says so, in and out, in rising order; `bodies` the newest."""

    requests: int
    streams: int
    without_unit: int
    operations: dict[str, int]
    tokens: list[int]
    bodies: list[tuple[str, str]]

    @property
    def longest(self) -> int | None:
        """The most tokens that a request took."""
        return self.tokens[-1] if self.tokens else None

    @property
    def counted(self) -> int:
        """How many requests say what they took."""
        return len(self.tokens)

    def longer_than(self, tokens: int) -> int:
        """How many took more."""
        return len(self.tokens) - bisect_right(self.tokens, tokens)


def used(state_dir: Path, route: str, since: int) -> Used:
    """Of the route's live traffic since a time in microseconds since 1970 UTC. Raises StateError and OSError."""
    filters = Filters(since=since, routes=(route,), purposes=("live",))
    with open_traffic(state_dir) as traffic:
        counts = traffic.query(_COUNTS, filters).fetchall()
        tokens = [row[0] for row in traffic.query(_TOKENS, filters).fetchall()]
        bodies = traffic.query(_BODIES, filters, count=_MOST_BODIES).fetchall()
    return Used(
        requests=sum(row[1] for row in counts),
        streams=sum(row[2] for row in counts),
        without_unit=sum(row[3] for row in counts),
        operations={row[0]: row[1] for row in counts},
        tokens=tokens,
        bodies=[(row[0], row[1]) for row in bodies],
    )
