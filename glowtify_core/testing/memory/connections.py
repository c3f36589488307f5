"""Connections in memory."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace

from glowtify_core.domain.connection import Connection


class MemoryConnections:
    """A :class:`~glowtify_core.ports.connections.ConnectionRepo` that forgets at the end."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Connection] = {}

    def get(self, store: str, connector: str) -> Connection | None:
        """The connection, or None."""
        found = self._rows.get((store, connector))
        return found and _copy_of(found)

    def all(self, store: str | None = None) -> Sequence[Connection]:
        """Every connection, of one store if given, sorted by store and connector."""
        return [_copy_of(self._rows[key]) for key in sorted(self._rows) if store in (None, key[0])]

    def save(self, connection: Connection) -> None:
        """Store, in place of whatever was there."""
        self._rows[connection.store, connection.connector] = _copy_of(connection)

    def delete(self, store: str, connector: str) -> None:
        """Forget; nothing happens when there is none."""
        self._rows.pop((store, connector), None)


def _copy_of(connection: Connection) -> Connection:
    return replace(connection, settings=deepcopy(dict(connection.settings)))
