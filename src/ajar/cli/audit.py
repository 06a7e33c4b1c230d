"""`ajar audit`: what was decided on this machine, and whether its record was touched since."""

from __future__ import annotations

import contextlib
import datetime
import re
from typing import TYPE_CHECKING

import click
import msgspec

from ajar.cli import terminal
from ajar.cli.reading import config_option, state_folder, state_option
from ajar.cli.rests_on import changed
from ajar.errors import StateError
from ajar.store.audit import MENDED, Audit, Entry
from ajar.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_HASH = re.compile(r"[0-9a-f]{64}")


class Verified(msgspec.Struct, frozen=True):
    """The state of the audit log, as `ajar audit verify --json` prints it. Times are microseconds since 1970 UTC."""

    entries: int
    first: int | None
    last: int | None
    head: str | None
    problems: list[str]


@click.group()
def audit() -> None:
    """See what was decided, and prove that nothing of it was changed.

    Each entry holds the hash of the one before it. They lie in the database and in audit.jsonl.
    """


def _hash(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:  # noqa: ARG001 - click's signature
    if value is not None and not _HASH.fullmatch(value):
        raise click.BadParameter("it is 64 digits of 0-9 and a-f, as this command prints it")
    return value


@audit.command()
@click.option("--head", metavar="HASH", callback=_hash, help="The head that an earlier run printed: is it still there?")
@config_option
@state_option
@terminal.json_option
def verify(head: str | None, config: Path | None, state_dir: Path | None, as_json: bool) -> int:
    """Compute every hash anew, and compare both copies, the records that entries vouch for, and what these rest on.

    Exit codes: 0 all is as it was written, 1 something is not, 3 could not run.

    Who can write the state directory can write the whole log anew. Keep the head elsewhere, and give it with --head.
    """
    folder = state_folder(config, state_dir)
    with _log(folder) as log:
        problems, entries = log.verify(head), log.entries()
    problems += changed(folder, entries)
    times = [entry.time for entry in entries]
    found = Verified(
        len(entries),
        times[0] if times else None,
        times[-1] if times else None,
        entries[-1].hash if entries else None,
        problems,
    )
    if as_json:
        terminal.json(found)
    else:
        click.echo("\n".join(problems) or _well(entries))
    return 1 if problems else 0


@audit.command(name="list")
@config_option
@state_option
@terminal.json_option
def show(config: Path | None, state_dir: Path | None, as_json: bool) -> None:
    """List all entries, oldest first."""
    with _log(state_folder(config, state_dir)) as log:
        entries = log.entries()
    if as_json:
        terminal.json(entries)
    elif entries:
        rows = ((str(one.number), _time(one.time), one.kind, one.subject, one.hash[:16]) for one in entries)
        columns = ("Entry", "Time (UTC)", "Kind", "Subject", "Hash")
        terminal.console().print(terminal.table(*columns, rows=rows, numbers={0}))
    else:
        click.echo(_well(entries))


@contextlib.contextmanager
def _log(folder: Path) -> Generator[Audit]:
    if not folder.is_dir():
        raise StateError(f"{folder.absolute()}: there is no such state directory, and so no audit log")
    database = Database.open(folder)
    try:
        yield Audit(database)
    finally:
        database.close()


def _well(entries: list[Entry]) -> str:
    if not entries:
        return "The audit log has no entry yet."
    count = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
    lost = ""
    if any(entry.kind == MENDED for entry in entries):
        lost = f" A copy had lost its end before: see the kind `{MENDED}` in `ajar audit list`."
    begun, ended = _time(entries[0].time), _time(entries[-1].time)
    return f"{count} from {begun} to {ended} UTC, all as they were written.{lost} Head: {entries[-1].hash}"


def _time(time: int) -> str:
    try:
        return f"{datetime.datetime.fromtimestamp(time / 1e6, datetime.UTC):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):  # of an entry that was tampered with
        return str(time)
