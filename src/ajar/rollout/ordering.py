"""Beginning a rollout, telling it what to do, and looking at it: what the command line does. No service need run."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from time import time_ns
from typing import TYPE_CHECKING, Any

import msgspec

from ajar import __version__
from ajar.config.overlay import misfit
from ajar.config.problem import hint
from ajar.config.revision import table_digest
from ajar.config.snapshot import config_hash
from ajar.domain.ids import uuid7
from ajar.errors import ConfigError, StateError
from ajar.rollout import counting, plan
from ajar.rollout.desk import row_of
from ajar.rollout.document import ENDED, Options, Plan, Rollout, decode
from ajar.rollout.measures import gauges
from ajar.store.database import Database
from ajar.store.orders import Orders
from ajar.store.revisions import Revisions
from ajar.store.rollouts import Rollouts

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.config.model import Config, Route
    from ajar.rollout.plan import Estimate
    from ajar.store.orders import Kind, Order


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command says otherwise than the route's `swap` table; None: nothing.

    Whoever skips a part gives the reason, which the record keeps.
    """

    skip_gate: str | None = None
    skip_shadow: str | None = None
    skip_preflight: str | None = None
    steps: tuple[float, ...] | None = None
    max_hours: float | None = None
    min_units: int | None = None
    step_minutes: float | None = None
    alpha: float | None = None
    gate: str | None = None


def begin(
    state_dir: Path, config: Config, route: str, to: str, *, who: str, why: str = "", asked: Asked | None = None
) -> str:
    """Order a rollout of deployment `to` on the route; the steward takes it up within a second. Returns its id.

    Raises ConfigError where it cannot be begun like that, and StateError, also where one is running on the route.
    """
    asked = asked or Asked()
    table = _table(config, route)
    before = present_plan(state_dir, config, route)
    _check(config, route, before, to)
    now = time_ns() // 1000
    document = Rollout(
        id=uuid7(),
        route=route,
        control=before.primary,
        candidate=to,
        who=who,
        why=why,
        created=now,
        updated=now,
        options=options(table, asked),
        before=before,
        table=_shown(table),
        version=__version__,
        measures=[gauge.measure.name for gauge in _gauges(table)],
    )
    document.note(now, "ordered", why or "no reason was given", who)
    with closing(Database.open(state_dir)) as database:
        Rollouts(database).add(row_of(document))
    return document.id


def order(state_dir: Path, which: str, kind: Kind, *, by: str, why: str = "") -> Order:
    """Tell a running rollout, by its id or its route, to pause, resume or abort. Raises StateError."""
    with closing(Database.open(state_dir)) as database:
        document = _running(Rollouts(database), which)
        return Orders(database).give(document.id, kind, by, why, time_ns() // 1000)


def status(state_dir: Path, which: str | None = None, count: int = 10) -> list[Rollout]:
    """The rollout with this id, or the newest of a route or of all, newest first. Raises StateError."""
    with closing(Database.open(state_dir)) as database:
        rollouts = Rollouts(database)
        row = None if which is None else rollouts.get(which)
        rows = rollouts.recent(which, count) if row is None else [row]
    return [decode(row.document) for row in rows]


def looks(state_dir: Path, rollout: str, after: int = 0) -> list[tuple[int, int, Any]]:
    """Number, time and content (`step`, `look`, `decision`, `why`) of a rollout's looks after number `after`."""
    with closing(Database.open(state_dir)) as database:
        found = Rollouts(database).looks(rollout, after)
    return [(number, time, msgspec.json.decode(body)) for number, time, body in found]


def estimate(
    state_dir: Path, config: Config, route: str, to: str, *, asked: Asked | None = None, now: int | None = None
) -> Estimate:
    """What a rollout would take, from the route's recorded traffic. Raises ConfigError and StateError."""
    table = _table(config, route)
    before = present_plan(state_dir, config, route)
    _check(config, route, before, to)
    now = time_ns() // 1000 if now is None else now
    arrivals = counting.arrivals(state_dir, route, now)
    found = _gauges(table)
    good = counting.said_good(state_dir, route, found[0], now)
    return plan.estimate(table, options(table, asked or Asked()), found, arrivals, good)


def options(route: Route, asked: Asked) -> Options:
    """The route's `swap` table with what was asked otherwise. Raises ConfigError."""
    swap = route.swap
    steps = tuple(swap.steps if asked.steps is None else asked.steps)
    if not steps or not all(low < high for low, high in zip((0.0, *steps), (*steps, 100.0), strict=True)):
        raise ConfigError([f"steps {', '.join(f'{step:g}' for step in steps)}: each must be more than the one before"])
    return Options(
        steps=steps,
        alpha=swap.alpha if asked.alpha is None else asked.alpha,
        min_units=swap.min_units if asked.min_units is None else asked.min_units,
        step_minutes=swap.step_minutes if asked.step_minutes is None else asked.step_minutes,
        max_hours=swap.max_hours if asked.max_hours is None else asked.max_hours,
        gate=swap.gate if asked.gate is None else asked.gate,
        shadow_share=swap.shadow.share,
        shadow_min=swap.shadow.min,
        shadow_daily_usd=swap.shadow.daily_usd,
        skip_gate=asked.skip_gate,
        skip_shadow=asked.skip_shadow,
        skip_preflight=asked.skip_preflight,
    )


def present_plan(state_dir: Path, config: Config, route: str) -> Plan:
    """The route as it is now: the file's table, or the revision over it. Raises StateError."""
    table = config.routes[route]
    revision = Revisions(state_dir).get(route)
    digest, hash_ = table_digest(table), config_hash(config)
    if revision is None or misfit(revision, config):
        return Plan(table.primary, tuple(table.fallback), 0, digest, hash_)
    return Plan(revision.primary, revision.fallback, revision.number, digest, hash_)


def _table(config: Config, route: str) -> Route:
    if route not in config.routes:
        raise ConfigError([f"there is no route `{route}`; {hint(route, config.routes, 'the routes')}"])
    return config.routes[route]


def _check(config: Config, route: str, before: Plan, to: str) -> None:
    if to not in config.deployments:
        raise ConfigError([f"no deployment is called `{to}`; {hint(to, config.deployments, 'the deployments')}"])
    if to == before.primary:
        raise ConfigError([f"`{to}` is the model of route `{route}` already"])


def _shown(table: Route) -> dict[str, Any]:
    """The table as the record has it: without the webhook's address, which may hold a secret."""
    hidden = msgspec.structs.replace(table.swap, webhook=table.swap.webhook and "…")
    return msgspec.to_builtins(msgspec.structs.replace(table, swap=hidden))


def _gauges(route: Route) -> Any:
    try:
        return gauges(route)
    except ValueError as error:
        raise ConfigError([str(error)]) from None


def _running(rollouts: Rollouts, which: str) -> Rollout:
    for row in rollouts.running():
        if which in (row.id, row.route):
            return decode(row.document)
    row = rollouts.get(which)
    if row is not None and row.state in ENDED:
        raise StateError(f"rollout {which} has ended: {row.state}")
    raise StateError(f"no rollout is running that is called `{which}`, nor on a route of that name")
