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
    from glowtify_acme.platform import AcmePlatform  # only now, so that being found stays quick

    return AcmePlatform(context)


_SEND = Needs(("campaigns:write",))

MANIFEST = ConnectorManifest(
    name="acme",
    title="Acme Mail",
    contract=CONTRACT_VERSION,
    credential_fields=(
        CredentialField(
            "api_key", "API key", help="In Acme Mail: Settings, API keys.", environment="ACME_API_KEY"
        ),
    ),
    capabilities={
        Capability.PUBLISH: _SEND,
        Capability.CANCEL: _SEND,
        Capability.EDIT: _SEND,
        Capability.RESCHEDULE: _SEND,
        Capability.LISTS: Needs(("lists:read",)),
        Capability.CONTENT: Needs(),
        Capability.RECONCILE: _SEND,
        Capability.METRICS: Needs(("reports:read",)),
    },
    factory=_platform,
)


@hookimpl
def glowtify_connectors() -> Iterator[ConnectorManifest]:
    """The connector for Acme Mail."""
    yield MANIFEST
