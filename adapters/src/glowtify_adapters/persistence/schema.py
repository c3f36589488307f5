"""Brings a database to this version's schema, at first use."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import Connection

from glowtify_adapters.persistence.tables import VERSION_TABLE
from glowtify_core.domain.errors import ConfigurationError

CURRENT = "0004"
"""The newest revision in ``migrations/versions``."""


def bring_up_to_date(engine: Engine, take_turns: Callable[[Connection], None]) -> None:
    """Run what migrations are due; one look at the version where none are.

    In one transaction, so that a failed one leaves nothing.

    Args:
        engine: opens the database.
        take_turns: makes a transaction wait for that of another process which starts at once.

    Raises:
        ConfigurationError: a newer version made this database.
    """
    with engine.connect() as connection:
        up_to_date = _revision(connection) == CURRENT
    if up_to_date:
        return
    with engine.begin() as connection:
        take_turns(connection)
        _migrate(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - a constant of ours
    return found


def _migrate(connection: Connection) -> None:
    from alembic import command  # takes longer to import than everything else here
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "glowtify_adapters.persistence:migrations")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if _revision(connection) not in known | {None}:
        raise ConfigurationError(
            "The database was made by a newer version of Glowtify",
            code="database_newer",
            remedy="Upgrade glowtify-adapters, or point GLOWTIFY_HOME or GLOWTIFY_DATABASE_URL elsewhere.",
        )
    command.upgrade(config, "head")
