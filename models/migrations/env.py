"""Alembic's way in; ``models.schema`` hands over the connection and keeps the guards."""

from __future__ import annotations

from alembic import context

from models.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # A step is all or nothing; SQLite can do that when the transaction is begun by hand, as ours is.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
