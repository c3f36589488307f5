"""What Glowtify learns about this connector without loading it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from glowtify_core.domain.capabilities import Capability, Needs
from glowtify_core.host import hookimpl
from glowtify_core.ports.connectors import (
    CONTRACT_VERSION,
    ConnectorContext,
    ConnectorManifest,
    CredentialField,
)

if TYPE_CHECKING:
    from glowtify_core.ports.platform import EmailPlatform


def _platform(context: ConnectorContext) -> EmailPlatform:
    from glowtify_bolt.platform import BoltPlatform  # only now, so that being found stays quick

    return BoltPlatform(context)


MANIFEST = ConnectorManifest(
    name="bolt",
    title="Bolt Mail",
    contract=CONTRACT_VERSION,
    credential_fields=(
        # TODO: what a person pastes to connect, and where to find it.
        CredentialField(
            "api_key", "API key", help="In Bolt Mail: Settings, API keys.", environment="BOLT_API_KEY"
        ),
    ),
    capabilities={
        # TODO: the scopes that a key needs for each; more capabilities, as they become true.
        Capability.PUBLISH: Needs(),
        Capability.CANCEL: Needs(),
    },
    factory=_platform,
)


@hookimpl
def glowtify_connectors() -> Iterator[ConnectorManifest]:
    """The connector for Bolt Mail."""
    yield MANIFEST
