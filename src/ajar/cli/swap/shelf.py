"""The rollouts in a state directory, as a command finds the one that is meant."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ajar.errors import StateError
from ajar.evidence.live.look import Look
from ajar.rollout.document import Rollout, decode
from ajar.store.database import Database
from ajar.store.rollouts import RolloutRow, Rollouts

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

BEGIN = "`ajar swap ROUTE --to DEPLOYMENT` begins one"


class Seen(msgspec.Struct, frozen=True):
    """What was kept of a look at the evidence: during which step, and what it said to do."""

    step: int
    look: Look
    decision: str
    why: str


class Moment(NamedTuple):
    """A look with its number, and its time in microseconds since 1970 UTC."""

    number: int
    time: int
    seen: Seen


class Shelf:
    """All rollouts of one state directory. Every method reads anew, and may raise StateError."""

    def __init__(self, database: Database) -> None:
        self._rollouts = Rollouts(database)

    def running(self) -> list[Rollout]:
        """Those that have not ended, oldest first."""
        return [_document(row) for row in self._rollouts.running()]

    def recent(self, route: str | None, number: int) -> list[Rollout]:
        """The newest, of one route or of all."""
        return [_document(row) for row in self._rollouts.recent(route, number)]

    def get(self, rollout: str) -> Rollout:
        """The one with this id."""
        row = self._rollouts.get(rollout)
        if row is None:
            raise StateError(f"there is no rollout {rollout}; `ajar swap list` shows those that there are")
        return _document(row)

    def meant(self, which: str | None) -> list[Rollout]:
        """The one with this id; or those that run, of this route or of all; or else the last one. Never none."""
        if which is None:
            found = self.running() or self.recent(None, 1)
        else:
            row = self._rollouts.get(which)
            named = [] if row is None else [_document(row)]
            found = named or [one for one in self.running() if one.route == which] or self.recent(which, 1)
        if not found:
            where = "" if which is None else f" on a route `{which}`, and none has that id"
            raise StateError(f"there was no rollout yet{where}; {BEGIN}")
        return found

    def one(self, which: str | None) -> Rollout:
        """As `meant`, where only one can be."""
        found = self.meant(which)
        if len(found) > 1:
            routes = ", ".join(sorted(one.route for one in found))
            raise StateError(f"{len(found)} rollouts are running: name one by its route ({routes})")
        return found[0]

    def looks(self, rollout: str, after: int = 0) -> list[Moment]:
        """The rollout's looks after this number, in order."""
        return [Moment(number, time, _look(body)) for number, time, body in self._rollouts.looks(rollout, after)]

    def last_look(self, document: Rollout) -> Moment | None:
        """The newest one, if there is any."""
        found = self.looks(document.id, max(document.looks - 1, 0)) if document.looks else []
        return found[-1] if found else None


@contextlib.contextmanager
def shelf(state_dir: Path) -> Generator[Shelf]:
    """Open it. Raises StateError where nothing was ever kept there: looking makes nothing."""
    if not (state_dir / "ajar.db").exists():
        raise StateError(f"there was no rollout yet in {state_dir.absolute()}; {BEGIN}")
    with contextlib.closing(Database.open(state_dir)) as database:
        yield Shelf(database)


def running_on(state_dir: Path, route: str) -> Rollout | None:
    """The rollout of this route that has not ended. Raises StateError where that cannot be told."""
    if not (state_dir / "ajar.db").exists():
        return None
    with shelf(state_dir) as rollouts:
        return next((one for one in rollouts.running() if one.route == route), None)


def _document(row: RolloutRow) -> Rollout:
    try:
        return decode(row.document)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(f"rollout {row.id}", error) from error


def _look(body: bytes) -> Seen:
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable("a look at a rollout's evidence", error) from error


def _unreadable(what: str, error: Exception) -> StateError:
    return StateError(f"{what} is damaged or from a newer Ajar ({error}): use that Ajar, or a backup of the database")


_decode = msgspec.json.Decoder(Seen).decode
