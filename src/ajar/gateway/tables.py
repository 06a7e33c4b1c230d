"""A snapshot made ready for the request path: one dictionary look-up for each question that a request asks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from ajar.config.facts import key_source
from ajar.gateway.admit import Key, keys_by_prefix
from ajar.upstream.origin import Origin, parse_base_url
from ajar.upstream.providers import Provider, providers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.config.model import Deployment, Route
    from ajar.config.snapshot import Snapshot


class Target(msgspec.Struct, frozen=True):
    """A deployment as an attempt needs it. `origin` is None while a runtime that Ajar starts is not up."""

    name: str
    model: bytes
    origin: Origin | None
    heads: dict[str, bytes]
    """By operation: the request head up to the caller's own headers, authorization included."""
    connect_s: float
    first_byte_s: float
    stream_usage: bool
    metered: bool


class RouteTable(msgspec.Struct, frozen=True):
    """A route with its targets in the order in which they are tried."""

    name: str
    targets: tuple[Target, ...]
    keep_bodies: bool
    meter_streams: bool
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


def build(snapshot: Snapshot, environ: Mapping[str, str]) -> Tables:
    """The tables for `snapshot`; API keys named as `env:NAME` are taken from `environ`."""
    config = snapshot.config
    targets = {
        name: _target(name, deployment, snapshot.endpoints.get(name), environ)
        for name, deployment in config.deployments.items()
    }
    return Tables(
        hash=snapshot.hash,
        routes={name: _route(name, route, targets) for name, route in config.routes.items()},
        direct={
            name: RouteTable(name, (target,), False, True, target.origin is None) for name, target in targets.items()
        },
        keys=keys_by_prefix(snapshot.keys),
        keyless=snapshot.keyless,
        loopback=snapshot.loopback,
        max_body=int(config.server.max_body_mb * 1_000_000),
    )


def _route(name: str, route: Route, targets: Mapping[str, Target]) -> RouteTable:
    plan = tuple(targets[deployment] for deployment in (route.primary, *route.fallback))
    down = any(target.origin is None for target in plan)
    return RouteTable(name, plan, route.bodies == "all", route.meter_streams, down)


def _target(name: str, deployment: Deployment, endpoint: str | None, environ: Mapping[str, str]) -> Target:
    row = providers()[deployment.provider or deployment.runtime or ""]
    started = deployment.runtime is not None and deployment.base_url is None
    base_url = endpoint if started else deployment.base_url or row.base_url
    origin, prefix = parse_base_url(base_url) if base_url else (None, "")
    return Target(
        name=name,
        model=msgspec.json.encode(deployment.model),
        origin=origin,
        heads=_heads(origin, prefix, deployment, row, environ) if origin else {},
        connect_s=deployment.timeouts.connect_s,
        first_byte_s=deployment.timeouts.first_byte_s,
        stream_usage=row.stream_usage,
        metered=row.metered,
    )


def _heads(
    origin: Origin, prefix: str, deployment: Deployment, row: Provider, environ: Mapping[str, str]
) -> dict[str, bytes]:
    fill = {"model": quote(deployment.model, safe=""), "api_version": quote(deployment.api_version or "", safe="")}
    common = f"host: {origin.authority}\r\n{_authorization(deployment, row, environ)}"
    common += "content-type: application/json\r\naccept-encoding: identity\r\n"
    return {
        operation: f"POST {prefix}{path.format(**fill)} HTTP/1.1\r\n{common}".encode("latin-1")
        for operation, path in (("chat", row.chat), ("embeddings", row.embeddings))
    }


def _authorization(deployment: Deployment, row: Provider, environ: Mapping[str, str]) -> str:
    source = key_source(deployment, providers())
    secret = environ.get(source.variable) if source else None
    if not secret:
        return ""
    if row.auth == "bearer":
        return f"authorization: Bearer {secret}\r\n"
    return f"{row.auth.removeprefix('header:')}: {secret}\r\n"
