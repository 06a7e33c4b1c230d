"""From what the runs found to one verdict. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.evals.gate.fit import unfit
from ajar.evals.metrics import better
from ajar.evals.result import Decision, Gate
from ajar.evidence import sentence
from ajar.evidence.holm import holm
from ajar.evidence.settle import clusters_of
from ajar.evidence.verdict import cases_to_fail
from ajar.evidence.verdict import decide as rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ajar.evals.gate.demand import Demand
    from ajar.evals.result import Result, Timing, Verdict

Found = tuple["Result", "Timing"]
_ORDER: tuple[Verdict, ...] = ("COULD NOT RUN", "FAIL", "INCONCLUSIVE", "PASS")


def decide(demands: Sequence[Demand], found: Mapping[str, Found | str]) -> Gate:
    """`found` has what the run of each suite found, or why it could not run.

    PASS where every demand passes: since all must, no correction is needed (an intersection-union test). A demand fails
    where it does after Holm's correction over all demands, so that many suites raise no false alarm. Whatever could not
    run is neither.
    """
    decisions: list[Decision] = []
    failing: dict[int, float] = {}
    for demand in demands:
        decision, p_fail = _one(demand, found[demand.suite])
        if p_fail is not None:
            failing[len(decisions)] = p_fail
        decisions.append(decision)
    for number, adjusted in zip(failing, holm(list(failing.values())), strict=True):
        decisions[number] = _corrected(decisions[number], adjusted, len(failing))
    verdict = _ORDER[min((_ORDER.index(decision.verdict) for decision in decisions), default=0)]
    return Gate(verdict=verdict, decisions=decisions)


def _one(demand: Demand, found: Found | str) -> tuple[Decision, float | None]:
    """The decision before any correction, and the p-value of failing where the demand can be judged."""
    if isinstance(found, str):
        return _could_not(demand, found), None
    result, timing = found
    metrics = {metric.name: metric for metric in (*result.metrics, *timing.metrics)}
    why = unfit(demand.metric, result, metrics)
    metric = metrics.get(demand.metric)
    if why is not None or metric is None or metric.comparison is None:
        return _could_not(demand, why or "there is nothing to compare"), None
    ruling = rule(metric.comparison, demand.margin, metric.better, unit=metric.unit)
    decision = Decision(
        suite=demand.suite,
        metric=demand.metric,
        margin=demand.margin,
        verdict=ruling.verdict,
        why=ruling.why,
        needed=ruling.needed,
        comparison=metric.comparison,
    )
    return decision, ruling.p_fail


def _could_not(demand: Demand, why: str) -> Decision:
    return Decision(suite=demand.suite, metric=demand.metric, margin=demand.margin, verdict="COULD NOT RUN", why=why)


def _corrected(decision: Decision, adjusted: float, demands: int) -> Decision:
    assert decision.comparison is not None
    if decision.verdict != "FAIL" or demands == 1 or adjusted <= (1 - decision.comparison.confidence) / 2:
        return decision
    needed = cases_to_fail(decision.comparison, decision.margin, better(decision.metric), tests=demands)
    why = f"{decision.why}; but among {demands} demands, one as bad as this is to be expected by chance (Holm)"
    if needed is not None:
        why = f"{why}; {sentence.cases(needed, clusters_of(decision.comparison, needed))}"
    return msgspec.structs.replace(decision, verdict="INCONCLUSIVE", why=why, needed=needed)
