"""What a paired comparison of two models found."""

from __future__ import annotations

import msgspec

from ajar.evidence.estimate import Method
from ajar.evidence.interval import Reach
from ajar.evidence.stray import Strays


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Candidate less baseline over the cases that both answered, in the metric's own unit.

    `low` to `high` is the two-sided interval of `difference`. `smallest` is the smallest true difference that a run
    like this one finds with a chance of about 80%, or more: with Tango's interval it is at most this. `wins`, `losses`
    and `ties` count cases in which the candidate's value is larger, smaller, or the same. `limited` says why this
    comparison cannot pass whatever its interval is; None where it can. `skew`, `reach` and `units` are those of the
    difference's standard error and interval.
    """

    difference: float
    low: float
    high: float
    confidence: float
    n: int
    method: Method
    wins: int
    losses: int
    ties: int
    smallest: float
    se: float | None = None
    df: float | None = None
    clusters: int | None = None
    mcnemar_p: float | None = None
    """Exact two-sided p of McNemar's test: told beside a binary comparison, and never part of a verdict."""
    limited: str | None = None
    units: float | None = None
    """How many independent cases or clusters it comes to: unequal clusters count as fewer equal ones."""
    skew: float = 0.0
    """How lopsided the differences are. Beyond 0.1, a verdict needs more room than t's interval on that side."""
    width: float | None = None
    """From one end of the metric's scale to the other, so that differences lie within it; None where it has no ends."""
    apart: int | None = None
    """Of t's units, how many differ from the most common difference: fewer than 8 say too little of the spread."""
    reach: Reach | None = None
    """How the interval was made longer than t's for what so few differing cases cannot show; None where it was not."""
    strays: Strays | None = None
    """The cases far from all others, on a scale without ends; None where there are none."""

    @property
    def bounded(self) -> bool:
        """Whether the ends of the metric's scale were known."""
        return self.width is not None
