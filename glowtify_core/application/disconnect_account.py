"""Disconnecting: the key is forgotten, the platform sends on."""

from __future__ import annotations

from collections.abc import Sequence

from glowtify_core.domain.publication import Publication
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import CampaignRepo
from glowtify_core.ports.connections import ConnectionRepo
from glowtify_core.ports.credentials import CredentialRef, CredentialStore

STILL_SENDS = frozenset(
    {
        PublicationState.SUBMITTING,
        PublicationState.SCHEDULED,
        PublicationState.SENDING,
        PublicationState.UNKNOWN,
    }
)
"""The states of a publication that the platform sends, or may send, without us."""


class DisconnectAccount:
    """Forgets a store's credential for a platform."""

    def __init__(
        self, *, connections: ConnectionRepo, credentials: CredentialStore, repo: CampaignRepo
    ) -> None:
        self._connections = connections
        self._credentials = credentials
        self._repo = repo

    def __call__(self, store: str, connector: str) -> Sequence[Publication]:
        """Forget the key first, then the connection; what will still send is returned."""
        self._credentials.delete(CredentialRef(store, connector))
        self._connections.delete(store, connector)
        return self.still_sends(store, connector)

    def still_sends(self, store: str, connector: str) -> Sequence[Publication]:
        """The publications that the platform will send, or may send, whatever we do."""
        return self._repo.find(store=store, connector=connector, states=STILL_SENDS)
