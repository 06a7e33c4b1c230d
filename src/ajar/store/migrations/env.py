"""Run by alembic, for whoever gave it a connection: that one holds the lock and the transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import context

from ajar.store.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection

connection: Connection = context.config.attributes["connection"]
# SQLite can take back a change of tables, too: killed half-way, a migration never was.
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
