"""The route revisions in the supervisor's care: read when they change, laid over the config where they fit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ajar.config.overlay import misfit
from ajar.config.revision import Revision, table_digest
from ajar.errors import StateError
from ajar.supervisor.log import log

if TYPE_CHECKING:
    from ajar.config.model import Config, Route
    from ajar.store.revisions import Revisions


class Overlay:
    """The revisions as they were last read."""

    def __init__(self, revisions: Revisions) -> None:
        """Raises StateError where one cannot be read: what it says may be a roll-back."""
        self._revisions = revisions
        self._last = revisions.all()
        self._damaged: dict[str, str] = {}
        self._said: set[tuple[str, int, str]] = set()
        self._over: dict[str, int] = {}

    def read(self, config: Config) -> bool:
        """Read them again; whether any changed. One that cannot be read stays as it last was, and is logged once."""
        try:
            found, errors = self._revisions.read()
        except StateError as error:
            found, errors = self._last, {"": error}
        damaged = {route: error.message for route, error in errors.items()}
        for route, why in damaged.items():
            if self._damaged.get(route) != why:
                log(f"what the route had before stays in force: {why}")
        self._damaged = damaged
        for route in damaged.keys() & self._last.keys():
            found.setdefault(route, self._last[route])
        changed = found != self._last
        for route in sorted(found.keys() | self._last.keys()):
            if found.get(route) != self._last.get(route):
                self._say(route, found.get(route), config)
        self._last = found
        return changed

    def over(self, config: Config) -> dict[str, Revision]:
        """Those that hold over this config now, by route."""
        now = time.time_ns() // 1000
        return {route: revision.at(now) for route, revision in self._last.items() if not misfit(revision, config)}

    def expired(self) -> bool:
        """Whether the time of an experiment has run out since this was last asked."""
        now = time.time_ns() // 1000
        over = {route: each.number for route, each in self._last.items() if each.at(now) is not each}
        new = over.items() - self._over.items()
        for route, number in sorted(new):
            log(f"route {route}: nobody has ended the experiment of revision {number} in time, so its primary answers")
        self._over = over
        return bool(new)

    def settle(self, config: Config) -> None:
        """The config is in force: the file wins for good over those that do not fit, as a recorded revision.

        Were they left where they are, they would come back unasked with a later change of the file. One whose route is
        not in the file has nothing that could win, and stays.
        """
        for route, revision in list(self._last.items()):
            table = config.routes.get(route)
            why = misfit(revision, config)
            if why and table is not None:
                self._end(revision, table, why)

    def _end(self, revision: Revision, table: Route, why: str) -> None:
        route = revision.route
        try:
            number = self._revisions.next_number(route)
            ended = self._revisions.end(revision, _by_file(table, revision, number, why))
        except StateError as error:
            log(f"revision {revision.number} of the route {route} does not hold, but stays where it is: {error}")
            return
        if ended:
            self._last.pop(route)
            log(
                f"route {route}: the file is in force again, as revision {number}, in place of revision "
                f"{revision.number} ({revision.by}: {revision.why}): {why}. "
                f"`ajar rollback {route} --to-revision {revision.number}` brings that one back"
            )

    def _say(self, route: str, revision: Revision | None, config: Config) -> None:
        if revision is None:
            log(f"route {route}: its revision was removed, the file is in force again")
            return
        why = misfit(revision, config)
        if not why:
            log(f"route {route}: revision {revision.number} takes effect ({revision.by}: {revision.why})")
            return
        said = route, revision.number, why
        if said not in self._said:
            self._said.add(said)
            log(f"route {route}: revision {revision.number} is NOT in force: {why}; the file's table is")


def _by_file(table: Route, instead_of: Revision, number: int, why: str) -> Revision:
    return Revision(
        route=instead_of.route,
        number=number,
        base=table_digest(table),
        time=time.time_ns() // 1000,
        by="file",
        why=f"{why}: revision {instead_of.number} ended",
        primary=table.primary,
        fallback=table.fallback,
    )
