"""How the numbers of a report were computed, in sentences: only what this result used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.evals.metrics import PASSED
from ajar.evals.reports.digits import of_metric
from ajar.evals.reports.plain import title, whole

if TYPE_CHECKING:
    from ajar.evals.result import Metric, Result, Timing
    from ajar.evidence.estimate import Method

_SINGLE: dict[Method, tuple[str, str]] = {
    "wilson": ("Single shares", "Wilson's score interval (1927), which holds its level for few cases too."),
    "t": ("Single means", "The mean over cases with its standard error and Student's t."),
    "clustered-t": (
        "Single means",
        "The mean over cases; its standard error counts clusters, not cases (Miller 2024, appendix A, corrected by "
        "G/(G−1)), with Student's t on G−1 degrees of freedom, or fewer where clusters are unequal (Satterthwaite).",
    ),
}
_PAIRED: dict[Method, tuple[str, str]] = {
    "tango": (
        "Differences of yes and no",
        "Tango's score interval for paired proportions (1998): both models answered the same cases once.",
    ),
    "t": (
        "Differences of means",
        "The mean of the differences case by case, each a mean over repeats, with Student's t (Miller 2024, "
        "arXiv 2411.00640).",
    ),
    "clustered-t": (
        "Differences of means in clusters",
        "As differences of means, but cases of one cluster are not independent: the standard error counts clusters "
        "(Miller 2024, appendix A, corrected by G/(G−1)), with Student's t on G−1 degrees of freedom, or fewer where "
        "clusters are unequal (Satterthwaite).",
    ),
}


class Note(msgspec.Struct, frozen=True):
    """What was computed, and how."""

    what: str
    how: str


def methods(result: Result, timing: Timing) -> list[Note]:
    """The notes in the order of reading."""
    metrics = [*result.metrics, *(metric for tag in result.tags for metric in tag.metrics), *timing.metrics]
    notes: dict[str, str] = {}
    for metric in metrics:
        for estimate in (metric.candidate, metric.baseline):
            if estimate is not None and estimate.method in _SINGLE:
                notes.update([_SINGLE[estimate.method]])
        if metric.comparison is not None and metric.comparison.method in _PAIRED:
            notes.update([_PAIRED[metric.comparison.method]])
    found = [Note(what, how) for what, how in notes.items()]
    return [*found, *_about_power(result), *_mcnemar(result), *_limits(result, timing), *_gate(result)]


def _about_power(result: Result) -> list[Note]:
    told = [
        f"{title(metric.name)} {of_metric(metric).difference(metric.comparison.smallest, unit=True).lstrip('+')}"
        for metric in whole(result)
        if metric.comparison is not None and metric.unit == "share"
    ]
    if not told:
        return []
    how = f"What a run of this size finds four times out of five (80% power): {', '.join(told)}."
    return [Note("Smallest difference to be seen", how)]


def _mcnemar(result: Result) -> list[Note]:
    metric = _first(result)
    if metric is None or metric.comparison is None or metric.comparison.mcnemar_p is None:
        return []
    p = metric.comparison.mcnemar_p
    written = "below 0.0001" if p < 0.0001 else f"{p:.4f}"
    how = f"Exact two-sided p of {title(metric.name)}: {written}. Told beside the interval; it decides nothing."
    return [Note("McNemar's test", how)]


def _limits(result: Result, timing: Timing) -> list[Note]:
    limits: dict[str, list[str]] = {}
    for metric in (*whole(result), *timing.metrics):
        if metric.comparison is not None and metric.comparison.limited is not None:
            limits.setdefault(metric.comparison.limited, []).append(title(metric.name))
    return [Note(f"Cannot pass: {', '.join(names)}", why) for why, names in limits.items()]


def _gate(result: Result) -> list[Note]:
    if result.gate is None:
        return []
    how = (
        "PASS where the interval lies wholly on the good side of the margin, FAIL where it lies wholly beyond it, else "
        "INCONCLUSIVE. "
    )
    if len(result.gate.decisions) > 1:
        how += "All demands must pass, which needs no correction; one fails only if it still does after Holm's."
    return [Note("Verdict", how.strip())]


def _first(result: Result) -> Metric | None:
    return next((metric for metric in result.metrics if metric.name == PASSED), None)
