"""Brings a database to this version's schema, at first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import Connection

from glowtify_adapters.persistence.tables import VERSION_TABLE
from glowtify_core.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from alembic.config import Config

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
        up_to_date = revision(connection) == CURRENT
    if up_to_date:
        return
    with engine.begin() as connection:
        take_turns(connection)
        _migrate(connection)


def revision(connection: Connection) -> str | None:
    """Which revision made the tables that are there; None where there are none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - a constant of ours
    return found


def refuse_newer(found: str | None) -> None:
    """Leave a database alone whose revision this version does not know.

    Raises:
        ConfigurationError: a newer version made it.
    """
    from alembic.script import ScriptDirectory  # takes longer to import than everything else here

    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found not in known | {None}:
        raise ConfigurationError(
            "The database was made by a newer version of Glowtify",
            code="database_newer",
            remedy="Upgrade glowtify-adapters, or point GLOWTIFY_HOME or GLOWTIFY_DATABASE_URL elsewhere.",
        )


def _migrate(connection: Connection) -> None:
    from alembic import command

    refuse_newer(revision(connection))
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "glowtify_adapters.persistence:migrations")
    return config
