"""The published contract suite: base classes that authors of connectors and stores subclass."""

# ruff: noqa: E402 - what follows is imported after its assertions were made to be rewritten

from pkgutil import iter_modules

import pytest

pytest.register_assert_rewrite(*(module.name for module in iter_modules(__path__, f"{__name__}.")))

from glowtify_core.testing.cassettes.journals import Journals
from glowtify_core.testing.cassettes.loopback import on_loopback
from glowtify_core.testing.cassettes.recorder import Recorder, Recording
from glowtify_core.testing.cassettes.scrubbing import Allowlist, known_fields
from glowtify_core.testing.cassettes.stable_ids import PlatformId
from glowtify_core.testing.clock import FakeClock, VirtualClock
from glowtify_core.testing.connectors.audiences import AudiencesContract
from glowtify_core.testing.connectors.changing import RescheduleContract, TakingBackContract
from glowtify_core.testing.connectors.connecting import ConnectContract
from glowtify_core.testing.connectors.figures import MetricsContract
from glowtify_core.testing.connectors.manifest import DiscoveryContract, ManifestContract
from glowtify_core.testing.connectors.options import (
    ContentContract,
    OptionsContract,
    PreflightContract,
    ReconcileContract,
)
from glowtify_core.testing.connectors.publishing import PublishContract
from glowtify_core.testing.connectors.tiers import (
    ConnectorContract,
    EmailPlatformContract,
)
from glowtify_core.testing.connectors.trouble import FailureInjectionContract
from glowtify_core.testing.connectors.watching import CancelContract, StatusContract
from glowtify_core.testing.guard import Contract
from glowtify_core.testing.memory import (
    MemoryCampaigns,
    MemoryConnections,
    MemoryCredentials,
    MemoryFigures,
    OpenGate,
)
from glowtify_core.testing.stage.keeping import KeepingScript, Kept
from glowtify_core.testing.stage.script import (
    Answer,
    Deed,
    Fate,
    Mail,
    PlatformScript,
    Request,
    route,
)
from glowtify_core.testing.stores.campaign_repo import CampaignRepoContract
from glowtify_core.testing.stores.connection_repo import ConnectionRepoContract
from glowtify_core.testing.stores.credential_store import (
    CredentialStoreContract,
    ReadOnlyCredentialStoreContract,
)
from glowtify_core.testing.stores.figures_repo import FiguresRepoContract
from glowtify_core.testing.stores.rate_gate import RateGateContract

__all__ = [
    "Allowlist",
    "Answer",
    "AudiencesContract",
    "CampaignRepoContract",
    "CancelContract",
    "ConnectContract",
    "ConnectionRepoContract",
    "ConnectorContract",
    "ContentContract",
    "Contract",
    "CredentialStoreContract",
    "Deed",
    "DiscoveryContract",
    "EmailPlatformContract",
    "FailureInjectionContract",
    "FakeClock",
    "Fate",
    "FiguresRepoContract",
    "Journals",
    "KeepingScript",
    "Kept",
    "Mail",
    "ManifestContract",
    "MemoryCampaigns",
    "MemoryConnections",
    "MemoryCredentials",
    "MemoryFigures",
    "MetricsContract",
    "OpenGate",
    "OptionsContract",
    "PlatformId",
    "PlatformScript",
    "PreflightContract",
    "PublishContract",
    "RateGateContract",
    "ReadOnlyCredentialStoreContract",
    "ReconcileContract",
    "Recorder",
    "Recording",
    "Request",
    "RescheduleContract",
    "StatusContract",
    "TakingBackContract",
    "VirtualClock",
    "known_fields",
    "on_loopback",
    "route",
]
