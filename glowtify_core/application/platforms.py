"""Reaching a connected platform, and keeping the connection's state true while doing so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from glowtify_core.domain.capabilities import Capability, effective
from glowtify_core.domain.connection import AccountInfo, Connection, ConnectionState
from glowtify_core.domain.errors import (
    AuthenticationFailed,
    CredentialsMissing,
    PermissionDenied,
    PlatformError,
    Unsupported,
)
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.connections import ConnectionRepo
from glowtify_core.ports.connectors import ConnectorContext, ConnectorDirectory, ConnectorManifest
from glowtify_core.ports.credentials import CredentialRef, Credentials, CredentialStore
from glowtify_core.ports.observing import SILENT, Observer, observed_by
from glowtify_core.ports.pacing import RateGate
from glowtify_core.ports.platform import EmailPlatform


@dataclass(frozen=True, slots=True)
class Connected:
    """A platform that can be talked to, with the connection it belongs to."""

    manifest: ConnectorManifest
    connection: Connection
    platform: EmailPlatform

    def require(self, *capabilities: Capability) -> None:
        """Refuse what the connector does not declare or the key's scopes do not allow.

        Raises:
            Unsupported: naming the capability, and the scopes where they are the reason.
        """
        require(self.manifest, self.connection.account, *capabilities)


class Platforms:
    """Opens platforms for connections."""

    def __init__(
        self,
        *,
        directory: ConnectorDirectory,
        connections: ConnectionRepo,
        credentials: CredentialStore,
        clock: Clock,
        gate: RateGate,
        settings: Mapping[str, Any],
        observer: Observer = SILENT,
    ) -> None:
        self.directory = directory
        self.connections = connections
        self._credentials = credentials
        self._clock = clock
        self._gate = gate
        self._settings = settings
        self._observer = observer

    def connection(self, store: str, connector: str) -> Connection:
        """The store's connection.

        Raises:
            CredentialsMissing: there is none.
        """
        connection = self.connections.get(store, connector)
        if connection is None:
            where = f" --store {store}" if store != "default" else ""
            raise CredentialsMissing(
                f"{connector} is not connected",
                code="not_connected",
                remedy=f"Run `glowtify connect {connector}{where}`.",
            )
        return connection

    @contextmanager
    def connected(self, store: str, connector: str) -> Iterator[Connected]:
        """The platform behind a connection, closed at the end.

        A credential or scope that turns out bad meanwhile changes the connection's state; nothing else does.

        Raises:
            CredentialsMissing: not connected, or the credential cannot be read.
        """
        connection = self.connection(store, connector)
        manifest = self.directory.manifest(connector)
        credentials = self._credentials.get(CredentialRef(store, connector))
        with self.open(manifest, credentials, connection.settings, connection.account) as platform:
            try:
                yield Connected(manifest, connection, platform)
            except PlatformError as problem:
                self._note(manifest, connection, problem)
                if isinstance(problem.__cause__, PlatformError):  # why an outcome could not be learned
                    self._note(manifest, connection, problem.__cause__)
                raise

    def _note(self, manifest: ConnectorManifest, connection: Connection, problem: PlatformError) -> None:
        """Write down what an error says of a connection, unless it was connected anew meanwhile."""
        if isinstance(problem, AuthenticationFailed):
            noted = replace(
                connection,
                state=ConnectionState.RECONNECT_REQUIRED,
                problem=problem.title,
                remedy=problem.remedy,
            )
        elif isinstance(problem, PermissionDenied) and problem.missing:
            missing = connection.account.missing | set(problem.missing)
            noted = judge(manifest, replace(connection, account=replace(connection.account, missing=missing)))
        else:
            return
        if self.connections.get(connection.store, connection.connector) == connection:
            self.connections.save(noted)

    @contextmanager
    def open(
        self,
        manifest: ConnectorManifest,
        credentials: Credentials,
        settings: Mapping[str, Any],
        account: AccountInfo | None,
    ) -> Iterator[EmailPlatform]:
        """A platform for a credential, closed at the end; without an account it can only ``connect``."""
        context = ConnectorContext(
            account, credentials, self._clock, self._gate, {**self._settings, **settings}
        )
        platform = manifest.factory(context)
        try:
            with observed_by(self._observer):
                yield platform
        finally:
            platform.close()


def abilities(manifest: ConnectorManifest, account: AccountInfo) -> frozenset[Capability]:
    """What a connection can do: what its connector declares, less what the key's missing scopes take away."""
    return effective(manifest.capabilities, account.missing)


def require(manifest: ConnectorManifest, account: AccountInfo, *capabilities: Capability) -> None:
    """Refuse what the connector does not declare or the key's scopes do not allow.

    Raises:
        Unsupported: naming the capability, and the scopes where they are the reason.
    """
    for capability in capabilities:
        needs = manifest.capabilities.get(capability)
        if needs is None:
            raise Unsupported(
                f"{manifest.title} cannot do this: {capability.value.replace('_', ' ')}",
                remedy="Leave it out, or use another platform.",
            )
        lacking = needs.missing(account.missing)
        if lacking:
            raise Unsupported(
                "Scopes insufficient",
                code="scopes_insufficient",
                detail=f"The key lacks {', '.join(lacking)}.",
                remedy=scopes_remedy(manifest),
            )


def judge(manifest: ConnectorManifest, connection: Connection) -> Connection:
    """The connection with the state that its account's missing scopes make it have."""
    absent = connection.account.missing
    needed = manifest.capabilities[Capability.PUBLISH].missing(absent)
    if needed:
        state, problem = ConnectionState.RECONNECT_REQUIRED, f"The key lacks {', '.join(needed)}."
        return replace(connection, state=state, problem=problem, remedy=scopes_remedy(manifest))
    lost = sorted(set(manifest.capabilities) - abilities(manifest, connection.account))
    optional = sorted(
        {scope for needs in manifest.capabilities.values() for scope in needs.every_scope} & absent
    )
    if optional:
        off = ", ".join(name.replace("_", " ") for name in lost)
        problem = f"The key lacks {', '.join(optional)}" + (f": {off} off." if off else ".")
        state = ConnectionState.PARTIALLY_CONNECTED
        return replace(connection, state=state, problem=problem, remedy=scopes_remedy(manifest))
    return replace(connection, state=ConnectionState.CONNECTED, problem="", remedy="")


def scopes_remedy(manifest: ConnectorManifest) -> str:
    """What to do about a missing scope, with everything that a new key needs."""
    scopes: list[str] = []
    for needs in manifest.capabilities.values():
        scopes += [scope for scope in needs.every_scope if scope not in scopes]
    return (
        f"The {credential_of(manifest)} doesn't have the scopes Glowtify needs. Regenerate with full scopes: "
        + ", ".join(sorted(scopes))
        + "."
    )


def credential_of(manifest: ConnectorManifest) -> str:
    """What a person calls the credential, inside a sentence: "API key", "access token"."""
    label = next((field.label for field in manifest.credential_fields), "credential")
    return label if label[:2].isupper() else label[:1].lower() + label[1:]
