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
    Phase,
    PlatformError,
    RemoteNotFound,
    RequestRejected,
    ScheduleRejected,
    StateConflict,
)
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.remote import CLOCKS_APART, RemoteCampaign, RemotePart, RemoteRef, remote_name
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.kit.answers import Endpoint
from glowtify_core.kit.effects import leaving
from glowtify_core.ports.campaigns import Journal, Step, StepKind
from glowtify_core.ports.connectors import CONTRACT_VERSION, ConnectorContext, ConnectorManifest
from glowtify_core.ports.platform import CancelMode
from glowtify_core.testing.fakes.no_drafts_script import LANGUAGES
from glowtify_core.testing.fakes.opening import API_KEY, open_http

NAME = "no_drafts"
CAMPAIGN = "campaign"
DISCARD = "discard"
REMOVE = "remove"
READ, WRITE = Endpoint("read"), Endpoint("write", write=True)

_S = PublicationState
STATES: Mapping[str, PublicationState] = MappingProxyType(
    {"scheduled": _S.SCHEDULED, "sending": _S.SENDING, "sent": _S.SENT, "stopped": _S.CANCELLED}
)


class NoDrafts:
    """See :mod:`glowtify_core.ports.platform` for what each method promises."""

    def __init__(self, context: ConnectorContext) -> None:
        self._context = context
        self._clock = context.clock
        self._http = open_http(context, "https://api.no-drafts.example.com")

    def connect(self) -> AccountInfo:
        account = self._get("/account")
        return AccountInfo(account["id"], account["company"], account["timezone"], account["currency"])

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        self._wall(campaign)
        return self._confirmed(journal.run(self._creation(campaign, journal)))

    def status(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteCampaign]:
        said = {ref: self._read(ref.id(CAMPAIGN) or "") for ref in refs}
        return {ref: remote or RemoteCampaign(ref, _S.MISSING, "404") for ref, remote in said.items()}

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Journal) -> RemoteCampaign:
        del mode  # there is no draft to go back to: whatever is taken back is deleted
        ended = RemoteCampaign(ref or RemoteRef(NAME, ()), _S.CANCELLED, "Deleted")
        for mailing in self._begun(ref, journal):
            remote = self._read(mailing)
            if remote is None:
                continue
            if remote.state in {_S.SENDING, _S.SENT}:
                raise StateConflict(
                    "This e-mail is on its way", effect=Effect.NONE, remedy="An e-mail cannot be unsent."
                )
            if remote.state is _S.CANCELLED:
                return remote
            with suppress(RemoteNotFound):  # somebody else deleted it just now
                self._discard(mailing, journal)
            ended = replace(remote, state=_S.CANCELLED, raw_state="Deleted")
        return ended

    def reschedule(self, ref: RemoteRef, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        self._wall(campaign)
        old = ref.id(CAMPAIGN) or ""
        was_due = journal.run(Step(REMOVE, StepKind.REPEATABLE, lambda: self._remove(old, journal)))
        with leaving(Effect.PARTIAL):
            try:
                mailing = journal.run(self._creation(campaign, journal))
            except RequestRejected:
                if not was_due:
                    raise
                before = campaign.moved_to(_at(was_due))
                mailing = journal.run(self._creation(before, journal))
        return self._confirmed(mailing)

    def metrics(
        self, sent: Sequence[RemoteCampaign], *, conversion_metric: str | None
    ) -> Mapping[RemoteRef, CampaignMetrics | PlatformError]:
        found: dict[RemoteRef, CampaignMetrics | PlatformError] = {}
        for remote in sent:
            try:
                counts = self._get(f"/mailings/{remote.ref.id(CAMPAIGN)}/figures")
            except RemoteNotFound:
                continue
            found[remote.ref] = CampaignMetrics(
                self._clock.now(),
                recipients=counts["sent"],
                delivered=counts["delivered"],
                opens=counts["views"],
                opens_unique=counts["unique_views"],
                unsubscribes=counts["unsubscribed"],
            )
        return found

    def audiences(self, kind: AudienceKind, query: AudienceQuery) -> Iterator[Audience]:
        for group in self._get("/groups")["groups"] if kind is AudienceKind.LIST else ():
            if _asked_for(query, group["id"], group["name"]):
                yield Audience(AudienceRef(group["id"], AudienceKind.LIST), group["name"])

    def size(self, ref: AudienceRef) -> int | None:
        groups = self._get("/groups")["groups"]
        return next((group["members"] for group in groups if group["id"] == ref.id), None)

    def find_by_marker(self, marker: str) -> Sequence[RemoteCampaign]:
        found = self._get("/mailings", name=marker)["mailings"]
        return [self._remote(one) for one in found if one["name"].endswith(f" {marker}")]

    def parts_by_marker(self, marker: str) -> Sequence[RemotePart]:
        del marker
        return ()

    def discard(self, ref: RemoteRef) -> None:
        if self._read(ref.id(CAMPAIGN) or ""):
            raise StateConflict("There are no drafts here", effect=Effect.NONE, remedy="Cancel it instead.")

    def close(self) -> None:
        self._http.close()

    # --- creating, which is committing ---

    def _creation(self, campaign: Campaign, journal: Journal) -> Step:
        name = remote_name(campaign.name, journal.marker)

        def find(since: datetime) -> str | None:
            mine = [
                remote
                for remote in self.find_by_marker(journal.marker)
                if remote.name == name and remote.created_at and remote.created_at >= since - CLOCKS_APART
            ]
            return mine[0].ref.id(CAMPAIGN) if mine else None

        return Step(
            CAMPAIGN,
            StepKind.CREATE_AND_COMMIT,
            lambda: self._create(campaign, name, journal),
            find=find,
            undo=self._undo,
        )

    def _create(self, campaign: Campaign, name: str, journal: Journal) -> str:
        body = {
            "name": name,
            "subject": campaign.subject,
            "from": {"name": campaign.sender.name, "email": campaign.sender.email},
            "language": campaign.language,
            "html": _with_preheader(campaign),
            "groups": [ref.id for ref in campaign.included],
            "send_at": f"{self._wall(campaign):%Y-%m-%d %H:%M:%S}",
        }
        answer = self._http.call("POST", "/mailings", endpoint=WRITE, body=body, ready=journal.check)
        return str(answer.body["id"])

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

    def _begun(self, ref: RemoteRef | None, journal: Journal) -> Sequence[str]:
        """Every mailing that the publication made, looked for where an answer was lost."""
        steps = journal.steps(CAMPAIGN)
        ids = [step.remote_id for step in steps if step.remote_id]
        if any(step.remote_id is None for step in steps):
            self._clock.sleep(max(0.0, 10 - min(step.age for step in steps).total_seconds()))
            ids += [remote.ref.ids[0][1] for remote in self.find_by_marker(journal.marker)]
        known = ref.id(CAMPAIGN) if ref else None
        return [mailing for mailing in dict.fromkeys((*ids, known)) if mailing]

    def _discard(self, mailing: str, journal: Journal) -> None:
        """Delete it, if nobody else did: only then it was we who took it away."""

        def delete() -> str:
            try:
                self._http.call("DELETE", f"/mailings/{mailing}", endpoint=WRITE, ready=journal.check)
            except RemoteNotFound:
                if not _repeated(journal, DISCARD):
                    raise
            return mailing

        journal.forget(DISCARD)
        journal.run(Step(DISCARD, StepKind.REPEATABLE, delete))

    def _undo(self, mailing: str) -> None:
        try:
            self._http.call("DELETE", f"/mailings/{mailing}", endpoint=WRITE)
        except RemoteNotFound:
            return

    def _remove(self, mailing: str, journal: Journal) -> str:
        """Delete it; when it was due, so that the old time can be put back. Empty when that is not known."""
        remote = self._read(mailing)
        if remote is None or remote.scheduled_for is None:
            if _repeated(journal, REMOVE):
                return ""
            raise RemoteNotFound(
                "The e-mail was deleted there",
                effect=Effect.NONE,
                remedy="Publish it again if it shall be sent.",
            )
        if remote.state is not _S.SCHEDULED:
            raise StateConflict(
                "This e-mail is on its way", effect=Effect.NONE, remedy="An e-mail cannot be unsent."
            )
        self._http.call("DELETE", f"/mailings/{mailing}", endpoint=WRITE, ready=journal.check)
        return remote.scheduled_for.isoformat()

    # --- reading ---

    @property
    def _zone(self) -> ZoneInfo:
        assert self._context.account
        return ZoneInfo(self._context.account.zone)

    def _get(self, target: str, **params: str) -> Any:
        return self._http.call("GET", target, endpoint=READ, params=params).body

    def _read(self, mailing: str) -> RemoteCampaign | None:
        try:
            return self._remote(self._get(f"/mailings/{mailing}"))
        except RemoteNotFound:
            return None

    def _confirmed(self, mailing: str) -> RemoteCampaign:
        with leaving(Effect.DONE, Phase.POST_HANDOFF):
            return self._read(mailing) or RemoteCampaign(_ref(mailing), _S.MISSING, "404")

    def _remote(self, shown: Any) -> RemoteCampaign:
        due = datetime.fromisoformat(shown["send_at"]).replace(tzinfo=self._zone).astimezone(UTC)
        state = STATES.get(shown["status"], _S.UNKNOWN)
        return RemoteCampaign(
            _ref(shown["id"]),
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


def _repeated(journal: Journal, name: str) -> bool:
    """Whether a step is done again, so that what is gone may have been taken away by its first try."""
    return journal.steps(name)[-1].begins > 1


def _ref(mailing: str) -> RemoteRef:
    return RemoteRef(NAME, ((CAMPAIGN, mailing),))


def _asked_for(query: AudienceQuery, group: str, name: str) -> bool:
    everything = not query.names and not query.ids
    return everything or name in query.names or group in query.ids


def _at(instant: str) -> SendAt:
    moment = datetime.fromisoformat(instant)
    return SendAt(moment.replace(tzinfo=None), "UTC", moment)


def _with_preheader(campaign: Campaign) -> str:
    """The HTML with the preheader in front of everything else: this platform has no field for it."""
    if not campaign.preheader:
        return campaign.html
    hidden = f'<div style="display:none">{escape(campaign.preheader)}</div>'
    opening = re.search(r"<body[^>]*>", campaign.html, re.IGNORECASE)
    at = opening.end() if opening else 0
    return campaign.html[:at] + hidden + campaign.html[at:]


MANIFEST = ConnectorManifest(
    name=NAME,
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
