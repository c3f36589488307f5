"""Never run, only checked by mypy: what an outsider writes against the public API, and how it is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import assert_type

from glowtify_core.application.advance_publication import AdvancePublication
from glowtify_core.application.cancel_campaign import CancelCampaign
from glowtify_core.application.collect_performance import CollectPerformance, Performance
from glowtify_core.application.connect_account import ConnectAccount
from glowtify_core.application.disconnect_account import DisconnectAccount
from glowtify_core.application.list_audiences import CountedAudience, ListAudiences
from glowtify_core.application.publish_campaign import Checked, PublishCampaign, Published
from glowtify_core.application.repair import Repair, Repaired
from glowtify_core.application.reschedule_campaign import RescheduleCampaign, Rescheduled
from glowtify_core.application.steps import StepRunner
from glowtify_core.application.track_campaigns import TrackCampaigns
from glowtify_core.domain.audience import Audience, AudienceKind, AudienceQuery, AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey, Sender
from glowtify_core.domain.capabilities import Capability, Needs
from glowtify_core.domain.connection import AccountInfo, Connection
from glowtify_core.domain.errors import PlatformError
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.remote import RemoteCampaign, RemotePart, RemoteRef
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.host import ConnectorRegistry, discover, hookimpl
from glowtify_core.ports.campaigns import Journal, Step, StepKind
from glowtify_core.ports.clock import Clock, SystemClock
from glowtify_core.ports.connectors import (
    CONTRACT_VERSION,
    ConnectorContext,
    ConnectorDirectory,
    ConnectorManifest,
    CredentialField,
)
from glowtify_core.ports.credentials import Secret
from glowtify_core.ports.pacing import RateGate, Window
from glowtify_core.ports.platform import (
    CancelMode,
    EmailPlatform,
    Finding,
    SupportsAudiences,
    SupportsContent,
    SupportsPreflight,
    SupportsReconcile,
    SupportsReschedule,
)


class PigeonPost:
    """The least that an outsider has to write."""

    def __init__(self, context: ConnectorContext) -> None:
        self._context = context

    def connect(self) -> AccountInfo:
        key = self._context.credentials["api_key"]
        assert_type(key, Secret)
        return AccountInfo(key.reveal()[:3], "Loft", "Europe/Paris", "EUR")

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        pigeon = journal.run(Step("campaign", StepKind.CREATE, lambda: "P1", find=self._find))
        self._context.gate.acquire("loft:release", [Window(1, 1.0)], budget=timedelta(seconds=5))
        journal.run(Step("release", StepKind.COMMIT, lambda: pigeon, find=self._find, keyed=True))
        return self._flying(pigeon)

    def status(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        return {ref: self._flying(ref.id("campaign") or "") for ref in refs}

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Journal) -> RemoteCampaign:
        return self._flying(journal.steps("campaign")[0].remote_id or "")

    def metrics(
        self, sent: Sequence[RemoteCampaign], *, conversion_metric: str | None
    ) -> Mapping[RemoteRef, CampaignMetrics | PlatformError]:
        return {remote.ref: CampaignMetrics(self._context.clock.now(), recipients=1) for remote in sent}

    def close(self) -> None: ...

    def _find(self, since: datetime) -> str | None:
        return None

    def _flying(self, pigeon: str) -> RemoteCampaign:
        ref = RemoteRef("pigeon", (("campaign", pigeon),))
        return RemoteCampaign(ref, PublicationState.SCHEDULED, "cooing")


class CarrierPigeonPost(PigeonPost):
    """Everything that may be added."""

    def audiences(self, kind: AudienceKind, query: AudienceQuery) -> Iterator[Audience]:
        yield Audience(AudienceRef("A1", kind), "Castle")

    def size(self, ref: AudienceRef) -> int | None:
        return None

    def preflight(self, campaign: Campaign, *, online: bool) -> Sequence[Finding]:
        return []

    def reschedule(self, ref: RemoteRef, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        return self._flying(ref.id("campaign") or "")

    def content(self, ref: RemoteRef) -> str | None:
        return None

    def find_by_marker(self, marker: str) -> Sequence[RemoteCampaign]:
        return []

    def parts_by_marker(self, marker: str) -> Sequence[RemotePart]:
        return []

    def discard(self, ref: RemoteRef) -> None: ...


MANIFEST = ConnectorManifest(
    name="pigeon",
    title="Pigeon post",
    contract=CONTRACT_VERSION,
    credential_fields=(CredentialField("api_key", "Key of the loft"),),
    capabilities={Capability.PUBLISH: Needs(("pigeons:write",)), Capability.LISTS: Needs()},
    factory=CarrierPigeonPost,
)


@hookimpl
def glowtify_connectors() -> Iterable[ConnectorManifest]:
    yield MANIFEST


def satisfies_the_ports(context: ConnectorContext, runner: StepRunner) -> None:
    plain: EmailPlatform = PigeonPost(context)
    full: EmailPlatform = MANIFEST.factory(context)
    audiences: SupportsAudiences = CarrierPigeonPost(context)
    preflight: SupportsPreflight = CarrierPigeonPost(context)
    reschedule: SupportsReschedule = CarrierPigeonPost(context)
    content: SupportsContent = CarrierPigeonPost(context)
    reconcile: SupportsReconcile = CarrierPigeonPost(context)
    journal: Journal = runner
    directory: ConnectorDirectory = discover(strict=True)
    clock: Clock = SystemClock()
    gate: RateGate = context.gate
    del plain, full, audiences, preflight, reschedule, content, reconcile, journal, directory, clock, gate


def connects(connect: ConnectAccount, disconnect: DisconnectAccount) -> None:
    made = connect(
        "default", "pigeon", {"api_key": Secret("x")}, settings={"base_url": "..."}, other_account=False
    )
    assert_type(made, Connection)
    assert_type(connect.check_now("default", "pigeon"), Connection)
    assert_type(disconnect("default", "pigeon"), Sequence[Publication])
    assert_type(disconnect.still_sends("default", "pigeon"), Sequence[Publication])


def publishes(publish: PublishCampaign, advance: AdvancePublication) -> None:
    campaign = Campaign(
        key=CampaignKey("default", "epic-1"),
        connector="pigeon",
        name="Name",
        subject="Subject",
        sender=Sender("a@example.com", "Acme"),
        html="<p>Hello</p>",
        include=(AudienceRef("A1"),),
        schedule=SendAt.at(datetime(2027, 1, 15, 9, 0), "Europe/Paris"),  # noqa: DTZ001 - a wall time
    )
    assert_type(publish.check(campaign), Checked)
    assert_type(publish(campaign, again=True, report=print), Published)
    assert_type(publish(campaign).publication, Publication)
    assert_type(advance("id", insist=True, report=print), Publication)


def follows(
    *,
    audiences: ListAudiences,
    track: TrackCampaigns,
    cancel: CancelCampaign,
    reschedule: RescheduleCampaign,
    repair: Repair,
    performance: CollectPerformance,
    publication: Publication,
) -> None:
    key = publication.key
    found = audiences("default", "pigeon", kinds=[AudienceKind.LIST], search="x", counts=True)
    assert_type(found, Iterator[CountedAudience])
    assert_type(track([publication]), Sequence[Publication])
    assert_type(cancel(key, stop_sending=True, report=print), Publication)
    assert_type(cancel.edit(key, report=print), Publication)
    assert_type(reschedule(key, publication.schedule, report=print), Rescheduled)
    assert_type(repair("default", report=print), Iterator[Repaired])
    assert_type(performance([publication]), Sequence[Performance])


def finds() -> ConnectorRegistry:
    registry = discover(found=())
    assert_type(registry.manifest("pigeon"), ConnectorManifest)
    return registry
