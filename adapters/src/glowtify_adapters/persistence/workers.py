"""Which workers are there: each says so again and again, and who falls silent is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from glowtify_adapters.persistence.clock import db_now
from glowtify_adapters.persistence.database import Database, insert_if_absent
from glowtify_adapters.persistence.tables import workers


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker that is there, by the database's clock."""

    name: str
    started_at: datetime
    seen_at: datetime


class SqlWorkers:
    """The workers that share a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def beat(self, name: str) -> None:
        """Say that this worker is there."""
        mine = workers.update().filter_by(name=name).values(seen_at=db_now())
        with self._database.writing() as connection:
            if not connection.execute(mine).rowcount:
                insert_if_absent(
                    connection, workers, {"name": name, "started_at": db_now(), "seen_at": db_now()}
                )

    def alive(self, within: timedelta) -> Sequence[Worker]:
        """Those who have said so within that time, by name."""
        query = select(workers).where(workers.c.seen_at > db_now(-within)).order_by(workers.c.name)
        with self._database.reading() as connection:
            return [Worker(**row) for row in connection.execute(query).mappings()]

    def leave(self, name: str, *, silent_for: timedelta = timedelta(days=1)) -> None:
        """Take a worker off, and with it those who have been silent for long."""
        gone = (workers.c.name == name) | (workers.c.seen_at < db_now(-silent_for))
        with self._database.writing() as connection:
            connection.execute(workers.delete().where(gone))
