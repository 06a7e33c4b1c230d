"""The shape of `ajar.toml`: one struct for each table, each field with its default and its meaning."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ajar.domain.dialog.parts import Format

Name = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._/-]{0,127}\Z")]
Text = Annotated[str, Meta(min_length=1)]
Placement = Literal["own-hardware", "private-cloud", "zero-retention", "regional", "public-api"]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A TOML table: immutable, and strict about its keys."""


class Server(Table, frozen=True, kw_only=True):
    """`[server]`: where Ajar listens and keeps its state. A relative `state_dir` starts at the working directory."""

    host: Text = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 4000
    workers: Annotated[int, Meta(ge=1, le=256)] = 1
    state_dir: Text = ".ajar"
    max_body_mb: Annotated[float, Meta(gt=0, le=4096)] = 32
    drain_s: Annotated[float, Meta(ge=0, le=3600)] = 30


class Timeouts(Table, frozen=True, kw_only=True):
    """`timeouts = { … }` of a deployment, in seconds."""

    connect_s: Annotated[float, Meta(gt=0, le=3600)] = 5
    first_byte_s: Annotated[float, Meta(gt=0, le=86400)] = 600


class Deployment(Table, frozen=True, kw_only=True):
    """`[deployments.NAME]`: one model at one endpoint. Exactly one of `provider` and `runtime` is set.

    A `runtime` without `base_url` is started, supervised and stopped by Ajar; with `base_url` it is reached only.
    `api_key` is `env:NAME`; a secret never stands in the file. Of a started runtime, `model` is a shipped model's name
    or the path of a GGUF file (relative to the file that names it), `context` the tokens and `slots` the requests that
    it holds at once, and `threads` the threads that compute.

    `region`, `project`, `location` and `api_version` are for providers whose addresses hold them. `format` is the only
    one of the provider's formats that the deployment is asked in. `max_tokens` is the limit for a format that wants
    one, where the caller gives none.
    """

    model: Text
    provider: Text | None = None
    runtime: Text | None = None
    base_url: Text | None = None
    api_key: Text | None = None
    api_version: Text | None = None
    region: Text | None = None
    project: Text | None = None
    location: Text | None = None
    format: Format | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=2**24)] | None = None
    placement: Placement | None = None
    timeouts: Timeouts = msgspec.field(default_factory=Timeouts)
    context: Annotated[int, Meta(ge=64, le=2**24)] | None = None
    slots: Annotated[int, Meta(ge=1, le=256)] = 4
    threads: Annotated[int, Meta(ge=1, le=1024)] = 1


class Route(Table, frozen=True, kw_only=True):
    """`[routes.NAME]`: the name that product code calls, and the deployments behind it in order.

    With `strict`, a request that a deployment's format cannot carry whole is refused.
    """

    primary: str
    fallback: tuple[str, ...] = ()
    bodies: Literal["none", "all"] = "none"
    meter_streams: bool = True
    strict: bool = False


class Config(Table, frozen=True, kw_only=True):
    """The whole file."""

    server: Server = msgspec.field(default_factory=Server)
    deployments: dict[Name, Deployment]
    routes: dict[Name, Route]
