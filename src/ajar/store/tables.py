"""The tables of Ajar's database as the code sees them. The migrations make them; a test compares the two.

Times are microseconds since 1970 UTC.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    column,
    true,
)

REVISION: Final = "0001"
"""The newest migration: what a database must be at to be used. They count up, so that a newer one is known as such."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

_running = column("running", Boolean).is_(true())

rollouts = Table(
    "rollouts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("route", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("running", Boolean, nullable=False),
    Column("created", BigInteger, nullable=False, index=True),
    Column("updated", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("one_running_rollout", "route", unique=True, sqlite_where=_running, postgresql_where=_running),
)

looks = Table(
    "looks",
    metadata,
    Column("rollout", Text, ForeignKey("rollouts.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("rollout", Text, ForeignKey("rollouts.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("done", Boolean, nullable=False, index=True),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
