"""A database looked at without changing it: what it is, how old its tables are, what time it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text

from glowtify_adapters.persistence import schema
from glowtify_adapters.persistence.clock import db_now
from glowtify_adapters.persistence.database import Database
from glowtify_adapters.persistence.tables import VERSION_TABLE
from glowtify_core.ports.clock import Clock

KINDS: Mapping[str, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
"""Names for people, by SQLAlchemy's."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was seen.

    Attributes:
        kind: such as ``SQLite``.
        revision: that made the tables; None where there are none.
        round_trip: how long the simplest question took.
        ahead: by how much its clock is ahead of ours; negative when it is behind.
    """

    kind: str
    revision: str | None
    round_trip: timedelta
    ahead: timedelta

    @property
    def current(self) -> bool:
        """Whether its tables are those of this version."""
        return self.revision == schema.CURRENT


def inspect(database: Database, clock: Clock) -> Inspection | None:
    """Look; None where there is no file yet. Nothing is made or migrated.

    Raises:
        RepositoryError, ConfigurationError: it cannot be reached.
    """
    if not database.exists:
        return None
    with database.as_it_is() as connection:
        revision = schema.revision(connection)
        asked, begun = clock.now(), clock.monotonic()
        now: datetime = connection.execute(select(db_now())).scalar_one()
        took = timedelta(seconds=clock.monotonic() - begun)
        return Inspection(KINDS[connection.dialect.name], revision, took, now - (asked + took / 2))


def try_writing(database: Database) -> None:
    """Write, and take it back.

    Raises:
        RepositoryError: it is busy, or cannot be written.
    """
    with database.as_it_is(reading=False) as connection:
        if schema.revision(connection) is None:
            connection.execute(text(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32))"))
        else:
            connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = version_num"))  # noqa: S608 - a constant of ours
