"""A Glowtify host in memory: every use case, wired over stores that forget, around one connector."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from glowtify_core.application.advance_publication import AdvancePublication
from glowtify_core.application.cancel_campaign import CancelCampaign
from glowtify_core.application.collect_performance import CollectPerformance
from glowtify_core.application.connect_account import ConnectAccount
from glowtify_core.application.disconnect_account import DisconnectAccount
from glowtify_core.application.leftovers import Leftovers
from glowtify_core.application.list_audiences import ListAudiences
from glowtify_core.application.platforms import Platforms
from glowtify_core.application.publish_campaign import PublishCampaign
from glowtify_core.application.repair import Repair
from glowtify_core.application.reschedule_campaign import RescheduleCampaign
from glowtify_core.application.track_campaigns import TrackCampaigns
from glowtify_core.host import ConnectorRegistry
from glowtify_core.ports.connectors import ConnectorManifest, Installed
from glowtify_core.ports.credentials import Credentials
from glowtify_core.ports.pacing import RateGate
from glowtify_core.testing.clock import FakeClock
from glowtify_core.testing.memory import (
    MemoryCampaigns,
    MemoryConnections,
    MemoryCredentials,
    MemoryFigures,
    OpenGate,
)

SETTLE = timedelta(seconds=10)
"""How long a platform may take to show what was made."""


class MemoryHost:
    """What a host's process holds. Two of them over one ``repo`` are two workers.

    Args:
        manifest: of the connector.
        clock: everybody's.
        settings: of the installation, such as ``base_url``.
        gate: paces requests; lets everything through when None.
        beside: another worker, whose stores this one shares.
    """

    store = "default"

    def __init__(
        self,
        manifest: ConnectorManifest,
        clock: FakeClock,
        *,
        settings: Mapping[str, Any] | None = None,
        gate: RateGate | None = None,
        beside: MemoryHost | None = None,
    ) -> None:
        self.manifest = manifest
        self.clock = clock
        self.settings = settings or {}
        self.repo: MemoryCampaigns = beside.repo if beside else MemoryCampaigns(clock)
        self.connections: MemoryConnections = beside.connections if beside else MemoryConnections()
        self.credentials: MemoryCredentials = beside.credentials if beside else MemoryCredentials()
        self.figures: MemoryFigures = beside.figures if beside else MemoryFigures()
        self.platforms = Platforms(
            directory=ConnectorRegistry((Installed(manifest, f"glowtify-{manifest.name}", "0"),), ()),
            connections=self.connections,
            credentials=self.credentials,
            clock=clock,
            gate=gate or OpenGate(),
            settings={"settle_seconds": SETTLE.total_seconds(), **self.settings},
        )
        shared: dict[str, Any] = {"repo": self.repo, "platforms": self.platforms, "clock": clock}
        self.advance = AdvancePublication(**shared, settle=SETTLE)
        self.track = TrackCampaigns(**shared)
        self.publish = PublishCampaign(**shared, advance=self.advance, track=self.track)
        self.cancel = CancelCampaign(**shared, advance=self.advance)
        self.reschedule = RescheduleCampaign(**shared, advance=self.advance)
        self.repair = Repair(
            repo=self.repo, advance=self.advance, track=self.track, leftovers=Leftovers(**shared)
        )
        self.audiences = ListAudiences(platforms=self.platforms, clock=clock)
        self.performance = CollectPerformance(**shared, figures=self.figures)
        self.connect = ConnectAccount(platforms=self.platforms, credentials=self.credentials, clock=clock)
        self.disconnect = DisconnectAccount(
            connections=self.connections, credentials=self.credentials, repo=self.repo
        )

    def connect_with(self, credentials: Credentials) -> None:
        """Connect the store to the account behind a credential."""
        self.connect(self.store, self.manifest.name, credentials)
