"""What a person is told about the route revisions in a state directory, held against the config in the file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from ajar.cli.way_back import shares
from ajar.config.overlay import misfit
from ajar.config.revision import Revision, table_digest

if TYPE_CHECKING:
    from ajar.config.model import Config, Route
    from ajar.store.revisions import Revisions


class Revised(msgspec.Struct, frozen=True):
    """A route that is, or was, not as the file has it. `conflict` says why the file wins and what to do; "" if not."""

    route: str
    revision: Revision
    text: str
    conflict: str = ""


def revised(revisions: Revisions, config: Config) -> tuple[Revised, ...]:
    """The config's routes that have a revision, and those that lost it to the file. Raises StateError."""
    found: list[Revised] = []
    there = revisions.all()
    for route, table in config.routes.items():
        if route in there:
            why = misfit(there[route], config)
            if not why or not _says(table, there[route]):
                found.append(_present(there[route], why))
            continue
        past = revisions.history(route)[-2:]
        # Where the file was changed once more since, somebody has decided.
        lost = len(past) == 2 and past[1].by == "file" and past[1].base == table_digest(table)
        if lost and not _says(table, past[0]):
            found.append(_ended(*past))
    return tuple(found)


def _says(table: Route, revision: Revision) -> bool:
    """Whether the file has this result by now: then it wins, but over nothing."""
    return revision.split is None and revision.copying is None and revision.primary == table.primary


def _present(revision: Revision, why: str) -> Revised:
    route = revision.route
    if not why:
        return Revised(route, revision, f"{route}: {shares(revision)}, by {_made(revision)}")
    text = f"{route}: as the file has it, not {shares(revision)} as {_made(revision)} has it"
    return Revised(route, revision, text, f"{why}, so the file wins. {_what_to_do(revision)}")


def _ended(revision: Revision, by_file: Revision) -> Revised:
    route = by_file.route
    text = f"{route}: as the file has it, since {_time(by_file)}; before: {shares(revision)}, by {_made(revision)}"
    return Revised(route, by_file, text, f"{by_file.why}. {_what_to_do(revision)}")


def _what_to_do(revision: Revision) -> str:
    back = f"`ajar rollback {revision.route} --to-revision {revision.number}`"
    return f"To have it all the same, run {back}; to end this for good, write into the file what you want"


def _made(revision: Revision) -> str:
    return f"revision {revision.number} ({revision.by}, {_time(revision)}: {revision.why})"


def _time(revision: Revision) -> str:
    return f"{datetime.fromtimestamp(revision.time / 1_000_000, UTC):%Y-%m-%d %H:%M} UTC"
