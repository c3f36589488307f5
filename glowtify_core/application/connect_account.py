"""Connecting a store to a platform account, and looking again later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from glowtify_core.application.platforms import Platforms, credential_of, judge, scopes_remedy
from glowtify_core.domain.connection import AccountInfo, Connection, ConnectionState
from glowtify_core.domain.errors import (
    CampaignRejected,
    ConfigurationError,
    CredentialsMissing,
    Effect,
    PermissionDenied,
    Phase,
)
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.connectors import ConnectorManifest
from glowtify_core.ports.credentials import CredentialRef, Credentials, CredentialStore

ACCOUNT_SETTINGS = frozenset({"conversion_metric"})
"""Settings that name something inside an account."""


class ConnectAccount:
    """Checks a credential, learns whose it is, and keeps both."""

    def __init__(self, *, platforms: Platforms, credentials: CredentialStore, clock: Clock) -> None:
        self._platforms = platforms
        self._credentials = credentials
        self._clock = clock

    def __call__(
        self,
        store: str,
        connector: str,
        credentials: Credentials,
        *,
        settings: Mapping[str, Any] | None = None,
        other_account: bool = False,
    ) -> Connection:
        """Connect, or connect again.

        Args:
            settings: plain settings of the connection, such as ``base_url``; None keeps those it had.
            other_account: allow a credential of another account than the one connected so far.

        Raises:
            CredentialsMissing: a field is missing or not of its form; no request was sent.
            AuthenticationFailed: the platform does not know the credential.
            PermissionDenied: it lacks a scope that publishing needs; nothing is stored.
            CampaignRejected: it belongs to another account than the one connected so far.
        """
        manifest = self._platforms.directory.manifest(connector)
        _check_form(manifest, credentials)
        earlier = self._platforms.connections.get(store, connector)
        if settings is None:
            settings = earlier.settings if earlier else {}
        with self._platforms.open(manifest, credentials, settings, None) as platform:
            account = platform.connect()
        if earlier and earlier.account.id != account.id and not other_account:
            raise _another_account(manifest, earlier.account, account)
        if earlier and earlier.account.id != account.id:
            settings = _without_the_others(settings, earlier.settings)
        connection = judge(
            manifest,
            Connection(
                store,
                connector,
                ConnectionState.CONNECTED,
                account,
                dict(settings),
                checked_at=self._clock.now(),
            ),
        )
        if connection.state is ConnectionState.RECONNECT_REQUIRED:
            raise _scopes_insufficient(manifest, connection)
        self._keep(CredentialRef(store, connector), credentials)
        self._platforms.connections.save(connection)
        return connection

    def _keep(self, ref: CredentialRef, credentials: Credentials) -> None:
        """Store; a read-only store that holds the same already is as good."""
        try:
            self._credentials.put(ref, credentials)
        except ConfigurationError:
            if self._credentials.get(ref) != credentials:
                raise

    def check_now(self, store: str, connector: str) -> Connection:
        """Ask the platform again who the account is and what the credential may do.

        Raises:
            AuthenticationFailed: the credential is no longer good; the connection then says so.
            CampaignRejected: the credential was changed, where it is kept, to another account's.
        """
        with self._platforms.connected(store, connector) as connected:
            account = connected.platform.connect()
            connection = replace(connected.connection, checked_at=self._clock.now())
        if account.id != connection.account.id:
            problem = _another_account(connected.manifest, connection.account, account)
            state = ConnectionState.RECONNECT_REQUIRED
            noted = replace(connection, state=state, problem=str(problem), remedy=problem.remedy)
            self._platforms.connections.save(noted)
            raise problem
        connection = judge(connected.manifest, replace(connection, account=account))
        self._platforms.connections.save(connection)
        return connection


def _check_form(manifest: ConnectorManifest, credentials: Credentials) -> None:
    """Refuse a credential of the wrong form before any request."""
    for field in manifest.credential_fields:
        secret = credentials.get(field.name)
        if secret is None or not secret.reveal():
            raise CredentialsMissing(
                f"{field.label} is missing", remedy=field.help or f"Give {field.label}.", field=field.name
            )
        if field.check:
            field.check(secret.reveal())


def _without_the_others(settings: Mapping[str, Any], earlier: Mapping[str, Any]) -> Mapping[str, Any]:
    """Settings for another account: what was chosen among the earlier account's own things is left out."""
    return {
        name: value
        for name, value in settings.items()
        if name not in ACCOUNT_SETTINGS or value != earlier.get(name)
    }


def _another_account(
    manifest: ConnectorManifest, earlier: AccountInfo, account: AccountInfo
) -> CampaignRejected:
    return CampaignRejected(
        "This key belongs to another account",
        code="another_account",
        detail=f"Connected so far: {earlier.name}. The {credential_of(manifest)} belongs to {account.name}.",
        remedy=f"Use one of {earlier.name}, or connect with --other-account: what {manifest.title} has"
        f" scheduled for {earlier.name} still sends, but can no longer be read or cancelled from here.",
        field=next((field.name for field in manifest.credential_fields), None),
    )


def _scopes_insufficient(manifest: ConnectorManifest, connection: Connection) -> PermissionDenied:
    error = PermissionDenied(
        "Scopes insufficient",
        code="scopes_insufficient",
        effect=Effect.NONE,
        phase=Phase.CONNECT,
        detail=connection.problem,
        remedy=scopes_remedy(manifest),
    )
    error.missing = tuple(sorted(connection.account.missing))
    return error
