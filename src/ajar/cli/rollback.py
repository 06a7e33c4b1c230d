"""`ajar rollback`: put a route back to the model that answered it before, now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import click
import msgspec

from ajar.cli import reading, terminal
from ajar.cli.service import is_running, user
from ajar.cli.way_back import Plan, plans, shares, to_deployment
from ajar.config import load
from ajar.config.problem import hint, quoted
from ajar.config.revision import Revision, table_digest
from ajar.errors import ConfigError, StateError
from ajar.store import in_force
from ajar.store.revisions import Revisions

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

NOT_TAKEN = 1
_WAIT_S = 3.0
_TRIES = 3


class Done(msgspec.Struct, frozen=True, rename={"before": "from"}):
    """What `ajar rollback --json` prints. `in_force_s` is None where no service runs, or it has not taken it."""

    route: str
    revision: int
    before: str
    to: Plan
    running: bool
    in_force_s: float | None


class Ground(NamedTuple):
    """What a revision stands on: the file's table of the route, and the deployments that there are."""

    base: str
    file: Plan | None
    deployments: Collection[str]


class Wish(NamedTuple):
    """Where the caller wants to go; all None: back."""

    deployment: str | None
    revision: int | None
    why: str | None


@click.command()
@click.argument("route")
@click.option("--to", "deployment", metavar="DEPLOYMENT", help="Let this deployment answer.")
@click.option("--to-revision", type=click.IntRange(0), metavar="N", help="Back to revision N; 0 is the file's table.")
@click.option("--why", metavar="TEXT", help="The reason, for the records.")
@reading.config_option
@reading.state_option
@terminal.json_option
def rollback(
    route: str,
    deployment: str | None,
    to_revision: int | None,
    why: str | None,
    config: Path | None,
    state_dir: Path | None,
    as_json: bool,
) -> int:
    """Put ROUTE back to the model that answered it before, on every worker within a second.

    A running rollout ends: its control gets all requests. Without one, what the route had before its last promotion
    comes back. Streams that run are not touched. This needs no part of Ajar to be alive: where nothing runs, it holds
    from the next start. Exit code 0: done; 1: the running service has not taken it; 3: there is nothing to go back to,
    or no Ajar ever ran there.
    """
    if deployment is not None and to_revision is not None:
        raise click.UsageError("--to and --to-revision exclude each other")
    folder = reading.state_folder(config, state_dir)
    done = _roll_back(Revisions(folder), route, Wish(deployment, to_revision, why), config)
    if as_json:
        terminal.json(done)
    else:
        _show(done, folder)
    return NOT_TAKEN if done.running and done.in_force_s is None else 0


def _roll_back(revisions: Revisions, route: str, wish: Wish, config: Path | None) -> Done:
    """Raises StateError and ConfigError where it cannot be done."""
    running = is_running(revisions.state_dir)
    _require_service(revisions.state_dir)
    for left in reversed(range(_TRIES)):
        number = revisions.next_number(route)
        found, damaged = _present(revisions, route, wish)
        ground = _ground(revisions, route, found, config, running)
        present = found if found is not None and _fits(found, ground) else None
        before = plans(revisions.history(route) if present or damaged else (), ground.base, ground.file)
        to = _target(route, wish, present, before, ground, revisions)
        said = "a damaged revision" if damaged else shares(present) if present else str(ground.file)
        if said == str(to):
            return Done(route, present.number if present else 0, said, to, running, 0.0)
        try:
            revisions.write(_revision(route, number, to, present, ground, wish))
        except StateError:
            if not left or revisions.next_number(route) == number:
                raise
            continue  # a rollout took a step in between
        took_s = _wait(revisions.state_dir, route, number) if running else None
        return Done(route, number, said, to, running, took_s)
    raise AssertionError


def _require_service(state_dir: Path) -> None:
    """Raise StateError where no Ajar ever served from: whatever was written there would change nothing that answers."""
    if not any((state_dir / made).exists() for made in ("run", "routes")):
        where = state_dir.absolute()
        raise StateError(f"no Ajar ever ran on {where}: go where it was started, or say where with --state-dir")


def _fits(revision: Revision, ground: Ground) -> bool:
    return revision.base == ground.base and revision.deployments <= set(ground.deployments)


def _present(revisions: Revisions, route: str, wish: Wish) -> tuple[Revision | None, bool]:
    """The route's revision, and whether there is one that cannot be read: that can be replaced, not gone back from."""
    try:
        return revisions.get(route), False
    except StateError:
        if wish.deployment is None and wish.revision is None:
            raise
        return None, True


def _ground(revisions: Revisions, route: str, present: Revision | None, config: Path | None, running: bool) -> Ground:
    """From the running service where there is one: its config may be older than the file."""
    now = in_force.read(revisions.state_dir) if running else None
    if now is not None:
        table = now.routes.get(route)
        if table is None:
            raise _no_route(route, now.routes)
        return Ground(table.base, Plan(table.primary, table.fallback), now.deployments)
    try:
        loaded = reading.well_formed(load.find(config)).config
    except ConfigError:
        if present is None:
            raise
        named = {name for one in (present, *revisions.history(route)) for name in one.deployments}
        return Ground(present.base, None, named)
    if route not in loaded.routes:
        raise _no_route(route, loaded.routes)
    file = loaded.routes[route]
    return Ground(table_digest(file), Plan(file.primary, file.fallback), loaded.deployments)


def _no_route(route: str, routes: Collection[str]) -> StateError:
    return StateError(f"there is no route {quoted(route)}; {hint(route, routes, 'the routes')}")


def _target(
    route: str, wish: Wish, present: Revision | None, before: list[Plan], ground: Ground, revisions: Revisions
) -> Plan:
    if wish.deployment is not None:
        plan = to_deployment(wish.deployment, before)
    elif wish.revision is not None:
        plan = _of_revision(route, wish.revision, ground, revisions)
    elif present is not None and (present.split is not None or present.copying is not None) and before:
        plan = before[-1]
    elif present is not None and len(before) > 1:
        plan = before[-2]
    else:
        raise StateError(
            f"route {route}: there is nothing to go back to from {before[-1] if before else ground.file}. "
            "--to DEPLOYMENT goes elsewhere; `ajar swap abort` ends a rollout that has not reached the traffic"
        )
    if plan.primary not in ground.deployments:
        known = hint(plan.primary, ground.deployments, "the deployments")
        raise StateError(f"there is no deployment {quoted(plan.primary)}; {known}")
    return Plan(plan.primary, tuple(one for one in plan.fallback if one in ground.deployments))


def _of_revision(route: str, number: int, ground: Ground, revisions: Revisions) -> Plan:
    if number == 0 and ground.file is not None:
        return ground.file
    for one in revisions.history(route):
        if one.number == number:
            return Plan(one.primary, one.fallback)
    raise StateError(
        f"route {route}: it never had a revision {number}; {revisions.next_number(route) - 1} is the newest"
    )


def _revision(route: str, number: int, to: Plan, present: Revision | None, ground: Ground, wish: Wish) -> Revision:
    ended = f"rollout {present.rollout} ended by hand" if present and present.rollout else "rolled back by hand"
    return Revision(
        route=route,
        number=number,
        base=ground.base,
        time=time.time_ns() // 1000,
        by=f"ajar rollback ({user()})",
        why=wish.why or ended,
        primary=to.primary,
        fallback=to.fallback,
    )


def _wait(state_dir: Path, route: str, number: int) -> float | None:
    """How long it took until all workers had the revision, or a later one; None where they do not have it yet."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < _WAIT_S:
        now = in_force.read(state_dir)
        if now is not None and route in now.routes and now.routes[route].revision >= number:
            return round(waited, 2)
        time.sleep(0.02)
    return None


def _show(done: Done, state_dir: Path) -> None:
    out = terminal.console()
    if done.before == str(done.to):
        terminal.line(out, f"{done.route}: {done.to} is in force already.")
        return
    terminal.line(out, f"{done.route}: {done.before} → {done.to}, as revision {done.revision}.")
    if not done.running:
        terminal.line(out, f"No Ajar runs on {state_dir.absolute()}: it holds from the next start.")
    elif done.in_force_s is None:
        told = f"The running Ajar has NOT taken it within {_WAIT_S:.0f} s; its log says why. It stays where it is."
        terminal.line(out, told)
    else:
        told = f"In force on every worker after {done.in_force_s:.2f} s; streams that run end where they are."
        terminal.line(out, told)
