"""What to try, in which order. Pure: facts in, plan out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.config.model import Budget, Repeat
from ajar.errors import Forbidden, InvalidField, UnknownModel
from ajar.evidence.assign import unit_hash
from ajar.gateway.copying import CopyTo
from ajar.gateway.tables import ArmTable
from ajar.gateway.target import Target
from ajar.gateway.unit import HEADER, as_text
from ajar.wire.fronts import COUNT_TOKENS

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from ajar.gateway.admit import Caller
    from ajar.gateway.ask import Ask
    from ajar.gateway.head import Head
    from ajar.gateway.tables import RouteTable, SplitTable, Tables

_DIRECT = "deployment:"
_NOBODY: frozenset[str] = frozenset()


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
    revision: int = 0
    unit_hash: str | None = None
    checked: bool = False
    """Whether the answer goes to the route's checks."""
    copying: CopyTo | None = None
    """Who may get a copy of the request, once it was answered."""
    arm: ArmTable | None = None
    """Of the experiment that it takes part in."""
    beside: tuple[Target, ...] = ()
    """The candidates of the route's experiment: what came from one of them goes back there, target or not."""
    tied: Plan | None = None
    """The plan instead where what the request carries ties it to a deployment, so that it can take no part."""


def plan(tables: Tables, caller: Caller, ask: Ask, head: Head, *, live: bool) -> Plan:
    """The plan for what is asked of a route or of `deployment:NAME`; `live` says whether its purpose is.

    Only what is live, and free to go to any of the route's deployments, takes part in an experiment.
    Raises UnknownModel, Forbidden, or InvalidField (an excluded name that does not exist).
    """
    model = ask.view.model
    exclude = head.read.get(b"x-ajar-exclude")
    unit: bytes | None = None
    route = tables.routes.get(model)
    if route is not None:
        name = route.name
        if live:
            unit = head.read.get(HEADER) if route.unit is None else route.unit(head, ask)
    elif model.startswith(_DIRECT):
        name, route = None, _direct(tables, caller, model)
    else:
        raise UnknownModel(f"`{model[:200]}` is no route here; GET /v1/models lists them", param="model")
    targets = route.targets
    excluded = _NOBODY if exclude is None else _excluded(tables, exclude)
    if excluded:
        targets = _without(targets, excluded)
    if route.down:
        targets = tuple(target for target in targets if target.origin is not None)
    absent = () if targets is route.targets else tuple(each for each in route.targets if each not in targets)
    made = Plan(
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
        route.revision,
        unit_hash(tables.salt, model, as_text(unit)) if unit else None,
        live and route.checked,
        route.copying if live and exclude is None else None,
    )
    if route.split is None:
        return made
    made = _beside(made, route.split, excluded)
    if not live or exclude is not None:
        return made
    return _assigned(made, route.split, counts=ask.front is not COUNT_TOKENS)


def _beside(made: Plan, split: SplitTable, excluded: AbstractSet[str]) -> Plan:
    """The plan of a request outside of the experiment."""
    able = tuple(target for target in _without(split.candidates, excluded) if target.origin is not None)
    lost = tuple(target for target in split.candidates if target not in able and target not in made.absent)
    return msgspec.structs.replace(made, beside=able, absent=(*made.absent, *lost))


def _assigned(made: Plan, split: SplitTable, *, counts: bool) -> Plan:
    """The plan of a unit's arm, whoever of it can be tried now. Without a unit it is the control's.

    `counts` says whether the experiment learns of it: a model that cannot count tokens answers no worse for that.
    """
    arm = split.arm(made.unit_hash)
    able = tuple(target for target in arm.targets if target.origin is not None)
    return msgspec.structs.replace(made, targets=able, arm=arm if counts else None, tied=made)


def _direct(tables: Tables, caller: Caller, model: str) -> RouteTable:
    if not caller.direct:
        raise Forbidden("addressing a deployment needs a key that was made with --direct", param="model")
    route = tables.direct.get(model.removeprefix(_DIRECT))
    if route is None:
        raise UnknownModel(f"`{model[:200]}` is no deployment here", param="model")
    return route


def _excluded(tables: Tables, value: bytes) -> frozenset[str]:
    names = frozenset(part.strip() for part in value.decode("latin-1").split(",")) - {""}
    unknown = sorted(names - tables.direct.keys())
    if unknown:
        raise InvalidField(f"`x-ajar-exclude` names no deployment: {', '.join(unknown)}", param="x-ajar-exclude")
    return names


def _without(targets: tuple[Target, ...], names: AbstractSet[str]) -> tuple[Target, ...]:
    return tuple(target for target in targets if target.name not in names)
