"""Connections in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from sqlalchemy import RowMapping, select

from glowtify_adapters.persistence.database import Database, put
from glowtify_adapters.persistence.tables import connections
from glowtify_core.domain.connection import AccountInfo, Connection, ConnectionState

_SETS = ("granted", "missing", "not_proven")


class SqlConnections:
    """A :class:`~glowtify_core.ports.connections.ConnectionRepo` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, store: str, connector: str) -> Connection | None:
        """The connection, or None."""
        with self._database.reading() as reading:
            query = select(connections).filter_by(store=store, connector=connector)
            row = reading.execute(query).mappings().one_or_none()
        return None if row is None else _from_row(row)

    def all(self, store: str | None = None) -> Sequence[Connection]:
        """Every connection, of one store if given, sorted by store and connector."""
        query = select(connections)
        if store is not None:
            query = query.where(connections.c.store == store)
        with self._database.reading() as reading:
            rows = reading.execute(query).mappings().all()
        found = [_from_row(row) for row in rows]
        return sorted(found, key=lambda connection: (connection.store, connection.connector))

    def save(self, connection: Connection) -> None:
        """Store, in place of whatever was there."""
        with self._database.writing() as writing:
            put(
                writing,
                connections,
                {"store": connection.store, "connector": connection.connector},
                _values(connection),
            )

    def delete(self, store: str, connector: str) -> None:
        """Forget; nothing happens when there is none."""
        with self._database.writing() as writing:
            writing.execute(connections.delete().filter_by(store=store, connector=connector))


def _values(connection: Connection) -> dict[str, Any]:
    account = asdict(connection.account)
    account.update({name: sorted(account[name]) for name in _SETS})
    return {
        "state": connection.state.value,
        "account": account,
        "settings": dict(connection.settings),
        "problem": connection.problem,
        "remedy": connection.remedy,
        "checked_at": connection.checked_at,
    }


def _from_row(row: RowMapping) -> Connection:
    account = {**row["account"], "notes": tuple(row["account"]["notes"])}
    account.update({name: frozenset(account[name]) for name in _SETS})
    return Connection(
        store=row["store"],
        connector=row["connector"],
        state=ConnectionState(row["state"]),
        account=AccountInfo(**account),
        settings=MappingProxyType(row["settings"]),
        problem=row["problem"],
        remedy=row["remedy"],
        checked_at=row["checked_at"],
    )
