"""Where connections are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from glowtify_core.domain.connection import Connection


class ConnectionRepo(Protocol):
    """Keeps one connection a store and connector."""

    def get(self, store: str, connector: str) -> Connection | None:
        """The connection, or None."""
        ...

    def all(self, store: str | None = None) -> Sequence[Connection]:
        """Every connection, of one store if given, sorted by store and connector."""
        ...

    def save(self, connection: Connection) -> None:
        """Store, in place of whatever was there."""
        ...

    def delete(self, store: str, connector: str) -> None:
        """Forget; nothing happens when there is none."""
        ...
