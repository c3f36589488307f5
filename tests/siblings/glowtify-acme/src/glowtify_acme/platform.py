"""Acme Mail as an e-mail platform: the port's methods as short lists of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from glowtify_acme.client import AcmeClient
from glowtify_acme.mapping import NOWHERE, to_draft, to_id
from glowtify_core.domain.audience import Audience, AudienceKind, AudienceQuery, AudienceRef
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.errors import Effect, PlatformError, RemoteNotFound, StateConflict
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.remote import RemoteCampaign, RemotePart, RemoteRef, remote_name, same_second
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState as State
from glowtify_core.kit.effects import leaving
from glowtify_core.kit.marks import adopt
from glowtify_core.kit.settling import Settling
from glowtify_core.ports.campaigns import CAMPAIGN, DISCARD, Journal, Step, StepKind
from glowtify_core.ports.connectors import ConnectorContext
from glowtify_core.ports.platform import CancelMode


class AcmePlatform:
    """One connected account; see :mod:`glowtify_core.ports.platform` for what each method promises."""

    def __init__(self, context: ConnectorContext) -> None:
        self._clock = context.clock
        self._settling = Settling.of(context)
        self._api = AcmeClient(context)

    def connect(self) -> AccountInfo:
        """Ask whose key it is."""
        return self._api.account()

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        """Make a draft, schedule it, and read it back."""
        campaign_id = journal.run(self._creation(campaign, journal))
        with leaving(Effect.PARTIAL):
            journal.run(self._scheduling(campaign_id, campaign, journal))
        with leaving(Effect.DONE):
            return self._api.campaign(campaign_id)

    def status(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        """Read each of them."""
        return {ref: self._read(ref) or RemoteCampaign(ref, State.MISSING, "404") for ref in refs}

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Journal) -> RemoteCampaign:
        """Take back whatever was begun, and read it back."""
        self._settling.wait_out(journal.steps())  # what is on its way arrives first
        ref = ref or self._lost(journal)
        remote = self._read(ref) if ref else None
        if ref is None or remote is None:
            return RemoteCampaign(ref or NOWHERE, State.CANCELLED, "gone")
        if remote.state in {State.SENDING, State.SENT}:
            raise StateConflict("It is on its way", effect=Effect.NONE, remedy="An e-mail cannot be unsent.")
        self._take_back(remote, mode, journal)
        with leaving(Effect.DONE):
            return self._read(ref) or RemoteCampaign(ref, State.CANCELLED, "deleted")

    def reschedule(self, ref: RemoteRef, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        """Schedule it once more, which moves it."""
        journal.run(self._scheduling(to_id(ref), campaign, journal))
        with leaving(Effect.DONE):
            return self._api.campaign(to_id(ref))

    def metrics(
        self, sent: Sequence[RemoteCampaign], *, conversion_metric: str | None
    ) -> Mapping[RemoteRef, CampaignMetrics | PlatformError]:
        """Read the report of each; conversions are not counted there."""
        del conversion_metric
        found: dict[RemoteRef, CampaignMetrics | PlatformError] = {}
        for remote in sent:
            with suppress(RemoteNotFound):  # there is no report of it
                found[remote.ref] = self._api.report(to_id(remote.ref), self._clock.now())
        return found

    def audiences(self, kind: AudienceKind, query: AudienceQuery) -> Iterator[Audience]:
        """The lists that are asked for; there are no segments."""
        everything = not query.names and not query.ids
        for audience, _ in self._api.lists() if kind is AudienceKind.LIST else ():
            if everything or audience.name in query.names or audience.ref.id in query.ids:
                yield audience

    def size(self, ref: AudienceRef) -> int | None:
        """How many people are on a list."""
        return next((people for audience, people in self._api.lists() if audience.ref.id == ref.id), None)

    def content(self, ref: RemoteRef) -> str | None:
        """The fingerprint of its HTML."""
        return self._api.campaign(to_id(ref)).content

    def find_by_marker(self, marker: str) -> Sequence[RemoteCampaign]:
        """The campaigns whose name ends in the marker."""
        return self._api.ending_in(marker)

    def parts_by_marker(self, marker: str) -> Sequence[RemotePart]:
        """Nothing: a campaign has no parts."""
        del marker
        return ()

    def discard(self, ref: RemoteRef) -> None:
        """Delete a draft; the platform itself refuses to delete anything else."""
        self._api.delete(to_id(ref))

    def close(self) -> None:
        """Let go of the connection."""
        self._api.close()

    def _creation(self, campaign: Campaign, journal: Journal) -> Step:
        """Make a draft: when its answer is lost, it is found by its name."""
        name = remote_name(campaign.name, journal.marker)
        return Step(
            CAMPAIGN,
            StepKind.CREATE,
            do=lambda: self._api.create(to_draft(campaign, name), journal.check),
            find=lambda since: adopt(self._api.ending_in(journal.marker), name, since),
            undo=self._api.delete,
        )

    def _scheduling(self, campaign_id: str, campaign: Campaign, journal: Journal) -> Step:
        """Schedule it: when the answer is lost, its status and its time tell whether it happened."""
        assert isinstance(campaign.schedule, SendAt)
        due = campaign.schedule.instant

        def find(_: datetime) -> str | None:
            seen = self._api.campaign(campaign_id)
            at = seen.scheduled_for if seen.state is not State.STAGED else None
            return campaign_id if at and same_second(at, due) else None

        return Step(
            "schedule",
            StepKind.COMMIT,
            do=lambda: self._api.schedule(campaign_id, due, journal.check),
            find=find,
            keyed=True,
        )

    def _take_back(self, remote: RemoteCampaign, mode: CancelMode, journal: Journal) -> None:
        """Cancel what is scheduled and delete what is a draft, unless a draft is what is wanted."""
        campaign_id, ready = to_id(remote.ref), journal.check
        if mode is CancelMode.KEEP_DRAFT and remote.state is State.SCHEDULED:
            _repeat(journal, "unschedule", lambda: self._api.unschedule(campaign_id, ready))
        elif remote.state is State.SCHEDULED:
            _repeat(journal, "cancel", lambda: self._api.cancel(campaign_id, ready))
        elif mode is not CancelMode.KEEP_DRAFT and remote.state is State.STAGED:
            _repeat(journal, DISCARD, lambda: self._api.delete(campaign_id, ready))

    def _lost(self, journal: Journal) -> RemoteRef | None:
        """The campaign that a creation has made whose answer was lost; nobody's copy of it."""
        found = self._api.ending_in(journal.marker) if journal.steps(CAMPAIGN) else ()
        return next((one.ref for one in found if not one.name.startswith("Copy of ")), None)

    def _read(self, ref: RemoteRef) -> RemoteCampaign | None:
        try:
            return self._api.campaign(to_id(ref))
        except RemoteNotFound:
            return None


def _repeat(journal: Journal, name: str, request: Callable[[], str]) -> None:
    journal.run(Step(name, StepKind.REPEATABLE, request))
