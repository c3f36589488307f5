"""A connector for a platform without drafts: creating is committing, moving is deleting and creating anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from glowtify_core.domain.audience import Audience, AudienceKind, AudienceQuery, AudienceRef
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.capabilities import Capability, Needs
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.errors import (
    Effect,
    PlatformError,
    RemoteNotFound,
    RequestRejected,
    ScheduleRejected,
)
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.remote import RemoteCampaign, RemotePart, RemoteRef, remote_name
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.kit.documents import reading
from glowtify_core.kit.effects import leaving
from glowtify_core.kit.marks import adopt
from glowtify_core.ports.campaigns import CAMPAIGN, DISCARD, Journal, Step, StepKind
from glowtify_core.ports.connectors import CONTRACT_VERSION, ConnectorContext, ConnectorManifest
from glowtify_core.ports.platform import CancelMode
from glowtify_core.testing.fakes.connector import (
    OLD_TIME,
    FakeConnector,
    schedule_of,
    time_of,
    too_late,
)
from glowtify_core.testing.fakes.no_drafts_script import LANGUAGES
from glowtify_core.testing.fakes.opening import API_KEY, open_http

_S = PublicationState
STATES: Mapping[str, PublicationState] = MappingProxyType(
    {"scheduled": _S.SCHEDULED, "sending": _S.SENDING, "sent": _S.SENT, "stopped": _S.CANCELLED}
)


class NoDrafts(FakeConnector):
    """An e-mail cannot be changed, only deleted, and made anew under another id."""

    name = "no_drafts"
    path = "/mailings"

    def __init__(self, context: ConnectorContext) -> None:
        super().__init__(context, open_http(context, "https://api.no-drafts.example.com"))

    def connect(self) -> AccountInfo:
        account = self._get("/account")
        with reading():
            return AccountInfo(account["id"], account["company"], account["timezone"], account["currency"])

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        return self._confirmed(journal.run(self._creation(campaign, journal)))

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Journal) -> RemoteCampaign:
        del mode  # there is no draft to go back to: whatever is taken back is deleted
        ended = self._deleted(ref)
        for mailing in self._begun(ref, journal):
            remote = self._read(mailing)
            if remote is None:
                continue
            if remote.state in {_S.SENDING, _S.SENT}:
                raise too_late(remote)
            if remote.state is _S.CANCELLED:
                return remote
            journal.forget(DISCARD)
            with suppress(RemoteNotFound):  # somebody else deletes it just now
                self._discard(mailing, journal)
            ended = replace(remote, state=_S.CANCELLED, raw_state="Deleted")
        return ended

    def reschedule(self, ref: RemoteRef, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        self._wall(campaign)
        old = ref.id(CAMPAIGN) or ""
        before = journal.run(Step(OLD_TIME, StepKind.REPEATABLE, lambda: self._time(old)))
        self._discard(old, journal)
        with leaving(Effect.PARTIAL):
            try:
                mailing = journal.run(self._creation(campaign, journal))
            except RequestRejected:
                campaign = campaign.moved_to(schedule_of(before))
                mailing = journal.run(self._creation(campaign, journal))
        return self._confirmed(mailing)

    def metrics(
        self, sent: Sequence[RemoteCampaign], *, conversion_metric: str | None
    ) -> Mapping[RemoteRef, CampaignMetrics | PlatformError]:
        found: dict[RemoteRef, CampaignMetrics | PlatformError] = {}
        for remote in sent:
            with suppress(RemoteNotFound):  # there are no figures of it yet
                shown = self._get(f"{self.path}/{remote.ref.id(CAMPAIGN)}/figures")
                found[remote.ref] = self._figures(shown)
        return found

    def audiences(self, kind: AudienceKind, query: AudienceQuery) -> Iterator[Audience]:
        for audience in self._groups() if kind is AudienceKind.LIST else ():
            if query.wants(audience):
                yield audience

    def size(self, ref: AudienceRef) -> int | None:
        return next((size for group, size in self._groups().items() if group.ref.id == ref.id), None)

    def find_by_marker(self, marker: str) -> Sequence[RemoteCampaign]:
        shown = self._get(self.path, name=marker)
        with reading():
            found = [self._remote(one) for one in shown["mailings"]]
        return [one for one in found if one.name.endswith(f" {marker}")]

    def parts_by_marker(self, marker: str) -> Sequence[RemotePart]:
        del marker
        return ()

    def discard(self, ref: RemoteRef) -> None:
        self._undo(ref.id(CAMPAIGN) or "")

    # --- creating, which is committing ---

    def _creation(self, campaign: Campaign, journal: Journal) -> Step:
        name = remote_name(campaign.name, journal.marker)
        return Step(
            CAMPAIGN,
            StepKind.CREATE_AND_COMMIT,
            lambda: self._create(campaign, name, journal),
            find=lambda since: adopt(self.find_by_marker(journal.marker), name, since),
            undo=self._undo,
        )

    def _create(self, campaign: Campaign, name: str, journal: Journal) -> str:
        body = {
            "name": name,
            "subject": campaign.subject,
            "from": {"name": campaign.sender.name, "email": campaign.sender.email},
            "reply_to": campaign.sender.reply_to or campaign.sender.email,
            "language": campaign.language,
            "html": _with_preheader(campaign),
            "text": campaign.text,
            "groups": [ref.id for ref in campaign.included],
            "send_at": f"{self._wall(campaign):%Y-%m-%d %H:%M:%S}",
        }
        return self._made(self.path, body, journal)

    def _wall(self, campaign: Campaign) -> datetime:
        """The time as the platform reads it: a wall time in the account's zone, of two equal ones the first.

        Raises:
            ScheduleRejected: it is the second.
        """
        assert isinstance(campaign.schedule, SendAt)
        wall = campaign.schedule.instant.astimezone(self._zone)
        if wall.fold:
            raise ScheduleRejected(
                f"{wall:%H:%M} comes twice that night, and only the first can be told to this platform",
                remedy="Choose a time an hour earlier or later.",
                field="schedule.at",
            )
        return wall

    # --- taking back ---

    def _time(self, mailing: str) -> str:
        """When it is due, so that it can be made again for that time; it is never unscheduled.

        Raises:
            RemoteNotFound: others have deleted it.
            StateConflict: it waits no more.
        """
        remote = self._shown(mailing)
        if remote.state is not _S.SCHEDULED:
            raise too_late(remote)
        return time_of(remote)

    def _discard(self, mailing: str, journal: Journal) -> None:
        journal.run(Step(DISCARD, StepKind.REPEATABLE, lambda: self._remove(mailing, journal)))

    def _remove(self, mailing: str, journal: Journal) -> str:
        """Delete it, if nobody else did: only then it was we who took it away."""
        try:
            self._write("DELETE", f"{self.path}/{mailing}", ready=journal.check)
        except RemoteNotFound:
            if not _repeated(journal, DISCARD):
                raise
        self._gone_by_now(mailing)
        return mailing

    def _undo(self, mailing: str) -> None:
        """Delete it, if it is there; the platform refuses what is on its way."""
        with suppress(RemoteNotFound):
            self._write("DELETE", f"{self.path}/{mailing}")
        self._gone_by_now(mailing)

    # --- reading ---

    @property
    def _zone(self) -> ZoneInfo:
        assert self._context.account
        return ZoneInfo(self._context.account.zone)

    def _groups(self) -> Mapping[Audience, int]:
        """Every group, with its size."""
        shown = self._get("/groups")
        with reading():
            return {
                Audience(AudienceRef(one["id"], AudienceKind.LIST), one["name"]): one["members"]
                for one in shown["groups"]
            }

    def _remote(self, shown: Any) -> RemoteCampaign:
        due = datetime.fromisoformat(shown["send_at"]).replace(tzinfo=self._zone).astimezone(UTC)
        state = STATES.get(shown["status"], _S.UNKNOWN)
        return RemoteCampaign(
            self._ref(shown["id"]),
            state,
            shown["status"],
            name=shown["name"],
            created_at=datetime.fromisoformat(shown["created_at"]),
            scheduled_for=due,
            sent_at=due if state in {_S.SENDING, _S.SENT} else None,
            included=frozenset(shown["groups"]),
            subject=shown["subject"],
            sender_email=shown["from"],
        )

    def _figures(self, counts: Any) -> CampaignMetrics:
        with reading():
            return CampaignMetrics(
                self._clock.now(),
                recipients=counts["sent"],
                delivered=counts["delivered"],
                opens=counts["views"],
                opens_unique=counts["unique_views"],
                unsubscribes=counts["unsubscribed"],
            )


def _repeated(journal: Journal, name: str) -> bool:
    """Whether a step is done again, so that what is gone may have been taken away by its first try."""
    return journal.steps(name)[-1].begins > 1


def _with_preheader(campaign: Campaign) -> str:
    """The HTML with the preheader in front of everything else: this platform has no field for it."""
    if not campaign.preheader:
        return campaign.html
    hidden = f'<div style="display:none">{escape(campaign.preheader)}</div>'
    opening = re.search(r"<body[^>]*>", campaign.html, re.IGNORECASE)
    at = opening.end() if opening else 0
    return campaign.html[:at] + hidden + campaign.html[at:]


MANIFEST = ConnectorManifest(
    name=NoDrafts.name,
    title="No Drafts",
    contract=CONTRACT_VERSION,
    credential_fields=(API_KEY,),
    capabilities=dict.fromkeys(
        (
            Capability.PUBLISH,
            Capability.CANCEL,
            Capability.EDIT,
            Capability.RESCHEDULE,
            Capability.LISTS,
            Capability.RECONCILE,
            Capability.METRICS,
        ),
        Needs(),
    ),
    factory=NoDrafts,
    audience_id_pattern=r"\d+",
    languages=LANGUAGES,
)
