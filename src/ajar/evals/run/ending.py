"""How a run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.evals.sample import Arm

if TYPE_CHECKING:
    from ajar.evals.run.ledger import Ledger


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What there is by now. `added` is of this part of the run, the others of the whole of it."""

    total: int
    done: int
    added: int
    cached: int
    """Of the samples, those whose answer came from a cache: no evidence for a gate."""
    errors: dict[Arm, dict[str, int]]
    """By code; `unscored` has an answer, but a check that could not be judged."""
    cost_usd: float
    """Of all answers whose cost is known."""
    cost_unknown: int
    judge_calls: int
    """How many answers judges gave."""
    judge_cost_usd: float
    """Of those whose cost is known."""
    judge_cost_unknown: int


def counts(ledger: Ledger, total: int, added: int) -> Counts:
    """What a ledger has counted, of `total` samples; `added` are of this part of the run."""
    return Counts(
        total=total,
        done=ledger.count(),
        added=added,
        cached=ledger.cached,
        errors=ledger.errors(),
        cost_usd=ledger.cost_usd,
        cost_unknown=ledger.cost_unknown,
        judge_calls=ledger.judge_calls,
        judge_cost_usd=ledger.judge_cost_usd,
        judge_cost_unknown=ledger.judge_cost_unknown,
    )


class RunEnd(msgspec.Struct, frozen=True, kw_only=True):
    """`finished`: there is a sample of each question. Otherwise `why` says what stopped the run, and what helps."""

    finished: bool
    why: str = ""
    counts: Counts
