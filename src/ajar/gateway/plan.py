"""What to try, in which order. Pure: facts in, plan out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.config.model import Budget, Repeat
from ajar.errors import Forbidden, InvalidField, UnknownModel
from ajar.gateway.target import Target

if TYPE_CHECKING:
    from ajar.gateway.admit import Caller
    from ajar.gateway.tables import RouteTable, Tables

_DIRECT = "deployment:"


class Plan(msgspec.Struct, frozen=True):
    """The targets of one inference in order, those that can be tried now.

    `route` is None where a deployment was addressed directly.
    """

    route: str | None
    targets: tuple[Target, ...]
    keep_bodies: bool
    meter_streams: bool
    strict: bool = False
    absent: tuple[Target, ...] = ()
    """The route's other targets: down, or excluded by the caller."""
    repeat: Repeat = "own"
    asks_on: bool = False
    """Whether the next target is asked what one declines on grounds of safety."""
    budget: Budget = Budget()
    keepalive_s: float = 0.0


def plan(tables: Tables, caller: Caller, model: str, exclude: bytes | None) -> Plan:
    """The plan for `model`, a route or `deployment:NAME`; `exclude` is the value of `x-ajar-exclude`.

    Raises UnknownModel, Forbidden, or InvalidField (an excluded name that does not exist).
    """
    route = tables.routes.get(model)
    if route is not None:
        name = route.name
    elif model.startswith(_DIRECT):
        name, route = None, _direct(tables, caller, model)
    else:
        raise UnknownModel(f"`{model[:200]}` is no route here; GET /v1/models lists them", param="model")
    targets = route.targets
    if exclude is not None:
        targets = _without(targets, _excluded(tables, exclude))
    if route.down:
        targets = tuple(target for target in targets if target.origin is not None)
    absent = () if targets is route.targets else tuple(each for each in route.targets if each not in targets)
    return Plan(
        name,
        targets,
        route.keep_bodies,
        route.meter_streams,
        route.strict,
        absent,
        route.repeat,
        route.asks_on,
        route.budget,
        route.keepalive_s,
    )


def _direct(tables: Tables, caller: Caller, model: str) -> RouteTable:
    if not caller.direct:
        raise Forbidden("addressing a deployment needs a key that was made with --direct", param="model")
    route = tables.direct.get(model.removeprefix(_DIRECT))
    if route is None:
        raise UnknownModel(f"`{model[:200]}` is no deployment here", param="model")
    return route


def _excluded(tables: Tables, value: bytes) -> set[str]:
    names = {part.strip() for part in value.decode("latin-1").split(",")} - {""}
    unknown = sorted(names - tables.direct.keys())
    if unknown:
        raise InvalidField(f"`x-ajar-exclude` names no deployment: {', '.join(unknown)}", param="x-ajar-exclude")
    return names


def _without(targets: tuple[Target, ...], names: set[str]) -> tuple[Target, ...]:
    return tuple(target for target in targets if target.name not in names)
