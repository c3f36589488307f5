"""The whole contract of a connector, in two tiers."""

from __future__ import annotations

from glowtify_core.testing.connectors.audiences import AudiencesContract
from glowtify_core.testing.connectors.changing import RescheduleContract, TakingBackContract
from glowtify_core.testing.connectors.connecting import ConnectContract
from glowtify_core.testing.connectors.figures import MetricsContract
from glowtify_core.testing.connectors.manifest import ManifestContract
from glowtify_core.testing.connectors.options import (
    ContentContract,
    OptionsContract,
    PreflightContract,
    ReconcileContract,
)
from glowtify_core.testing.connectors.publishing import PublishContract
from glowtify_core.testing.connectors.trouble import FailureInjectionContract
from glowtify_core.testing.connectors.watching import CancelContract, StatusContract


class EmailPlatformContract(
    ManifestContract,
    ConnectContract,
    PublishContract,
    StatusContract,
    CancelContract,
    FailureInjectionContract,
):
    """The core tier: what passes it may be called a connector."""


class ConnectorContract(
    EmailPlatformContract,
    AudiencesContract,
    OptionsContract,
    PreflightContract,
    RescheduleContract,
    TakingBackContract,
    ContentContract,
    ReconcileContract,
    MetricsContract,
):
    """Both tiers: of the optional one whatever the manifest declares."""
