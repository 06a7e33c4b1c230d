"""A snapshot made ready for the request path: one dictionary look-up for each question that a request asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.gateway.admit import Key, keys_by_prefix
from ajar.gateway.target import Target, make_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.config.model import Route
    from ajar.config.snapshot import Snapshot
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


def build(snapshot: Snapshot, wallet: Wallet) -> Tables:
    """The tables for `snapshot`, with the credentials of `wallet`."""
    config = snapshot.config
    targets = {
        name: make_target(name, deployment, snapshot.endpoints.get(name), wallet)
        for name, deployment in config.deployments.items()
    }
    return Tables(
        hash=snapshot.hash,
        routes={name: _route(name, route, targets) for name, route in config.routes.items()},
        direct={
            name: RouteTable(name, (target,), False, True, False, target.origin is None)
            for name, target in targets.items()
        },
        keys=keys_by_prefix(snapshot.keys),
        keyless=snapshot.keyless,
        loopback=snapshot.loopback,
        max_body=int(config.server.max_body_mb * 1_000_000),
    )


def _route(name: str, route: Route, targets: Mapping[str, Target]) -> RouteTable:
    plan = tuple(targets[deployment] for deployment in (route.primary, *route.fallback))
    down = any(target.origin is None for target in plan)
    return RouteTable(name, plan, route.bodies == "all", route.meter_streams, route.strict, down)
