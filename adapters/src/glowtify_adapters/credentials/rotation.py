"""Changing the key that seals credentials, while everything goes on using them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from glowtify_adapters.credentials.encrypted_sql import changing_keys_or_rows, row_of, seal, unseal
from glowtify_adapters.credentials.keys import Keys
from glowtify_adapters.persistence.database import Database
from glowtify_adapters.persistence.tables import credentials as table
from glowtify_core.domain.errors import CredentialsMissing
from glowtify_core.ports.credentials import CredentialRef


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One key, by its id.

    Attributes:
        rows: how many credentials it seals.
        present: whether we have it; without it those cannot be opened.
        seals: whether new credentials are sealed with it.
    """

    key_id: str
    rows: int
    present: bool
    seals: bool


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did.

    Attributes:
        key_id: the key that seals now.
        sealed: how many credentials were sealed anew.
        unreadable: those that could not be opened, and why; they were left alone.
        dropped: keys that were taken out of the key file, since nothing is sealed with them any more.
        removable: the same of keys in the settings, which only a person can take out.
    """

    key_id: str
    sealed: int
    unreadable: Sequence[tuple[CredentialRef, CredentialsMissing]]
    dropped: Sequence[str]
    removable: Sequence[str]


class KeyRotation:
    """Seals every credential anew with the newest key, one by one; whoever uses them meanwhile finds them.

    Ended half-way nothing is lost: every key that seals anything is kept, and the next run does the rest.
    """

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def __call__(self) -> Rotation:
        """Rotate.

        Raises:
            RepositoryError, ConfigurationError: the database or the key file cannot be used.
        """
        with changing_keys_or_rows(self._database):
            self._keys.renew()
        sealed, unreadable = 0, []
        for ref in self._sealed_before():
            try:
                sealed += self._seal_anew(ref)
            except CredentialsMissing as problem:
                unreadable.append((ref, problem))
        dropped, removable = self._drop_idle()
        return Rotation(self._keys.for_sealing().id, sealed, unreadable, dropped, removable)

    def status(self) -> Sequence[KeyUse]:
        """Every key that is present or seals something, the one that seals new credentials first."""
        present = [key.id for key in self._keys.present()]
        with self._database.reading() as connection:
            counted = select(table.c.key_id, func.count().label("rows")).group_by(table.c.key_id)
            rows = {row.key_id: row.rows for row in connection.execute(counted)}
        return [
            KeyUse(key_id, rows.get(key_id, 0), key_id in present, key_id in present[:1])
            for key_id in (*present, *sorted(rows.keys() - present))
        ]

    def _sealed_before(self) -> Sequence[CredentialRef]:
        newest = self._keys.for_sealing().id
        wanted = select(table.c.store, table.c.platform).where(table.c.key_id != newest)
        with self._database.reading() as connection:
            return sorted(CredentialRef(store, platform) for store, platform in connection.execute(wanted))

    def _seal_anew(self, ref: CredentialRef) -> bool:
        """Whether it was still there and sealed with another key."""
        with changing_keys_or_rows(self._database) as connection:
            newest = self._keys.for_sealing()
            row = connection.execute(row_of(ref).with_for_update()).one_or_none()
            if row is None or row.key_id == newest.id:
                return False
            seal(connection, ref, unseal(ref, row, self._keys.find(row.key_id)), newest)
        return True

    def _drop_idle(self) -> tuple[Sequence[str], Sequence[str]]:
        with changing_keys_or_rows(self._database) as connection:
            used = set(connection.scalars(select(table.c.key_id).distinct()))
            kept = {self._keys.for_sealing().id, *used}
            idle = [key.id for key in self._keys.present() if key.id not in kept]
            if idle and self._keys.keep(kept):
                return idle, ()
            return (), idle
