"""Rollouts and their looks at the evidence, as the database keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import func, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from ajar.errors import StateError
from ajar.store.tables import looks, rollouts

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

    from ajar.store.database import Database


class RolloutRow(msgspec.Struct, frozen=True):
    """A rollout: what it is found by, and its whole document. Times are microseconds since 1970 UTC."""

    id: str
    route: str
    state: str
    running: bool
    created: int
    updated: int
    document: bytes


class Rollouts:
    """All rollouts that ever were. Every method is one transaction, and may raise StateError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, row: RolloutRow) -> None:
        """Begin a rollout. Raises StateError where one is running on its route."""
        with self._database.writing() as connection:
            try:
                connection.execute(insert(rollouts).values(msgspec.structs.asdict(row)))
            except IntegrityError as error:
                raise _refused(row, error) from error

    def save(self, row: RolloutRow) -> None:
        """Replace what is kept of the rollout with this id."""
        with self._database.writing() as connection:
            change = update(rollouts).where(rollouts.c.id == row.id).values(msgspec.structs.asdict(row))
            try:
                found = connection.execute(change).rowcount
            except IntegrityError as error:
                raise _refused(row, error) from error
            if not found:
                raise StateError(f"there is no rollout {row.id}; `ajar swap status` shows those that there are")

    def get(self, id: str) -> RolloutRow | None:  # noqa: A002 - what the column is called
        """The rollout with this id."""
        found = self._read(_rows().where(rollouts.c.id == id))
        return found[0] if found else None

    def running(self) -> list[RolloutRow]:
        """Those that have not ended, oldest first."""
        return self._read(_rows().where(rollouts.c.running.is_(true())).order_by(rollouts.c.created, rollouts.c.id))

    def recent(self, route: str | None, count: int) -> list[RolloutRow]:
        """The newest `count`, of one route or of all, newest first."""
        query = _rows().order_by(rollouts.c.created.desc(), rollouts.c.id.desc()).limit(count)
        return self._read(query if route is None else query.where(rollouts.c.route == route))

    def add_look(self, id: str, time: int, body: bytes) -> int:  # noqa: A002
        """Keep a look at the rollout's evidence, and return its number: 1, 2, …"""
        with self._database.writing() as connection:
            number = _looks(connection, id) + 1
            try:
                connection.execute(insert(looks).values(rollout=id, number=number, time=time, body=body))
            except IntegrityError as error:
                raise StateError(f"there is no rollout {id} to look at") from error
        return number

    def looks(self, id: str, after: int = 0, most: int | None = None) -> list[tuple[int, int, bytes]]:  # noqa: A002
        """Number, time and body of the looks after number `after`, in order; of many, the first `most`."""
        columns = select(looks.c.number, looks.c.time, looks.c.body)
        chosen = columns.where(looks.c.rollout == id, looks.c.number > after).order_by(looks.c.number).limit(most)
        with self._database.reading() as connection:
            return [tuple(row) for row in connection.execute(chosen)]

    def _read(self, query: Select[str, str, str, bool, int, int, bytes]) -> list[RolloutRow]:
        with self._database.reading() as connection:
            return [RolloutRow(*row) for row in connection.execute(query)]


def _rows() -> Select[str, str, str, bool, int, int, bytes]:
    one = rollouts.c
    return select(one.id, one.route, one.state, one.running, one.created, one.updated, one.document)


def _looks(connection: Connection, rollout: str) -> int:
    last = select(func.coalesce(func.max(looks.c.number), 0)).where(looks.c.rollout == rollout)
    return connection.execute(last).scalar_one()


def _refused(row: RolloutRow, error: IntegrityError) -> StateError:
    # SQLite names the column, PostgreSQL the index.
    if not any(name in str(error.orig) for name in ("rollouts.route", "one_running_rollout")):
        return StateError(f"there is a rollout {row.id} already")
    return StateError(
        f"a rollout is running on the route {row.route}: wait for its end (`ajar swap status`), or end it "
        "(`ajar swap abort`)"
    )
