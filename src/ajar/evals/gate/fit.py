"""Whether a run can be judged at all: every sample answered, by the model that was meant, and with the number asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.config.problem import hint
from ajar.evals.metrics import MEASURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.evals.result import ArmResult, Metric, Result
    from ajar.evals.sample import Arm

_PREFIX = "deployment:"
_NAME_IT = f"name it as `{_PREFIX}NAME`, which has no fallback"


def unfit(metric: str, result: Result, metrics: Mapping[str, Metric]) -> str | None:
    """Why a demand on `metric` can neither pass nor fail; None where it can. `metrics` are all that the run has."""
    if "baseline" not in result.arms:
        return "there is no baseline: name one with --against"
    who = _shared(result.arms) or _several(result.arms) or _fallen_back(result.arms)
    return _unanswered(result) or who or _unreported(metric, metrics)


def _unanswered(result: Result) -> str | None:
    wanted = result.about.cases * result.about.repeats
    for name, arm in result.arms.items():
        count = sum(arm.errors.values())
        if count:
            told = ", ".join(f"{code} {number}" for code, number in arm.errors.items())
            return f"{count} of {arm.samples} samples of the {name} could not be judged ({told})"
        if arm.samples < wanted:
            return f"only {arm.samples} of {wanted} samples of the {name} are there"
    return None


def _shared(arms: Mapping[Arm, ArmResult]) -> str | None:
    """Whether a deployment answered for both: a fallback hides a model that is down, and compares one with itself.

    Where an endpoint names no deployment nothing can be told, and two endpoints may each have one of the same name.
    """
    candidate, baseline = arms["candidate"], arms["baseline"]
    both = candidate.deployments.keys() & baseline.deployments.keys()
    if not both or candidate.base_url != baseline.base_url:
        return None
    # Told is the stranger: not the model that bears the deployment's own name, else the one with fewer such answers.
    _, count, place, name = min(
        (arm.target.removeprefix(_PREFIX) == name, arm.deployments[name], place, name)
        for name in both
        for place, arm in enumerate((candidate, baseline))
    )
    which, other = ("baseline", "candidate") if place else ("candidate", "baseline")
    said = f"{count} of {arms[which].samples} answers of the {which} came from `{name}`"
    return f"{said}, which also answered for the {other}: {_NAME_IT}"


def _several(arms: Mapping[Arm, ArmResult]) -> str | None:
    for name, arm in arms.items():
        if len(arm.deployments) > 1:
            told = ", ".join(f"`{deployment}` {count}" for deployment, count in arm.deployments.items())
            return f"the answers of the {name} came from several deployments ({told}): {_NAME_IT}"
    return None


def _fallen_back(arms: Mapping[Arm, ArmResult]) -> str | None:
    """Whether a route's first deployment was down all the time: its fallback is not the model that was meant."""
    for which, arm in arms.items():
        for name, count in arm.deployments.items():
            if name in arm.plan[1:]:
                said = f"{count} of {arm.samples} answers of the {which} came from `{name}`, a fallback"
                return f"{said} of `{arm.target}`, which asks `{arm.plan[0]}` first: {_NAME_IT}"
    return None


def _unreported(name: str, metrics: Mapping[str, Metric]) -> str | None:
    """A number that only some samples have says nothing of the others, which may well be the worst."""
    metric = metrics.get(name)
    if metric is None and name in MEASURES:
        return f"no sample of either model reports {name}"
    if metric is None:
        return f"no metric `{name}`; {hint(name, metrics, 'the metrics')}"
    for arm, count in metric.missing.items():
        reports = f"report no {name}" if name in MEASURES else f"have no `{name}`"
        return f"{count} of {metric.samples} samples of the {arm} {reports}"
    return None if metric.comparison is not None else f"the two models have no case in common that has `{name}`"
