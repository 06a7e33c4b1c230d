"""A snapshot made ready for the request path: one dictionary look-up for each question that a request asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.config.facts import is_started
from ajar.config.model import Budget, Metric, Repeat, Route
from ajar.domain.ids import Ids
from ajar.evidence.assign import arm_at, place
from ajar.gateway.admit import Key, keys_by_prefix
from ajar.gateway.copying import CopyTo
from ajar.gateway.target import Target, make_target
from ajar.gateway.unit import Reader, reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.config.model import Deployment
    from ajar.config.revision import Arm, Copying, Revision, Split
    from ajar.config.snapshot import Snapshot
    from ajar.gateway.door import Doors
    from ajar.upstream.wallet import Wallet


class ArmTable(msgspec.Struct, frozen=True):
    """What the units of one arm of an experiment get: `targets` in the order in which they are tried."""

    experiment: str
    epoch: int
    variant: str
    """The deployment that they are assigned."""
    targets: tuple[Target, ...]


class SplitTable(msgspec.Struct, frozen=True):
    """A live experiment on a route: the control first among its `arms`."""

    experiment: str
    arms: tuple[ArmTable, ...]
    percents: tuple[float, ...]
    """Each candidate's share of the units."""
    candidates: tuple[Target, ...]

    def arm(self, unit_hash: str | None) -> ArmTable:
        """The unit's; without one, the control."""
        return self.arms[0 if unit_hash is None else arm_at(self.percents, place(self.experiment, unit_hash))]


class RouteTable(msgspec.Struct, frozen=True):
    """A route with its targets in the order in which they are tried."""

    name: str
    targets: tuple[Target, ...]
    keep_bodies: bool
    meter_streams: bool
    strict: bool
    down: bool
    """Whether one of the targets cannot be tried now."""
    repeat: Repeat
    asks_on: bool
    budget: Budget
    keepalive_s: float
    metrics: dict[str, Metric] = {}
    """Those that feedback gives values."""
    revision: int = 0
    unit: Reader | None = None
    """Reads a request's unit, where that is not the value of `x-ajar-unit`."""
    split: SplitTable | None = None
    copying: CopyTo | None = None
    checked: bool = False
    """Whether its live answers, and the answers to copies of their requests, go to the route's checks."""


class Tables(msgspec.Struct, frozen=True):
    """Everything that the request path looks up, for one snapshot."""

    hash: str
    routes: dict[str, RouteTable]
    direct: dict[str, RouteTable]
    """By deployment name: what `model = "deployment:NAME"` addresses."""
    keys: dict[bytes, Key]
    keyless: bool
    loopback: bool
    max_body: int
    most: int
    """How many inferences this worker may have at once."""
    salt: bytes
    """What units are hashed with."""
    ids: Ids


def build(snapshot: Snapshot, wallet: Wallet, doors: Doors) -> Tables:
    """The tables for `snapshot`, with the credentials of `wallet` and the worker's `doors`."""
    config = snapshot.config
    targets = {
        name: make_target(name, deployment, snapshot.endpoints.get(name), wallet, doors.door(name, deployment))
        for name, deployment in config.deployments.items()
    }
    return Tables(
        hash=snapshot.hash,
        routes={
            name: _route(name, route, snapshot.revisions.get(name), targets, config.deployments)
            for name, route in config.routes.items()
        },
        direct={name: _table(name, Route(primary=name), (target,)) for name, target in targets.items()},
        keys=keys_by_prefix(snapshot.keys),
        keyless=snapshot.keyless,
        loopback=snapshot.loopback,
        max_body=int(config.server.max_body_mb * 1_000_000),
        most=config.server.max_concurrent,
        salt=bytes.fromhex(snapshot.salt),
        ids=Ids(bytes.fromhex(snapshot.salt)),
    )


def _route(
    name: str,
    route: Route,
    revision: Revision | None,
    targets: Mapping[str, Target],
    deployments: Mapping[str, Deployment],
) -> RouteTable:
    """The route as the file has it, or as the revision that overlays it."""
    base = route if revision is None else revision
    order = (base.primary, *base.fallback)
    table = _table(name, route, tuple(targets[deployment] for deployment in order))
    if revision is None:
        return table
    split = None if revision.split is None else _split(revision.split, order, targets)
    copying = None if revision.copying is None else _copying(revision.copying, targets, deployments)
    return msgspec.structs.replace(table, revision=revision.number, split=split, copying=copying)


def _copying(copying: Copying, targets: Mapping[str, Target], deployments: Mapping[str, Deployment]) -> CopyTo:
    candidate = deployments[copying.deployment]
    places = candidate.slots if is_started(candidate) else None
    return CopyTo(targets[copying.deployment], copying.share, copying.experiment, places)


def _split(split: Split, order: tuple[str, ...], targets: Mapping[str, Target]) -> SplitTable:
    candidates = split.arms[1:]
    return SplitTable(
        experiment=split.experiment,
        arms=tuple(_arm(split, arm, order, targets) for arm in split.arms),
        percents=tuple(arm.percent for arm in candidates),
        candidates=tuple(targets[arm.deployment] for arm in candidates),
    )


def _arm(split: Split, arm: Arm, order: tuple[str, ...], targets: Mapping[str, Target]) -> ArmTable:
    """The arm's deployment, then the route's others: the control's failure and the candidate's cost no answer."""
    names = (arm.deployment, *(name for name in order if name != arm.deployment))
    plan = tuple(targets[name] for name in names)
    return ArmTable(split.experiment, split.epoch, arm.deployment, plan)


def _table(name: str, route: Route, plan: tuple[Target, ...]) -> RouteTable:
    return RouteTable(
        name=name,
        targets=plan,
        keep_bodies=route.bodies == "all",
        meter_streams=route.meter_streams,
        strict=route.strict,
        down=any(target.origin is None for target in plan),
        repeat=route.repeat,
        asks_on=route.refusals == "fallback",
        budget=route.budget,
        keepalive_s=route.keepalive_s,
        metrics={metric: table for metric, table in route.metrics.items() if table.kind is not None},
        unit=reader(route.unit),
        checked=bool(route.checks),
    )
