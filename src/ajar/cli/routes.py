"""`ajar routes`: the deployments of each route, and how they are now."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click
import msgspec

from ajar.cli import reading, terminal
from ajar.cli.revised import Revised, revised
from ajar.config import load
from ajar.config.facts import is_started
from ajar.config.overlay import in_order
from ajar.errors import StateError
from ajar.store import in_force
from ajar.store.revisions import Revisions
from ajar.traffic.health import HealthFile, is_served
from ajar.traffic.vitals import State

if TYPE_CHECKING:
    from collections.abc import Collection

    from ajar.config.model import Config, Deployment
    from ajar.traffic.vitals import Vitals


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment of a route. `state` and `in_flight` are of the whole machine, and None where they are not known.

    `retry_s` is set where the breaker is open: so long it lets nothing through. `up` is None where Ajar starts no
    runtime for it, and where no Ajar runs.
    """

    deployment: str
    provider: str | None
    runtime: str | None
    model: str
    state: State | None = None
    retry_s: float | None = None
    in_flight: int | None = None
    up: bool | None = None
    max_concurrent: int | None = None


class Row(msgspec.Struct, frozen=True):
    """A route, with its deployments in the order in which they are tried, and what made it so if not the file."""

    route: str
    deployments: tuple[Step, ...]
    revision: Revised | None = None


class Routes(msgspec.Struct, frozen=True):
    """What `ajar routes --json` prints. `running`: an Ajar serves from this state directory."""

    config: str
    running: bool
    routes: tuple[Row, ...]


@click.command()
@reading.config_option
@reading.state_option
@terminal.json_option
def routes(config: Path | None, state_dir: Path | None, as_json: bool) -> None:
    """Show each route's deployments in the order in which they are tried, and how they are now.

    Where a rollout or a roll-back changed a route, its revision is shown, with who made it, why, and each arm's share.

    A deployment is closed (all is well), open (it failed, and is left alone for a while) or half-open (one request
    tries whether it is well again); or the runtime that Ajar starts for it is not up. Without a running Ajar, the
    config alone is shown.
    """
    loaded = reading.well_formed(load.find(config))
    folder = state_dir or Path(loaded.config.server.state_dir)
    vitals = _vitals(folder / "run" / "health")
    changed = {one.route: one for one in revised(Revisions(folder), loaded.config)}
    now = None if vitals is None else in_force.read(folder)
    rows = _rows(loaded.config, changed, vitals or {}, () if now is None else now.down)
    found = Routes(loaded.name, vitals is not None, rows)
    if as_json:
        terminal.json(found)
    else:
        _show(found)


def _vitals(path: Path) -> dict[str, Vitals] | None:
    """By deployment, what the workers of the running Ajar know; None where none runs."""
    try:
        if not is_served(path):
            return None
        file = HealthFile(path, writable=False)
    except OSError as error:
        why = f"{path} cannot be read ({error.strerror}): run this as the user that runs `ajar serve`"
        raise StateError(why) from error
    found = {name: file.vitals(slot) for name, slot in file.names.present().items()}
    file.close()
    return found


def _rows(
    config: Config, changed: dict[str, Revised], vitals: dict[str, Vitals], down: Collection[str]
) -> tuple[Row, ...]:
    now = monotonic()
    rows: list[Row] = []
    for name, route in config.routes.items():
        one = changed.get(name)
        plan = in_order(route, None if one is None or one.conflict else one.revision)
        steps = (_step(each, config.deployments[each], vitals.get(each), down, now) for each in plan)
        rows.append(Row(name, tuple(steps), one))
    return tuple(rows)


def _step(name: str, deployment: Deployment, vitals: Vitals | None, down: Collection[str], now: float) -> Step:
    step = Step(
        deployment=name,
        provider=deployment.provider,
        runtime=deployment.runtime,
        model=deployment.model,
        max_concurrent=deployment.max_concurrent,
    )
    if vitals is None:
        return step
    standing = vitals.standing
    state = standing.state(now)
    wait = round(standing.wait(now), 1) if state == "open" else None
    up = name not in down if is_started(deployment) else None
    return msgspec.structs.replace(step, state=state, retry_s=wait, in_flight=vitals.in_flight, up=up)


def _show(found: Routes) -> None:
    columns = ("Route", "Deployment", "At", "Model", "State", "In flight")
    lines = [
        (
            row.route if place == 0 else "",
            step.deployment,
            step.provider or step.runtime or "",
            step.model,
            *_now(step, found),
        )
        for row in found.routes
        for place, step in enumerate(row.deployments)
    ]
    out = terminal.console()
    out.print(terminal.table(*columns, rows=lines))
    changed = [row.revision for row in found.routes if row.revision is not None]
    if changed:
        terminal.heading(out, "Changed while they served")
    for one in changed:
        terminal.line(out, f"{one.text}.", indent=2)
        if one.conflict:
            terminal.line(out, f"CONFLICT: {one.conflict}.", indent=4)


def _now(step: Step, found: Routes) -> tuple[str, str]:
    if not found.running:
        return "not running", "–"
    if step.state is None:
        return "not in the config that is in force", "–"
    if step.up is False:
        return "its runtime is not up", f"{step.in_flight}"
    state = step.state if step.retry_s is None else f"open for another {max(1, round(step.retry_s))} s"
    most = "" if step.max_concurrent is None else f" / {step.max_concurrent}"
    return state, f"{step.in_flight}{most}"
