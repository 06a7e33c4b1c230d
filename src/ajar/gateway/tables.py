"""A snapshot made ready for the request path: one dictionary look-up for each question that a request asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.config.model import Budget, Repeat, Route
from ajar.gateway.admit import Key, keys_by_prefix
from ajar.gateway.target import Target, make_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.config.snapshot import Snapshot
    from ajar.gateway.door import Doors
    from ajar.upstream.wallet import Wallet


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


def build(snapshot: Snapshot, wallet: Wallet, doors: Doors) -> Tables:
    """The tables for `snapshot`, with the credentials of `wallet` and the worker's `doors`."""
    config = snapshot.config
    targets = {
        name: make_target(name, deployment, snapshot.endpoints.get(name), wallet, doors.door(name, deployment))
        for name, deployment in config.deployments.items()
    }
    return Tables(
        hash=snapshot.hash,
        routes={name: _route(name, route, targets) for name, route in config.routes.items()},
        direct={name: _table(name, Route(primary=name), (target,)) for name, target in targets.items()},
        keys=keys_by_prefix(snapshot.keys),
        keyless=snapshot.keyless,
        loopback=snapshot.loopback,
        max_body=int(config.server.max_body_mb * 1_000_000),
        most=config.server.max_concurrent,
    )


def _route(name: str, route: Route, targets: Mapping[str, Target]) -> RouteTable:
    return _table(name, route, tuple(targets[deployment] for deployment in (route.primary, *route.fallback)))


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
    )
