"""Credentials as sealed rows of the database."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Row, Select, select
from sqlalchemy.engine import Connection

from glowtify_adapters.credentials.keys import Key, Keys
from glowtify_adapters.persistence.database import DIALECTS, Database, put
from glowtify_adapters.persistence.tables import credentials as table
from glowtify_core.domain.errors import CredentialsMissing
from glowtify_core.ports.credentials import CredentialRef, Credentials, Secret

FORMAT = "glowtify-credentials-1"
NONCE_BYTES = 12
"""96 bits, the size that GCM is defined for; random ones are good for some 2**32 writes with a key."""


class EncryptedCredentials:
    """A :class:`~glowtify_core.ports.credentials.CredentialStore`: AES-256-GCM over rows of the database.

    A row is bound to its format, store, platform and key, so that none of them can be exchanged under it.

    Args:
        database: where the rows are.
        keys: see :mod:`glowtify_adapters.credentials.keys`.
    """

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def get(self, ref: CredentialRef) -> Credentials:
        """The stored credentials.

        Raises:
            CredentialsMissing: none are stored, or they cannot be opened.
        """
        row = self._row(ref)
        while row is not None:
            key = self._keys.find(row.key_id)
            again = row if key else self._row(ref)
            if again == row:
                return unseal(ref, row, key)
            row = again  # it was sealed anew meanwhile, and its old key dropped
        raise CredentialsMissing(
            f"No credentials for {ref.platform} are stored",
            remedy=f"Connect {ref.platform} to the store {ref.store}.",
        )

    def put(self, ref: CredentialRef, credentials: Credentials) -> None:
        """Store, in place of whatever was there."""
        with changing_keys_or_rows(self._database) as connection:
            seal(connection, ref, credentials, self._keys.for_sealing())

    def replace(self, ref: CredentialRef, expected: Credentials, credentials: Credentials) -> bool:
        """Store only if ``expected`` is what is stored now; whether it was.

        Raises:
            CredentialsMissing: what is stored cannot be opened.
        """
        with changing_keys_or_rows(self._database) as connection:
            row = connection.execute(row_of(ref).with_for_update()).one_or_none()
            if row is None or unseal(ref, row, self._keys.find(row.key_id)) != dict(expected):
                return False
            seal(connection, ref, credentials, self._keys.for_sealing())
        return True

    def delete(self, ref: CredentialRef) -> None:
        """Forget; nothing happens when nothing is stored."""
        with self._database.writing() as connection:
            connection.execute(table.delete().filter_by(store=ref.store, platform=ref.platform))

    def accounts(self) -> Sequence[CredentialRef]:
        """Everything that is stored, sorted."""
        with self._database.reading() as connection:
            rows = connection.execute(select(table.c.store, table.c.platform)).all()
        return sorted(CredentialRef(store, platform) for store, platform in rows)

    def _row(self, ref: CredentialRef) -> Row[str, bytes] | None:
        with self._database.reading() as connection:
            return connection.execute(row_of(ref)).one_or_none()


@contextmanager
def changing_keys_or_rows(database: Database) -> Iterator[Connection]:
    """A transaction beside which no other of these is under way.

    Keys are dropped in one, and rows are sealed in one by a key that is read inside it: so no row is ever
    sealed with a key that is gone.
    """
    with database.writing() as connection:
        DIALECTS[connection.dialect.name].take_turns(connection)
        yield connection


def row_of(ref: CredentialRef) -> Select[str, bytes]:
    """How to read a row: the id of its key, and what is sealed."""
    return select(table.c.key_id, table.c.sealed).filter_by(store=ref.store, platform=ref.platform)


def unseal(ref: CredentialRef, row: Row[str, bytes], key: Key | None) -> dict[str, Secret]:
    """What a row holds.

    Raises:
        CredentialsMissing: its key is gone, or it was tampered with.
    """
    if key is None:
        raise _unreadable(ref, "The key that they were encrypted with is not among the present ones.")
    nonce, text = row.sealed[:NONCE_BYTES], row.sealed[NONCE_BYTES:]
    try:
        plain = AESGCM(key.value).decrypt(nonce, text, _bound_to(ref, key))
    except (InvalidTag, ValueError):
        raise _unreadable(ref, "They were changed or moved in the database.") from None
    return {name: Secret(value) for name, value in json.loads(plain).items()}


def seal(connection: Connection, ref: CredentialRef, credentials: Credentials, key: Key) -> None:
    """Write a row, in place of whatever was there."""
    plain = json.dumps({name: secret.reveal() for name, secret in credentials.items()}).encode()
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(key.value).encrypt(nonce, plain, _bound_to(ref, key))
    place = {"store": ref.store, "platform": ref.platform}
    put(connection, table, place, {"key_id": key.id, "sealed": sealed})


def _bound_to(ref: CredentialRef, key: Key) -> bytes:
    return json.dumps([FORMAT, ref.store, ref.platform, key.id]).encode()


def _unreadable(ref: CredentialRef, detail: str) -> CredentialsMissing:
    return CredentialsMissing(
        f"The credentials for {ref.platform} cannot be decrypted",
        detail=detail,
        remedy=f"Connect {ref.platform} to the store {ref.store} again, or bring back the key"
        " (GLOWTIFY_SECRET_KEY, or secret.key under GLOWTIFY_HOME).",
    )
