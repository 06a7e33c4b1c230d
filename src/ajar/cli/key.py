"""`ajar key`: the API keys of those who call this Ajar."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

import click
import msgspec

from ajar.cli import terminal
from ajar.cli.reading import config_option, state_folder, state_option
from ajar.store.keys import KeyFile, StoredKey

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@-]{0,63}")


class Listed(msgspec.Struct, frozen=True):
    """A key as `ajar key list --json` prints it."""

    id: str
    name: str
    direct: bool
    created: datetime.datetime
    revoked: datetime.datetime | None


class Created(msgspec.Struct, frozen=True):
    """A key as `ajar key create --json` prints it: the only time that it is seen."""

    id: str
    name: str
    direct: bool
    key: str


@click.group()
def key() -> None:
    """Create, list and revoke the API keys of callers.

    A change is in force everywhere within a second.
    """


@key.command()
@click.argument("name")
@click.option("--direct", is_flag=True, help='Let it ask for `model = "deployment:NAME"` and set the purpose.')
@config_option
@state_option
@terminal.json_option
def create(name: str, direct: bool, config: Path | None, state_dir: Path | None, as_json: bool) -> None:
    """Make a key for the caller NAME, and print it.

    Records name the caller. Two keys may have one name: make the second, hand it over, then revoke the first by its id.
    """
    if not _NAME.fullmatch(name):
        raise click.BadParameter(
            "it starts with a letter or digit, goes on with letters, digits and . _ / @ -, and has at most 64 of them",
            param_hint="NAME",
        )
    file = KeyFile(state_folder(config, state_dir))
    first = not file.ever_created
    entry, text = file.create(name, direct)
    if as_json:
        terminal.json(Created(entry.id, entry.name, entry.direct, text))
    else:
        click.echo(text)
        click.echo("This is shown only once. Callers send it as `Authorization: Bearer ajar_…`.", err=True)
    if first:
        click.echo(f"It is the first key in {file.path}: from now on nobody calls without a key.", err=True)


@key.command(name="list")
@config_option
@state_option
@terminal.json_option
def show(config: Path | None, state_dir: Path | None, as_json: bool) -> None:
    """List every key that was ever made, without its secret."""
    file = KeyFile(state_folder(config, state_dir))
    keys = file.all()
    if as_json:
        terminal.json([Listed(one.id, one.name, one.direct, one.created, one.revoked) for one in keys])
    elif keys:
        columns = ("Id", "Name", "Rights", "Created (UTC)", "Revoked (UTC)")
        terminal.console().print(terminal.table(*columns, rows=map(_row, keys)))
    else:
        click.echo(f"No key was ever made in {file.path}. Make one: ajar key create NAME")


@key.command()
@click.argument("key", metavar="ID|NAME")
@config_option
@state_option
@terminal.json_option
def revoke(key: str, config: Path | None, state_dir: Path | None, as_json: bool) -> None:
    """End a key's validity. It cannot be brought back."""
    one = KeyFile(state_folder(config, state_dir)).revoke(key)
    if as_json:
        terminal.json(Listed(one.id, one.name, one.direct, one.created, one.revoked))
    else:
        click.echo(f"{one.id} ({one.name}) is revoked since {_time(one.revoked)} UTC.")


def _row(one: StoredKey) -> tuple[str, ...]:
    return one.id, one.name, "routes, direct" if one.direct else "routes", _time(one.created), _time(one.revoked)


def _time(time: datetime.datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M}" if time else ""
