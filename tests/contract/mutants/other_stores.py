"""Stores of connections and credentials that are each wrong in one way, made of the sound ones."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from glowtify_core.domain.errors import ConfigurationError, CredentialsMissing
from glowtify_core.ports.credentials import CredentialRef
from glowtify_core.testing import MemoryConnections, MemoryCredentials


class TakesNoForUnknown(MemoryConnections):
    """Takes "no" for "not known"."""

    def save(self, connection):
        account = replace(connection.account, test_account=connection.account.test_account or None)
        super().save(replace(connection, account=account))


class OneForAllStores(MemoryConnections):
    """Keys connections by the connector alone."""

    def get(self, store, connector):
        return super().get(store, connector) or next(
            (one for one in self.all() if one.connector == connector and store == "other"), None
        )


class MergesSettings(MemoryConnections):
    """Keeps old settings beside the new ones."""

    def save(self, connection):
        old = self.get(connection.store, connection.connector)
        settings = {**(old.settings if old else {}), **connection.settings}
        super().save(replace(connection, settings=settings))


class InAnyOrder(MemoryConnections):
    """Lists connections as they came."""

    def all(self, store=None):
        return [self.get(*key) for key in self._rows if store in (None, key[0])]


class DeletesOnlyWhatIsThere(MemoryConnections):
    """Raises when there is nothing to delete."""

    def delete(self, store, connector):
        del self._rows[store, connector]


class SharesSettings(MemoryConnections):
    """Keeps the caller's own mapping."""

    def save(self, connection):
        self._rows[connection.store, connection.connector] = connection


class TrimsSecrets(MemoryCredentials):
    """Takes the white space around a secret for a mistake."""

    def put(self, ref, credentials):
        super().put(ref, {name: type(value)(value.reveal().strip()) for name, value in credentials.items()})


class IgnoresCapitals(MemoryCredentials):
    """Takes two stores for one whose names differ in capitals."""

    def get(self, ref):
        return super().get(CredentialRef(ref.store.lower(), ref.platform))

    def put(self, ref, credentials):
        super().put(ref, credentials)
        super().put(CredentialRef(ref.store.lower(), ref.platform), credentials)


class MergesFields(MemoryCredentials):
    """Keeps old fields beside the new ones."""

    def put(self, ref, credentials):
        super().put(ref, {**self._rows.get(ref, {}), **credentials})

    def replace(self, ref, expected, credentials):
        replaced = super().replace(ref, expected, credentials)
        if replaced:
            super().put(ref, credentials)
        return replaced


class SharesMappings(MemoryCredentials):
    """Keeps the caller's own mapping."""

    def put(self, ref, credentials):
        self._rows[ref] = credentials


class SaysOnlyThatThereAreNone(MemoryCredentials):
    """Leaves people alone with what is not there."""

    def get(self, ref):
        if ref not in self._rows:
            raise CredentialsMissing("There are none")
        return super().get(ref)


class ListsAsTheyCame(MemoryCredentials):
    """Lists in the order of putting."""

    def accounts(self):
        return list(self._rows)


class RaisesOnNothing(MemoryCredentials):
    """Raises when there is nothing to delete."""

    def delete(self, ref):
        del self._rows[ref]


class ReplacesUnasked(MemoryCredentials):
    """Replaces whatever is stored."""

    def replace(self, ref, expected, credentials):
        return ref in self._rows and super().replace(ref, self.get(ref), credentials)


class LooksThenReplaces(MemoryCredentials):
    """Looks at what is stored, and replaces it a moment later."""

    def replace(self, ref, expected, credentials):
        if ref not in self._rows or self.get(ref) != dict(expected):
            return False
        time.sleep(0.003)
        self.put(ref, credentials)
        return True


class ShowsSecrets(MemoryCredentials):
    """Shows in its repr what it holds."""

    def __repr__(self):
        values = [value.reveal() for fields in self._rows.values() for value in fields.values()]
        return f"ShowsSecrets({values})"


class LogsSecrets(MemoryCredentials):
    """Logs what it stores."""

    def put(self, ref, credentials):
        for name, value in credentials.items():
            logging.getLogger("store").debug("%s of %s is %s", name, ref, value.reveal())
        super().put(ref, credentials)


class KeepsThemPlain(MemoryCredentials):
    """Writes secrets down as they are; ``at_rest`` is the file."""

    def __init__(self):
        super().__init__()
        self.file = b""

    def put(self, ref, credentials):
        self.file += b"".join(value.reveal().encode() for value in credentials.values())
        super().put(ref, credentials)


class ReadOnly(MemoryCredentials):
    """A store that somebody else fills."""

    def __init__(self, stored):
        super().__init__()
        self._rows.update(stored)

    def put(self, ref, credentials):
        raise ConfigurationError("It cannot be changed here", remedy="Change it there.")

    def replace(self, ref, expected, credentials):
        self.put(ref, credentials)

    def delete(self, ref):
        if ref in self._rows:
            self.put(ref, {})


class DropsWhatItIsGiven(ReadOnly):
    """Forgets to say that nothing was stored."""

    def put(self, ref, credentials):
        pass


class RefusesToForgetNothing(ReadOnly):
    """Refuses to delete what is not there."""

    def delete(self, ref):
        self.put(ref, {})
