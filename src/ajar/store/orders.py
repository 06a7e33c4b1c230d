"""What people tell running rollouts: the command line puts it here, the steward carries it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from sqlalchemy import false, insert, select, update
from sqlalchemy.exc import IntegrityError

from ajar.errors import StateError
from ajar.store.tables import orders

if TYPE_CHECKING:
    from ajar.store.database import Database

Kind = Literal["pause", "resume", "abort"]


class Order(msgspec.Struct, frozen=True):
    """`by` whom, and `why`; `time` is in microseconds since 1970 UTC. Numbers count up over all rollouts."""

    number: int
    rollout: str
    kind: Kind
    by: str
    why: str
    time: int


class Orders:
    """All orders that were ever given. Every method is one transaction, and may raise StateError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, rollout: str, kind: Kind, by: str, why: str, time: int) -> Order:
        """Tell a rollout what to do. Raises StateError where there is none with this id."""
        given = insert(orders).values(rollout=rollout, kind=kind, by=by, why=why, time=time, done=False)
        with self._database.writing() as connection:
            try:
                number: int = connection.execute(given.returning(orders.c.number)).scalar_one()
            except IntegrityError as error:
                raise StateError(
                    f"there is no rollout {rollout}; `ajar swap status` shows those that there are"
                ) from error
        return Order(number, rollout, kind, by, why, time)

    def pending(self) -> list[Order]:
        """Those not carried out yet, in the order in which they were given."""
        one = orders.c
        columns = select(one.number, one.rollout, one.kind, one.by, one.why, one.time)
        with self._database.reading() as connection:
            rows = connection.execute(columns.where(one.done.is_(false())).order_by(one.number))
            return [Order(*row) for row in rows]

    def done(self, number: int) -> None:
        """This order was carried out, or came too late."""
        with self._database.writing() as connection:
            connection.execute(update(orders).where(orders.c.number == number).values(done=True))
