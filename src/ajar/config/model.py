"""The shape of `ajar.toml`: one struct for each table, each field with its default and its meaning."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from ajar.domain.dialog.parts import Format

Name = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._/-]{0,127}\Z")]
Text = Annotated[str, Meta(min_length=1)]
Usd = Annotated[float, Meta(ge=0, le=10**6)]
Placement = Literal["own-hardware", "private-cloud", "zero-retention", "regional", "public-api"]
Repeat: TypeAlias = Literal["never", "own", "always"]
"""When a request that was sent and got no answer may be sent again."""


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
    max_concurrent: Annotated[int, Meta(ge=1, le=10**6)] = 4000
    journal_full: Literal["refuse", "serve"] = "refuse"


class Timeouts(Table, frozen=True, kw_only=True):
    """`timeouts = { … }` of a deployment, in seconds.

    `connect_s` is for a connection, `first_byte_s` until the first content of the answer, `gap_s` between two
    pieces of it, and `total_s` for one attempt as a whole. The defaults suit models that think for minutes.
    """

    connect_s: Annotated[float, Meta(gt=0, le=3600)] = 5
    first_byte_s: Annotated[float, Meta(gt=0, le=86400)] = 600
    gap_s: Annotated[float, Meta(gt=0, le=86400)] = 300
    total_s: Annotated[float, Meta(gt=0, le=86400)] = 3600


class Price(Table, frozen=True, kw_only=True):
    """`price = { … }` of a deployment, in USD for a million tokens.

    Input that was read from the provider's cache costs `cached_input`, and input that was written to it `cache_write`;
    where either is not given, it costs as any other input.
    """

    input: Usd
    output: Usd
    cached_input: Usd | None = None
    cache_write: Usd | None = None


class Deployment(Table, frozen=True, kw_only=True):
    """`[deployments.NAME]`: one model at one endpoint. Exactly one of `provider` and `runtime` is set.

    A `runtime` without `base_url` is started, supervised and stopped by Ajar; with `base_url` it is reached only.
    `api_key` is `env:NAME`; a secret never stands in the file. Of a started runtime, `model` is a shipped model's name
    or the path of a GGUF file (relative to the file that names it), `context` the tokens and `slots` the requests that
    it holds at once, and `threads` the threads that compute.

    `region`, `project`, `location` and `api_version` are for providers whose addresses hold them. `format` is the only
    one of the provider's formats that the deployment is asked in. `max_tokens` is the limit for a format that wants
    one, where the caller gives none.

    `price` is what cost figures come from; where it is not given, costs are unknown.

    At most `max_concurrent` inferences run at once on all workers together, and in each worker at most `queue` more
    wait for one of them to end.
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
    price: Price | None = None
    timeouts: Timeouts = msgspec.field(default_factory=Timeouts)
    max_concurrent: Annotated[int, Meta(ge=1, le=10**6)] | None = None
    queue: Annotated[int, Meta(ge=0, le=10**6)] = 64
    context: Annotated[int, Meta(ge=64, le=2**24)] | None = None
    slots: Annotated[int, Meta(ge=1, le=256)] = 4
    threads: Annotated[int, Meta(ge=1, le=1024)] = 1


class Budget(Table, frozen=True, kw_only=True):
    """`budget = { … }` of a route: what one inference may spend before the first content of its answer.

    Without `attempts`, each deployment is tried once, and two more attempts may repeat what failed. `seconds` count
    from the request's arrival.
    """

    attempts: Annotated[int, Meta(ge=1, le=100)] | None = None
    seconds: Annotated[float, Meta(gt=0, le=86400)] = 900


class Metric(Table, frozen=True, kw_only=True):
    """`[routes.NAME.metrics.METRIC]`: what a rollout on the route looks at.

    METRIC is a name of one's own, which feedback gives values of its `kind`, or the name of one of the route's checks,
    or one that Ajar measures itself: `error`, `timeout`, `refusal`, `ttfb_ms`, `total_ms`, `cost_usd`, `tokens` (these
    need no `kind`). A rating lies between the two ends of `scale`.

    The `primary` metric decides; each `guard` can stop a rollout. `margin` is by how much the candidate may be worse:
    of a boolean or a rating the difference of the means (as a share of the scale), of a number the share of the
    control's mean. A number is compared by its mean, or by the `quantile` where one is given. A unit without feedback
    is left out (`exclude`) or counts as the worst value (`fail`).
    """

    kind: Literal["boolean", "rating", "number"] | None = None
    role: Literal["primary", "guard"] = "guard"
    better: Literal["up", "down"] | None = None
    margin: Annotated[float, Meta(gt=0, le=10)] | None = None
    missing: Literal["fail", "exclude"] = "exclude"
    scale: tuple[float, float] = (0.0, 1.0)
    quantile: Annotated[float, Meta(gt=0, lt=1)] | None = None


class Shadow(Table, frozen=True, kw_only=True):
    """`shadow = { … }` of a route's swap: copies of live requests that the candidate answers beside the control.

    `share` of the live requests are copied, until `min` pairs of answers were compared; they may cost at most
    `daily_usd` a day (UTC). With `share = 0` there is no shadow.
    """

    share: Annotated[float, Meta(ge=0, le=1)] = 0.1
    min: Annotated[int, Meta(ge=1, le=10**7)] = 100
    daily_usd: Usd = 1.0


class Swap(Table, frozen=True, kw_only=True):
    """`[routes.NAME.swap]`: how a rollout on the route goes.

    `steps` are the candidate's shares of the units in per cent, one after the other. `alpha` bounds the chance of a
    wrong roll-back, and of a wrong promotion, over the whole rollout. A step but the last ends once `min_units` of the
    candidate's units and `step_minutes` have passed without evidence against it; a rollout without a decision after
    `max_hours` goes back to the control. `gate` is the gate file that the candidate must pass first, relative to the
    config's own folder. Each decision is posted as JSON to `webhook`, the address of an http or https service.
    """

    steps: Annotated[tuple[Annotated[float, Meta(gt=0, le=99)], ...], Meta(min_length=1)] = (1, 5, 25, 50)
    alpha: Annotated[float, Meta(gt=0, le=0.2)] = 0.05
    min_units: Annotated[int, Meta(ge=1, le=10**7)] = 50
    step_minutes: Annotated[float, Meta(ge=0, le=10**5)] = 10
    max_hours: Annotated[float, Meta(gt=0, le=24 * 366)] = 168
    gate: Text | None = None
    webhook: Text | None = None
    shadow: Shadow = msgspec.field(default_factory=Shadow)


class Route(Table, frozen=True, kw_only=True):
    """`[routes.NAME]`: the name that product code calls, and the deployments behind it in order.

    With `strict`, a request that a deployment's format cannot carry whole is refused. `repeat` says when a request that
    was sent and got no answer may be sent again: never, where the lost attempt was on an unmetered deployment of our
    `own`, or always. `refusals = "fallback"` has the next deployment asked what one refused on grounds of safety. A
    stream is kept alive after `keepalive_s` without content; 0 means never.

    `unit` says who or what a request is for, so that a rollout gives one unit one model all the time: the value of a
    header (`header:NAME`), the format's own field for the end user (`user`), or a value of the body at a JSON pointer
    (`body:/metadata/session`). What happens to a unit within `maturity_s` of its first request is what counts for it.
    `checks` are scorers as in a suite, for live answers and their shadows; `metrics` and `swap` are a rollout's.
    """

    primary: str
    fallback: tuple[str, ...] = ()
    bodies: Literal["none", "all"] = "none"
    meter_streams: bool = True
    strict: bool = False
    repeat: Repeat = "own"
    refusals: Literal["answer", "fallback"] = "answer"
    budget: Budget = msgspec.field(default_factory=Budget)
    keepalive_s: Annotated[float, Meta(ge=0, le=3600)] = 15
    unit: Annotated[str, Meta(pattern=r"\A(user|header:[A-Za-z0-9-]{1,64}|body:(/[^/]+){1,8})\Z")] = (
        "header:x-ajar-unit"
    )
    maturity_s: Annotated[float, Meta(ge=0, le=30 * 86400)] = 300
    checks: dict[Name, dict[str, Any]] = {}
    metrics: dict[Name, Metric] = {}
    swap: Swap = msgspec.field(default_factory=Swap)


class Config(Table, frozen=True, kw_only=True):
    """The whole file."""

    server: Server = msgspec.field(default_factory=Server)
    deployments: dict[Name, Deployment]
    routes: dict[Name, Route]
