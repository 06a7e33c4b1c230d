"""`ajar swap write`: put what came out of a rollout into the config file."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from ajar.cli import reading, terminal
from ajar.cli.swap.edit import with_plan
from ajar.cli.swap.report import called
from ajar.cli.swap.shelf import running_on
from ajar.config import load
from ajar.config.overlay import misfit
from ajar.config.problem import hint, quoted
from ajar.errors import StateError
from ajar.store.revisions import Revisions

if TYPE_CHECKING:
    from ajar.config.load import Loaded
    from ajar.config.model import Route
    from ajar.config.revision import Revision


class Written(msgspec.Struct, frozen=True):
    """What `ajar swap write --json` prints. `changed` is false where the file says it already."""

    file: str
    route: str
    primary: str
    fallback: tuple[str, ...]
    changed: bool


@click.command("write")
@click.argument("route")
@reading.config_option
@reading.state_option
@terminal.json_option
def command(route: str, config: Path | None, state_dir: Path | None, as_json: bool) -> None:
    """Put the plan that is in force on ROUTE into the config file, so that the file says what is so.

    After a promotion, or after `ajar rollback`, a route is not as the file has it. This changes the route's `primary`
    and `fallback` in the file and nothing else: comments and all other lines stay as they are. It refuses while a
    rollout is running, and where the file's table for the route was changed since.
    """
    loaded = reading.well_formed(load.find(config))
    done = write(loaded, state_dir or Path(loaded.config.server.state_dir), route)
    if as_json:
        terminal.json(done)
    else:
        terminal.line(terminal.console(), told(done))


def told(done: Written) -> str:
    """What was done, in a sentence."""
    plan = f"primary {quoted(done.primary)}, fallback [{', '.join(map(quoted, done.fallback))}]"
    if not done.changed:
        return f"{done.file} has {plan} for the route {done.route} already."
    return f"{done.file} now has {plan} for the route {done.route}; a running Ajar takes it up by itself."


def write(loaded: Loaded, state_dir: Path, route: str) -> Written:
    """Raises StateError where there is nothing to write, or where the file cannot or must not be changed."""
    path = file_of(loaded)
    table = loaded.config.routes.get(route)
    if table is None:
        known = hint(route, loaded.config.routes, "the routes")
        raise StateError(f"{loaded.name}: there is no route {quoted(route)}; {known}")
    if running_on(state_dir, route) is not None:
        raise _running(route)
    revision = Revisions(state_dir).get(route)
    if revision is None:
        # The supervisor ends a revision once the file says the same.
        return Written(str(path), route, table.primary, table.fallback, changed=False)
    done = Written(str(path), route, revision.primary, revision.fallback, changed=True)
    if (table.primary, table.fallback) == (revision.primary, revision.fallback):
        return msgspec.structs.replace(done, changed=False)
    _refuse(revision, loaded)
    before = path.read_bytes()
    after = _edited(before, route, revision, loaded.name)
    _check(after, table, revision, loaded)
    _replace(path, before, after)
    return done


def file_of(loaded: Loaded) -> Path:
    """The config's file, behind any links. Raises StateError for the built-in config."""
    if loaded.path is None:
        raise StateError("the config is the built-in one: there is no file to write to; make an ajar.toml first")
    return loaded.path.resolve()


def _refuse(revision: Revision, loaded: Loaded) -> None:
    route = revision.route
    if revision.split is not None or revision.copying is not None:
        raise _running(route)
    why = misfit(revision, loaded.config)
    if why:
        raise StateError(f"route {route}: {why}, so the file is in force; `ajar routes` shows what is so")


def _edited(before: bytes, route: str, revision: Revision, name: str) -> bytes:
    try:
        return with_plan(before.decode(), route, revision.primary, revision.fallback).encode()
    except (ValueError, KeyError) as error:
        listed = ", ".join(map(quoted, revision.fallback))
        raise StateError(
            f"{name}: the plan cannot be put in by a program ({error}). Write it yourself, in the table of the route "
            f"{route}: primary = {quoted(revision.primary)} and fallback = [{listed}]"
        ) from error


def _check(after: bytes, table: Route, revision: Revision, loaded: Loaded) -> None:
    """See that the new text differs from the config in this plan alone. Raises StateError where it does not."""
    wanted = msgspec.structs.replace(table, primary=revision.primary, fallback=revision.fallback)
    routes = {**loaded.config.routes, revision.route: wanted}
    if load.parse(after.decode("utf-8-sig"), loaded.name) != msgspec.structs.replace(loaded.config, routes=routes):
        raise _changed(loaded.name)


def _replace(path: Path, before: bytes, after: bytes) -> None:
    """Put the new file in the old one's place, as one step, with its rights and its owner."""
    was = path.stat()
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    beside = Path(name)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - it is open already
            os.fchmod(descriptor, was.st_mode & 0o7777)
            if os.geteuid() == 0:
                os.fchown(descriptor, was.st_uid, was.st_gid)
            file.write(after)
            file.flush()
            os.fsync(descriptor)
        if path.read_bytes() != before:
            raise _changed(str(path))
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
        raise


def _running(route: str) -> StateError:
    return StateError(
        f"route {route}: its rollout is running; `ajar swap watch {called(route)}` tells when it has ended"
    )


def _changed(name: str) -> StateError:
    return StateError(f"{name}: somebody changed it just now, and nothing was written; try again")
