"""The whole contract of a connector, in two tiers."""

from __future__ import annotations

from glowtify_core.testing.connector_connect import ConnectContract
from glowtify_core.testing.connector_manifest import ManifestContract
from glowtify_core.testing.connector_publish import PublishContract
from glowtify_core.testing.connector_status import CancelContract, StatusContract
from glowtify_core.testing.injection import FailureInjectionContract
from glowtify_core.testing.supports import (
    AudiencesContract,
    ContentContract,
    MetricsContract,
    OptionsContract,
    PreflightContract,
    ReconcileContract,
)
from glowtify_core.testing.supports_change import RescheduleContract, TakingBackContract


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
