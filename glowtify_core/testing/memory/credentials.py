"""Credentials in memory."""

from __future__ import annotations

from collections.abc import Sequence
from threading import RLock

from glowtify_core.domain.errors import CredentialsMissing
from glowtify_core.ports.credentials import CredentialRef, Credentials


class MemoryCredentials:
    """A :class:`~glowtify_core.ports.credentials.CredentialStore` that forgets at the end."""

    def __init__(self) -> None:
        self._rows: dict[CredentialRef, Credentials] = {}
        self._lock = RLock()

    def get(self, ref: CredentialRef) -> Credentials:
        """The stored credentials.

        Raises:
            CredentialsMissing: none are stored.
        """
        if ref not in self._rows:
            raise CredentialsMissing(
                f"No credentials for {ref.platform} are stored",
                remedy=f"Connect {ref.platform} to the store {ref.store}.",
            )
        return dict(self._rows[ref])

    def put(self, ref: CredentialRef, credentials: Credentials) -> None:
        """Store, in place of whatever was there."""
        with self._lock:
            self._rows[ref] = dict(credentials)

    def replace(self, ref: CredentialRef, expected: Credentials, credentials: Credentials) -> bool:
        """Store only if ``expected`` is what is stored now, at once; whether it was."""
        with self._lock:
            if ref not in self._rows or self._rows[ref] != dict(expected):
                return False
            self.put(ref, credentials)
            return True

    def delete(self, ref: CredentialRef) -> None:
        """Forget; nothing happens when nothing is stored."""
        with self._lock:
            self._rows.pop(ref, None)

    def accounts(self) -> Sequence[CredentialRef]:
        """Everything that is stored, sorted."""
        return sorted(self._rows)
