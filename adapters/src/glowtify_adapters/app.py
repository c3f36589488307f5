"""The facade that the command, the web page and workers see, and nothing else of the inside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from glowtify_adapters.credentials.rotation import KeyRotation
from glowtify_core.application.advance_publication import AdvancePublication
from glowtify_core.application.background import Background
from glowtify_core.application.cancel_campaign import CancelCampaign
from glowtify_core.application.collect_performance import CollectPerformance
from glowtify_core.application.connect_account import ConnectAccount
from glowtify_core.application.disconnect_account import DisconnectAccount
from glowtify_core.application.list_audiences import ListAudiences
from glowtify_core.application.publish_campaign import PublishCampaign
from glowtify_core.application.repair import Repair
from glowtify_core.application.reschedule_campaign import RescheduleCampaign
from glowtify_core.application.track_campaigns import TrackCampaigns
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.errors import CampaignNotFound
from glowtify_core.domain.publication import Publication
from glowtify_core.ports.campaigns import CampaignRepo
from glowtify_core.ports.connections import ConnectionRepo
from glowtify_core.ports.connectors import ConnectorDirectory
from glowtify_core.ports.credentials import CredentialStore
from glowtify_core.ports.figures import FiguresRepo

if TYPE_CHECKING:
    from glowtify_adapters.engine.durable import DurableEngine
    from glowtify_adapters.persistence.pacing import Quota
    from glowtify_adapters.persistence.workers import SqlWorkers


@dataclass(frozen=True, slots=True)
class Connections:
    """Connectors, and the accounts connected through them."""

    directory: ConnectorDirectory
    repo: ConnectionRepo
    credentials: CredentialStore
    connect: ConnectAccount
    disconnect: DisconnectAccount


@dataclass(frozen=True, slots=True)
class Campaigns:
    """Everything that can be done with campaigns; each field is a use case."""

    repo: CampaignRepo
    publish: PublishCampaign
    advance: AdvancePublication
    track: TrackCampaigns
    reschedule: RescheduleCampaign
    cancel: CancelCampaign
    repair: Repair

    def latest(
        self, store: str, campaign_ids: Collection[str] = (), *, newest: int | None = None
    ) -> Sequence[Publication]:
        """The newest publication of each campaign of a store, or of those named, oldest first.

        Args:
            store: whose.
            campaign_ids: which; empty: all.
            newest: of the so many publications that were opened last; None: of all.

        Raises:
            CampaignNotFound: one that is named was never published.
        """
        found = self.repo.find(store=store, campaign_ids=campaign_ids or None, newest=newest)
        latest = {publication.key: publication for publication in found}
        for campaign_id in campaign_ids:
            if CampaignKey(store, campaign_id) not in latest:
                raise CampaignNotFound(
                    f"There is no campaign {campaign_id!r} in the store {store!r}",
                    remedy="`glowtify status` lists the campaigns.",
                )
        return list(latest.values())


class EngineOpener(Protocol):
    """Makes the engine that does the work in this process."""

    def __call__(self, *, concurrency: int, name: str | None = None) -> DurableEngine:
        """An engine for so many jobs at a time, as the executor of that name, or of one made up.

        Raises:
            ConfigurationError: the extra ``engine`` is not installed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Work:
    """What workers do, and who they are.

    A host with an engine of its own, whatever it is, asks ``background`` for jobs and has it perform them.
    """

    background: Background
    workers: SqlWorkers
    engine: EngineOpener


@dataclass(frozen=True, slots=True)
class App:
    """The application, wired. Close it when done.

    ``quotas`` tells what is left of every platform account's, as far as those who share the database used it.
    """

    connections: Connections
    audiences: ListAudiences
    campaigns: Campaigns
    performance: CollectPerformance
    figures: FiguresRepo
    quotas: Callable[[], Sequence[Quota]]
    work: Work
    secrets: KeyRotation | None
    close: Callable[[], None]
