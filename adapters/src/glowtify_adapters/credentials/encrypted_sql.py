"""Credentials as sealed rows of the database."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Row, Select, select
from sqlalchemy.engine import Connection

from glowtify_adapters.credentials.keys import Key, Keys
from glowtify_adapters.persistence.database import Database, put
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
        with self._database.reading() as connection:
            row = connection.execute(_row_of(ref)).one_or_none()
        if row is None:
            raise CredentialsMissing(
                f"No credentials for {ref.platform} are stored",
                remedy=f"Connect {ref.platform} to the store {ref.store}.",
            )
        return self._open(ref, row)

    def put(self, ref: CredentialRef, credentials: Credentials) -> None:
        """Store, in place of whatever was there."""
        key = self._keys.for_sealing()
        with self._database.writing() as connection:
            _write(connection, ref, key, credentials)

    def replace(self, ref: CredentialRef, expected: Credentials, credentials: Credentials) -> bool:
        """Store only if ``expected`` is what is stored now; whether it was.

        Raises:
            CredentialsMissing: what is stored cannot be opened.
        """
        key = self._keys.for_sealing()
        with self._database.writing() as connection:
            row = connection.execute(_row_of(ref).with_for_update()).one_or_none()
            if row is None or self._open(ref, row) != dict(expected):
                return False
            _write(connection, ref, key, credentials)
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

    def _open(self, ref: CredentialRef, row: Row[str, bytes]) -> dict[str, Secret]:
        key_id, sealed = row
        key = self._keys.find(key_id)
        if key is None:
            raise _unreadable(ref, "The key that they were encrypted with is not among the present ones.")
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            plain = AESGCM(key.value).decrypt(nonce, text, _bound_to(ref, key))
        except (InvalidTag, ValueError):
            raise _unreadable(ref, "They were changed or moved in the database.") from None
        return {name: Secret(value) for name, value in json.loads(plain).items()}


def _row_of(ref: CredentialRef) -> Select[str, bytes]:
    return select(table.c.key_id, table.c.sealed).filter_by(store=ref.store, platform=ref.platform)


def _write(connection: Connection, ref: CredentialRef, key: Key, credentials: Credentials) -> None:
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
