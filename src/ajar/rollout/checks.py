"""A route's checks: scorers as in a suite, for answers to which nobody knows the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.config.problem import Problem, hint
from ajar.errors import ConfigError
from ajar.evals.case import Case
from ajar.evals.scorers.python import Python
from ajar.evals.scorers.registry import build, scorer_kinds
from ajar.evals.scorers.rubric import Rubric

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from ajar.config.model import Config, Route
    from ajar.evals.scorer import Scorer

_DIRECT = "deployment:"
_LIVE = Case(input="live traffic")


def scorers_of(route: Route) -> dict[str, Scorer]:
    """The scorer of each check. Raises ConfigError at the first that live traffic cannot have."""
    return {name: _scorer(name, table) for name, table in route.checks.items()}


def check_faults(config: Config) -> list[Problem]:
    """What is wrong with the checks of all routes."""
    return list(_faults(config))


def _faults(config: Config) -> Iterator[Problem]:
    for name, route in config.routes.items():
        for check, table in route.checks.items():
            path = ("routes", name, "checks", check)
            try:
                scorer = _scorer(check, table)
            except ConfigError as error:
                yield from (Problem(path, text) for text in error.problems)
                continue
            if isinstance(scorer, Rubric) and (fault := _judge_fault(scorer, route, config)):
                yield Problem((*path, "route"), fault)


def _scorer(name: str, table: Mapping[str, Any]) -> Scorer:
    """A check is named after its scorer, or says which it is: `scorer = "json-schema"`."""
    kinds = scorer_kinds()
    if "scorer" not in table:
        if name not in kinds:
            raise ConfigError([f'add `scorer = "NAME"`: {hint(name, _usable(kinds), "the scorers")}'])
        table = {**table, "scorer": name}
    if table["scorer"] == Python.name:
        raise ConfigError(["code of one's own is not run on live traffic; use `python` in a suite"])
    scorer = build(table)
    if fault := scorer.fault(_LIVE):
        raise ConfigError([f"scorer `{scorer.name}`: live traffic has no target: {fault}"])
    return scorer


def _usable(kinds: Collection[str]) -> list[str]:
    return [kind for kind in kinds if kind != Python.name]


def _judge_fault(judge: Rubric, route: Route, config: Config) -> str | None:
    """A judge is shown what was asked and answered, so its route must not keep what this one does not."""
    asked = judge.route.removeprefix(_DIRECT)
    if asked != judge.route:
        known, what = config.deployments.keys(), "deployment"
    else:
        known, what = config.routes.keys(), "route"
    if asked not in known:
        return f"there is no {what} `{asked}`; {hint(asked, known, f'the {what}s')}"
    if what == "route" and route.bodies == "none" and config.routes[asked].bodies == "all":
        return f'route `{asked}` keeps bodies, and this one does not; have a route with bodies = "none" judge'
    return None
