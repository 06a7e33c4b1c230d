"""Where a roll-back can go: the plans that a route had, as its revisions tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ajar.config.revision import Revision


class Plan(NamedTuple):
    """Who answers a route, in order."""

    primary: str
    fallback: tuple[str, ...]

    def __str__(self) -> str:
        return self.primary if not self.fallback else f"{self.primary} (then {', '.join(self.fallback)})"


def plans(revisions: Iterable[Revision], base: str, file: Plan | None) -> list[Plan]:
    """The plans below each other, the one in force last; `file` is that of the file's table, whose digest is `base`.

    A plan that comes back, by a roll-back or as a rollout's control, ends all that came after it: so nothing goes back
    to what was left for good reason. Revisions over another table count no longer.
    """
    found = [] if file is None else [file]
    for revision in revisions:
        if revision.base != base:
            continue
        # The control of an experiment is the plan that was there before, whatever the experiment leaves out of it.
        experiment = revision.split is not None or revision.copying is not None
        if experiment and found and found[-1].primary == revision.primary:
            continue
        plan = Plan(revision.primary, revision.fallback)
        if plan in found:
            del found[found.index(plan) + 1 :]
        else:
            found.append(plan)
    return found


def to_deployment(name: str, before: list[Plan]) -> Plan:
    """The newest of these plans that has this deployment first, or else the one in force with it put first."""
    for plan in reversed(before):
        if plan.primary == name:
            return plan
    fallback = before[-1].fallback if before else ()
    return Plan(name, tuple(one for one in fallback if one != name))


def shares(revision: Revision) -> str:
    """Who answers under this revision, in words: `95 % old, 5 % new (then third)`."""
    plan = Plan(revision.primary, revision.fallback)
    if revision.split is not None:
        arms = ", ".join(f"{arm.percent:g} % {arm.deployment}" for arm in revision.split.arms)
        return arms if not revision.fallback else f"{arms} (then {', '.join(revision.fallback)})"
    if revision.copying is not None:
        return f"{plan}, copied to {revision.copying.deployment} ({revision.copying.share:.3g} of the requests)"
    return str(plan)
