"""Run by alembic for every command, on the connection that ``schema.py`` passes, in its transaction."""

from __future__ import annotations

from alembic import context

from glowtify_adapters.persistence.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    transactional_ddl=True,  # true on SQLite as well, given the BEGIN of database.py
)
context.run_migrations()
