"""Every use case over the real Klaviyo connector and a sandbox whose answers are tampered with."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fakes import MemoryCampaigns, MemoryConnections, OpenGate
from inprocess import InProcess
from klaviyo_world import SandboxClock, klaviyo_campaign
from tampering import Tamper, Tampering
from wiring import wired

from glowtify_adapters.cli.documents import (
    audience_document,
    connection_document,
    performance_document,
    publication_document,
    repaired_document,
)
from glowtify_adapters.persistence.documents import publication_to_row
from glowtify_core.domain.audience import AudienceName, AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey
from glowtify_core.domain.connection import Connection
from glowtify_core.domain.errors import GlowtifyError
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.credentials import Secret
from glowtify_core.testing.memory import MemoryClaim
from glowtify_klaviyo.platform import KlaviyoPlatform
from glowtify_klaviyo.sandbox import Sandbox

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
KEY = CampaignKey("default", "epic-1")
S = PublicationState
GOING_OUT = frozenset(
    {"Scheduled", "Sending", "Sent", "Adding Recipients", "Preparing to send", "Sending Segments"}
)


def kept(document: Any) -> None:
    """What is stored and shown has to be text that can be written."""
    json.dumps(document, ensure_ascii=False, default=str).encode()


class _KeptConnections(MemoryConnections):
    def save(self, connection: Connection) -> None:
        kept(connection_document(connection))
        super().save(connection)


class _KeptCampaigns(MemoryCampaigns):
    def claim(self, key: CampaignKey, *, take_over: bool = False) -> MemoryClaim | None:
        claim = super().claim(key, take_over=take_over)
        return _KeptClaim(claim.repo, claim.key, claim.fence) if claim else None


class _KeptClaim(MemoryClaim):
    def write(self, publication: Publication, campaign: Campaign | None) -> None:
        kept(publication_to_row(publication))
        super().write(publication, campaign)


class TamperedStore:
    """A store that is connected to one Klaviyo account, with a campaign to play with."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(now=NOW, campaigns=2, lists=2, segments=1)
        self.clock = SandboxClock(self.sandbox)
        self.wire = Tampering(InProcess(self.sandbox))
        self.repo = _KeptCampaigns(self.clock)
        self.credentials = {"api_key": Secret(self.sandbox.api_key)}
        self.errors: list[GlowtifyError] = []
        self._settings = {"base_url": self.sandbox.base_url}
        self._wire_up()
        self.connect("default", "klaviyo", self.credentials, settings=self._settings)
        self.sandbox.clear_requests()
        self.others = {id_: (c.name, c.status(NOW)) for id_, c in self.sandbox.state.campaigns.items()}

    def _wire_up(self) -> None:
        self.connections = _KeptConnections()
        container = wired(
            self._platform, clock=self.clock, repo=self.repo, connections=self.connections, gate=OpenGate()
        )
        app, self.platforms = container.app(), container.platforms()
        self.connect, self.audiences = app.connections.connect, app.audiences
        self.performance, campaigns = app.performance, app.campaigns
        self.publish, self.track, self.repair = campaigns.publish, campaigns.track, campaigns.repair
        self.cancel, self.reschedule = campaigns.cancel, campaigns.reschedule

    def _platform(self, context: ConnectorContext) -> KlaviyoPlatform:
        platform = KlaviyoPlatform(context)
        platform._client.http.mount(self.wire)
        return platform

    # --- what can be done ---

    def campaign(self, **delta: float) -> Campaign:
        when = (NOW + timedelta(days=7, **delta)).replace(tzinfo=None)
        lists = self.sandbox.ready["lists"]
        return klaviyo_campaign(
            key=KEY,
            text="Hi {{ first_name }}",
            include=(AudienceName(lists[0]["name"]),),
            exclude=(AudienceRef(lists[1]["id"]),),
            schedule=SendAt.at(when, "UTC"),
        )

    def latest(self) -> list[Publication]:
        newest = self.repo.latest(KEY)
        return [newest] if newest else []

    @property
    def actions(self) -> dict[str, Callable[[], Any]]:
        """Every use case by name."""
        return {
            "connect": lambda: self.connect("default", "klaviyo", self.credentials, settings=self._settings),
            "check now": lambda: self.connect.check_now("default", "klaviyo"),
            "audiences": lambda: [
                kept(audience_document(one)) for one in self.audiences("default", "klaviyo", counts=True)
            ],
            "dry run": lambda: self.publish.check(self.campaign()),
            "publish": lambda: self.publish(self.campaign()),
            "publish again": lambda: self.publish(self.campaign(), again=True),
            "move": lambda: self.reschedule(KEY, self.campaign(hours=3).schedule),
            "cancel": lambda: self.cancel(KEY),
            "stop": lambda: self.cancel(KEY, stop_sending=True),
            "edit": lambda: self.cancel.edit(KEY),
            "status": lambda: [kept(publication_document(one)) for one in self.track(self.latest())],
            "repair": lambda: [kept(repaired_document(one)) for one in self.repair()],
            "performance": lambda: [
                kept(performance_document(one)) for one in self.performance(self.latest())
            ],
            "a minute": lambda: self.clock.move(timedelta(minutes=1)),
            "a week": lambda: self.clock.move(timedelta(days=7, minutes=1)),
        }

    def act(self, name: str) -> None:
        """Do one thing; only errors of ours may come of it."""
        try:
            self.actions[name]()
        except GlowtifyError as error:
            kept(str(error))
            self.errors.append(error)

    def settle(self) -> None:
        """The fuzz is over: what heals, heals."""
        self.wire.arm(())
        for _ in range(2):
            self.clock.move(timedelta(minutes=2))
            self.act("repair")
            self.act("status")

    # --- what has to hold ---

    def marked(self, publication: Publication) -> list[Any]:
        """The sandbox's campaigns of one publication."""
        return [c for c in self.sandbox.state.campaigns.values() if c.name.endswith(publication.marker)]

    def status_of(self, campaign: Any) -> str:
        now = self.clock.now()
        campaign.settle(now)
        return str(campaign.status(now))

    def going_out(self, publications: Sequence[Publication]) -> list[Any]:
        """Whatever of these is scheduled, being sent, or sent."""
        return [c for p in publications for c in self.marked(p) if self.status_of(c) in GOING_OUT]

    def wrong(self) -> str:
        """What the store says that is not so on the platform; empty when all is well."""
        publications = list(self.repo.publications.values())
        if len(self.going_out(publications)) > 1:
            return f"scheduled twice: {[(c.name, self.status_of(c)) for c in self.going_out(publications)]}"
        for id_, (name, status) in self.others.items():
            other = self.sandbox.state.campaigns.get(id_)
            if other is None or (other.name, self.status_of(other)) != (name, status):
                return f"somebody else's campaign was touched: {name}"
        return next((words for one in publications if (words := self._wrong(one))), "")

    def _wrong(self, publication: Publication) -> str:
        out, state = self.going_out([publication]), publication.state
        seen = [(c.id, self.status_of(c)) for c in self.marked(publication)]
        words = f"{state} ({publication.attention}; {publication.problem}); Klaviyo: {seen}"
        if state in {S.SCHEDULED, S.SENDING, S.SENT, S.SUBMITTING}:
            if not out:
                return f"nothing is scheduled: {words}"
            planned = datetime.fromisoformat(out[0].send_strategy["datetime"])
            if not publication.drift and isinstance(publication.schedule, SendAt):
                return "" if planned == publication.schedule.instant else f"another time: {planned} {words}"
            return f"drift that is none: {set(publication.drift)} {words}" if publication.drift else ""
        if state is S.CANCELLED and publication.remote and publication.remote.partly_sent:
            return ""
        if state is S.UNKNOWN:
            return "" if publication.attention else f"nothing is said: {words}"
        return f"it is going out: {words}" if out else ""


def play(scene: Sequence[str], tampers: Sequence[Tamper], *, after: int = 0) -> TamperedStore:
    """Act a scene whose answers are tampered with from the ``after``-th action on, then let it heal."""
    store = TamperedStore()
    for index, name in enumerate(scene):
        if index == after:
            store.wire.arm(tampers)
        store.act(name)
    store.settle()
    return store
