"""Stand-ins for every port, on one fake clock: what the core's tests run on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
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
from glowtify_core.domain.audience import Audience, AudienceKind, AudienceQuery, AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey, Sender
from glowtify_core.domain.capabilities import Capability, Needs
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.errors import (
    CredentialsMissing,
    Effect,
    OutcomeUnknown,
    PlatformError,
    PlatformUnavailable,
    RemoteNotFound,
    RequestRejected,
    StateConflict,
)
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.remote import RemoteCampaign, RemotePart, RemoteRef, remote_name
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.host import ConnectorRegistry
from glowtify_core.ports.campaigns import Step, StepKind
from glowtify_core.ports.connectors import ConnectorContext, ConnectorManifest, CredentialField, Installed
from glowtify_core.ports.credentials import Secret
from glowtify_core.ports.platform import CancelMode, Finding
from glowtify_core.testing.clock import START, FakeClock
from glowtify_core.testing.memory import (
    MemoryCampaigns,
    MemoryConnections,
    MemoryCredentials,
    MemoryFigures,
    OpenGate,
)

S = PublicationState


def lost(effect: str = "unknown") -> OutcomeUnknown:
    return OutcomeUnknown("answer lost", effect=Effect(effect))


def down() -> PlatformUnavailable:
    return PlatformUnavailable("unreachable", effect=Effect.NONE)


def refused(title: str = "refused", code: str = "invalid") -> RequestRejected:
    return RequestRejected(title, effect=Effect.NONE, code=code)


@dataclass
class FakeServer:
    """A platform with drafts, seen from above: what exists, what is scheduled, and which faults come next.

    A fault is keyed by request: create, send, cancel, revert, delete, patch, read, content, find
    or report.
    ``before`` is raised in place of the effect, ``after`` lets the effect happen and loses the answer.

    Attributes:
        lag: how long a new campaign cannot be found.
        untidy: whether something is still to be removed after a publish.
        keeps_time: whether a patch of the time is ignored, as if the old time had been put back.
        meanwhile: by request, what others do right before its effect, once.
    """

    clock: FakeClock
    campaigns: dict[str, RemoteCampaign] = field(default_factory=dict)
    parts: list[RemotePart] = field(default_factory=list)
    before: dict[str, list[BaseException]] = field(default_factory=dict)
    after: dict[str, list[BaseException]] = field(default_factory=dict)
    meanwhile: dict[str, Callable[[], object]] = field(default_factory=dict)
    lag: timedelta = timedelta()
    untidy: bool = False
    keeps_time: bool = False
    calls: list[str] = field(default_factory=list)
    account: AccountInfo = field(
        default_factory=lambda: AccountInfo(
            "ACC001", "Acme", "America/Toronto", "CAD", sender_email="a@example.com"
        )
    )
    audiences: list[Audience] = field(
        default_factory=lambda: [
            Audience(AudienceRef("LIST01", AudienceKind.LIST), "Newsletter"),
            Audience(AudienceRef("LIST02", AudienceKind.LIST), "VIP"),
            Audience(AudienceRef("SEGM01", AudienceKind.SEGMENT), "VIP"),
            Audience(AudienceRef("SEGM02", AudienceKind.SEGMENT), "Lapsed"),
        ]
    )
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    connect_error: PlatformError | None = None
    findings: list[Finding] = field(default_factory=list)

    @contextmanager
    def write(self, what: str) -> Iterator[None]:
        self.calls.append(what)
        self.meanwhile.pop(what, bool)()
        if self.before.get(what):
            raise self.before[what].pop(0)
        yield
        if self.after.get(what):
            raise self.after[what].pop(0)

    def state(self, campaign_id: str) -> PublicationState:
        return self.campaigns[campaign_id].state

    def put(self, campaign_id: str, **changes: Any) -> None:
        """Change it as a person in the platform's app would."""
        self.campaigns[campaign_id] = replace(self.campaigns[campaign_id], **changes)

    @property
    def writes(self) -> list[str]:
        reads = {"read", "content", "find", "report", "audiences", "size"}
        return [call for call in self.calls if call not in reads]

    @property
    def live(self) -> list[RemoteCampaign]:
        return [c for c in self.campaigns.values() if c.state not in {S.STAGED, S.CANCELLED}]


class FakePlatform:
    """A small connector over :class:`FakeServer`; every write through the journal."""

    born = S.STAGED
    """What a campaign is that was just created."""

    def __init__(self, server: FakeServer, context: ConnectorContext) -> None:
        self.server = server
        self.context = context

    def connect(self) -> AccountInfo:
        if self.server.connect_error:
            raise self.server.connect_error
        return self.server.account

    def publish(self, campaign: Campaign, *, journal: Any) -> RemoteCampaign:
        name = remote_name(campaign.name, journal.marker)
        campaign_id = journal.run(
            Step(
                "campaign",
                StepKind.CREATE,
                do=lambda: self._create(name, campaign),
                find=lambda since: self._find(name),
                undo=self._delete,
            )
        )
        journal.run(
            Step(
                "send",
                StepKind.COMMIT,
                do=lambda: self._send(campaign_id),
                find=lambda since: campaign_id if self._read(campaign_id).state is not S.STAGED else None,
                keyed=True,
            )
        )
        return replace(self._read(campaign_id), unfinished=self.server.untidy)

    def status(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        with self.server.write("read"):
            return {ref: self._look(ref) for ref in refs}

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Any) -> RemoteCampaign:
        campaign_id = (ref and ref.id("campaign")) or self._find_begun(journal)
        if campaign_id is None or campaign_id not in self.server.campaigns:
            return RemoteCampaign(ref or RemoteRef("fake", ()), S.CANCELLED, "Deleted")
        remote = self._read(campaign_id)
        if remote.state is S.SENT:
            raise StateConflict("It has been sent", effect=Effect.NONE, code="already_sent")
        if remote.state is S.SENDING and mode is not CancelMode.STOP_SENDING:
            raise StateConflict("It is being sent", effect=Effect.NONE, code="sending")
        if remote.state is S.CANCELLED:
            return remote
        if mode is CancelMode.KEEP_DRAFT:
            journal.run(
                Step("revert", StepKind.REPEATABLE, do=lambda: self._set(campaign_id, "revert", S.STAGED))
            )
            return self._read(campaign_id)
        if remote.state is S.STAGED:
            self._delete(campaign_id)
            return replace(remote, state=S.CANCELLED, raw_state="Deleted")
        partly = remote.state is S.SENDING
        journal.run(
            Step("cancel", StepKind.REPEATABLE, do=lambda: self._set(campaign_id, "cancel", S.CANCELLED))
        )
        self.server.put(campaign_id, partly_sent=partly)
        return self._read(campaign_id)

    def reschedule(self, ref: RemoteRef, campaign: Campaign, *, journal: Any) -> RemoteCampaign:
        campaign_id = ref.id("campaign") or ""
        journal.run(
            Step("revert", StepKind.REPEATABLE, do=lambda: self._set(campaign_id, "revert", S.STAGED))
        )
        journal.run(Step("patch", StepKind.REPEATABLE, do=lambda: self._patch(campaign_id, campaign)))
        journal.run(
            Step(
                "send",
                StepKind.COMMIT,
                do=lambda: self._send(campaign_id),
                find=lambda since: campaign_id if self._read(campaign_id).state is not S.STAGED else None,
                keyed=True,
            )
        )
        return self._read(campaign_id)

    def metrics(
        self, sent: Sequence[RemoteCampaign], *, conversion_metric: str | None
    ) -> Mapping[RemoteRef, CampaignMetrics | PlatformError]:
        with self.server.write("report"):
            return {
                r.ref: CampaignMetrics(self.server.clock.now(), recipients=100, delivered=98) for r in sent
            }

    def audiences(self, kind: AudienceKind, query: AudienceQuery) -> Iterator[Audience]:
        self.server.calls.append("audiences")
        for audience in self.server.audiences:
            if audience.ref.kind is kind and (not query.names or audience.name in query.names):
                yield audience

    def size(self, ref: AudienceRef) -> int | None:
        self.server.calls.append("size")
        return 42

    def preflight(self, campaign: Campaign, *, online: bool) -> Sequence[Finding]:
        return [finding for finding in self.server.findings if online or finding.code != "online"]

    def content(self, ref: RemoteRef) -> str | None:
        with self.server.write("content"):
            found = self.server.campaigns.get(ref.id("campaign") or "")
            return found.content if found else None

    def find_by_marker(self, marker: str) -> Sequence[RemoteCampaign]:
        with self.server.write("find"):
            return [
                replace(c, content=None) for c in self.server.campaigns.values() if c.name.endswith(marker)
            ]

    def parts_by_marker(self, marker: str) -> Sequence[RemotePart]:
        return [part for part in self.server.parts if part.name.endswith(marker)]

    def discard(self, ref: RemoteRef) -> None:
        if ref.id("campaign"):
            self._delete(ref.id("campaign") or "")
        self.server.parts[:] = [part for part in self.server.parts if part.ref != ref]

    def close(self) -> None: ...

    def _create(self, name: str, campaign: Campaign) -> str:
        with self.server.write("create"):
            campaign_id = f"C{next(self.server.numbers)}"
            self.server.campaigns[campaign_id] = RemoteCampaign(
                RemoteRef("fake", (("campaign", campaign_id),)),
                self.born,
                "Draft" if self.born is S.STAGED else "Scheduled",
                name,
                created_at=self.server.clock.now(),
                scheduled_for=campaign.schedule.latest_instant("UTC")
                if isinstance(campaign.schedule, SendAt)
                else None,
                included=frozenset(ref.id for ref in campaign.included),
                excluded=frozenset(ref.id for ref in campaign.excluded),
                subject=campaign.subject,
                sender_email=campaign.sender.email,
                content=campaign.html,
            )
        return campaign_id

    def _send(self, campaign_id: str) -> str:
        with self.server.write("send"):
            self._must_be(campaign_id, S.STAGED, S.SCHEDULED)
            self.server.put(campaign_id, state=S.SCHEDULED, raw_state="Scheduled")
        return campaign_id

    def _set(self, campaign_id: str, what: str, state: PublicationState) -> str:
        with self.server.write(what):
            self._must_be(campaign_id, S.STAGED, S.SCHEDULED, S.SENDING, state)
            self.server.put(campaign_id, state=state, raw_state=state.value)
        return campaign_id

    def _patch(self, campaign_id: str, campaign: Campaign) -> str:
        with self.server.write("patch"):
            self._must_be(campaign_id, S.STAGED)
            if not self.server.keeps_time:
                self.server.put(campaign_id, scheduled_for=campaign.schedule.latest_instant("UTC"))
        return campaign_id

    def _delete(self, campaign_id: str) -> None:
        with self.server.write("delete"):
            if campaign_id in self.server.campaigns:
                self._must_be(campaign_id, S.STAGED)
                del self.server.campaigns[campaign_id]

    def _must_be(self, campaign_id: str, *states: PublicationState) -> None:
        if campaign_id not in self.server.campaigns:
            raise RemoteNotFound("no such campaign", effect=Effect.NONE)
        if self.server.state(campaign_id) not in states:
            raise StateConflict(f"it is {self.server.state(campaign_id)}", effect=Effect.NONE)

    def _read(self, campaign_id: str) -> RemoteCampaign:
        with self.server.write("read"):
            if campaign_id not in self.server.campaigns:
                raise RemoteNotFound("no such campaign", effect=Effect.NONE)
            return self.server.campaigns[campaign_id]

    def _look(self, ref: RemoteRef) -> RemoteCampaign:
        found = self.server.campaigns.get(ref.id("campaign") or "")
        return replace(found, content=None) if found else RemoteCampaign(ref, S.MISSING, "404")

    def _find(self, name: str) -> str | None:
        with self.server.write("read"):
            for campaign_id, campaign in self.server.campaigns.items():
                shown = (campaign.created_at or START) + self.server.lag <= self.server.clock.now()
                if campaign.name == name and shown:
                    return campaign_id
            return None

    def _find_begun(self, journal: Any) -> str | None:
        found = self.find_by_marker(journal.marker)
        return found[0].ref.id("campaign") if found else None


CAPABILITIES = {
    Capability.PUBLISH: Needs(("campaigns:write",), any_of=(("lists:read", "segments:read"),)),
    Capability.RECIPIENT_TIME: Needs(),
    Capability.EXCLUDE: Needs(),
    Capability.CANCEL: Needs(),
    Capability.STOP_SENDING: Needs(),
    Capability.EDIT: Needs(),
    Capability.RESCHEDULE: Needs(),
    Capability.LISTS: Needs(("lists:read",)),
    Capability.SEGMENTS: Needs(("segments:read",)),
    Capability.CONTENT: Needs(("content:read",)),
    Capability.RECONCILE: Needs(),
    Capability.METRICS: Needs(("metrics:read",)),
}


def check_key(value: str) -> None:
    if len(value) == 6:
        raise CredentialsMissing("This is the public site key")


def manifest_for(
    server: FakeServer, platform: type[FakePlatform] = FakePlatform, **changes: Any
) -> ConnectorManifest:
    manifest = ConnectorManifest(
        name="fake",
        title="Fake",
        contract=1,
        credential_fields=(CredentialField("api_key", "API key", check=check_key),),
        capabilities=CAPABILITIES,
        factory=lambda context: platform(server, context),
        audience_id_pattern=r"[A-Z0-9]{6}",
    )
    return replace(manifest, **changes)


def build(**manifest_changes: Any) -> SimpleNamespace:
    """Every use case over one fake server, connected."""
    clock = FakeClock()
    server = FakeServer(clock)
    repo, figures = MemoryCampaigns(clock), MemoryFigures()
    connections, credentials = MemoryConnections(), MemoryCredentials()
    manifest = manifest_for(server, **manifest_changes)
    platforms = Platforms(
        directory=ConnectorRegistry((Installed(manifest, "glowtify-fake", "1"),), ()),
        connections=connections,
        credentials=credentials,
        clock=clock,
        gate=OpenGate(),
        settings={},
    )
    advance = AdvancePublication(repo=repo, platforms=platforms, clock=clock, settle=timedelta(seconds=10))
    track = TrackCampaigns(repo=repo, platforms=platforms, clock=clock)
    world = SimpleNamespace(
        clock=clock,
        server=server,
        repo=repo,
        connections=connections,
        credentials=credentials,
        manifest=manifest,
        platforms=platforms,
        advance=advance,
        track=track,
        connect=ConnectAccount(platforms=platforms, credentials=credentials, clock=clock),
        disconnect=DisconnectAccount(connections=connections, credentials=credentials, repo=repo),
        audiences=ListAudiences(platforms=platforms, clock=clock),
        publish=PublishCampaign(repo=repo, platforms=platforms, advance=advance, track=track, clock=clock),
        cancel=CancelCampaign(repo=repo, platforms=platforms, advance=advance, clock=clock),
        reschedule=RescheduleCampaign(repo=repo, platforms=platforms, advance=advance, clock=clock),
        repair=Repair(
            repo=repo,
            advance=advance,
            track=track,
            leftovers=Leftovers(repo=repo, platforms=platforms, clock=clock),
        ),
        figures=figures,
        performance=CollectPerformance(platforms=platforms, figures=figures, repo=repo, clock=clock),
    )
    secrets = {field.name: Secret("a-long-enough-key") for field in manifest.credential_fields}
    world.connect("default", "fake", secrets)
    server.calls.clear()
    return world


def campaign(campaign_id: str = "epic-1", **changes: Any) -> Campaign:
    """A campaign for nine o'clock in Toronto on 15 January 2027."""
    wanted = Campaign(
        key=CampaignKey("default", campaign_id),
        connector="fake",
        name="Winter sale",
        subject="Everything must go",
        sender=Sender("a@example.com", "Acme"),
        html="<html><body><p>Hello</p></body></html>",
        text="Hello",
        include=(AudienceRef("LIST01"),),
        schedule=SendAt.at(datetime(2027, 1, 15, 9, 0), "America/Toronto"),  # noqa: DTZ001 - a wall time
    )
    return replace(wanted, **changes)
