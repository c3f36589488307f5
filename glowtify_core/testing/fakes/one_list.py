"""A connector for a platform that mails one list, or one segment of a list, every quarter of an hour."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from glowtify_core.domain.audience import Audience, AudienceKind, AudienceQuery, AudienceRef
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.capabilities import Capability, Needs
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.errors import CredentialsMissing, Effect, PlatformError, RemoteNotFound
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.remote import RemoteCampaign, RemotePart, RemoteRef, remote_name
from glowtify_core.domain.schedule import IN_THE_PAST, Schedule, SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.kit.answers import Answer, Endpoint, by_status
from glowtify_core.kit.documents import dig, parse_instant, reading
from glowtify_core.kit.effects import leaving
from glowtify_core.ports.campaigns import CAMPAIGN, Journal, Step, StepKind
from glowtify_core.ports.connectors import CONTRACT_VERSION, ConnectorContext, ConnectorManifest
from glowtify_core.testing.fakes.drafts import DraftConnector
from glowtify_core.testing.fakes.opening import API_KEY, open_http

_S = PublicationState
STATES: Mapping[str, PublicationState] = MappingProxyType(
    {"save": _S.STAGED, "schedule": _S.SCHEDULED, "sending": _S.SENDING, "sent": _S.SENT}
)
WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "api-key-invalid": {"title": "Invalid API key", "remedy": "Make a new key and connect with it."},
        "sender-not-verified": {
            "title": "Sender not authorized",
            "remedy": "Verify the sender's domain in One List.",
            "field": "sender.email",
        },
        "time-past": {"title": IN_THE_PAST, "remedy": "Choose a later time.", "field": "schedule.at"},
    }
)
"""What people are told, by the last word of a problem's type."""


def data_centre(key: str) -> str:
    """Where an account is: the end of its key.

    Raises:
        CredentialsMissing: it is no such key; nothing else may become a part of an address.
    """
    found = re.fullmatch(r"[0-9a-f]+-([a-z]{2}\d{1,2})", key)
    if not found:
        raise CredentialsMissing(
            "This is no API key of One List",
            remedy="Copy the whole key; it ends in a dash and the data centre, such as -us7.",
            field=API_KEY.name,
        )
    return found[1]


def check_key(key: str) -> None:
    """Refuse what is no key, before any request."""
    data_centre(key)


def refusal(answer: Answer, endpoint: Endpoint) -> PlatformError:
    """A problem document (RFC 9457) as an error: its type decides on the words, its status on the class."""
    kind = str(dig(answer.body, "type")).rpartition("/")[2]
    facts = {"detail": str(dig(answer.body, "detail") or ""), **WORDS.get(kind, {})}
    return by_status(answer, endpoint, request_id=str(dig(answer.body, "instance") or ""), **facts)


class OneList(DraftConnector):
    """An audience's id is its list's, and for a segment a dot and the segment's besides."""

    name = "one_list"
    back = "unschedule"

    def __init__(self, context: ConnectorContext) -> None:
        where = data_centre(context.credentials[API_KEY.name].reveal())
        super().__init__(context, open_http(context, f"https://{where}.one-list.example.com", refusal))

    def connect(self) -> AccountInfo:
        account = self._get("/account")
        with reading():
            return AccountInfo(account["id"], account["name"], account["timezone"], account["currency"])

    def publish(self, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        name = remote_name(campaign.name, journal.marker)
        campaign_id = self._draft(name, _body(campaign, name), journal)
        with leaving(Effect.PARTIAL):
            self._fill(campaign_id, campaign, journal)
            self._schedule(campaign_id, campaign.schedule, journal)
            return self._confirmed(campaign_id)

    def metrics(
        self, sent: Sequence[RemoteCampaign], *, conversion_metric: str | None
    ) -> Mapping[RemoteRef, CampaignMetrics | PlatformError]:
        found: dict[RemoteRef, CampaignMetrics | PlatformError] = {}
        for remote in sent:
            with suppress(RemoteNotFound):  # there is no report of it yet
                found[remote.ref] = self._figures(self._get(f"/reports/{remote.ref.id(CAMPAIGN)}"))
        return found

    def audiences(self, kind: AudienceKind, query: AudienceQuery) -> Iterator[Audience]:
        for audience, _ in self._people(kind):
            if query.wants(audience):
                yield audience

    def size(self, ref: AudienceRef) -> int | None:
        kind = AudienceKind.SEGMENT if "." in ref.id else AudienceKind.LIST
        return next((members for audience, members in self._people(kind) if audience.ref.id == ref.id), None)

    def find_by_marker(self, marker: str) -> Sequence[RemoteCampaign]:
        with reading():
            found = [self._remote(shown) for shown in self._all(self.path, title=marker)]
        return [one for one in found if one.name.endswith(f" {marker}")]

    def parts_by_marker(self, marker: str) -> Sequence[RemotePart]:
        del marker
        return ()

    # --- a campaign ---

    def _fill(self, campaign_id: str, campaign: Campaign, journal: Journal) -> None:
        def fill() -> str:
            body = {"html": campaign.html, "plain_text": campaign.text}
            self._write("PUT", f"{self.path}/{campaign_id}/content", body, ready=journal.check)
            return campaign_id

        journal.run(Step("fill", StepKind.REPEATABLE, fill))

    def _commit(self, campaign_id: str, schedule: Schedule, journal: Journal) -> None:
        assert isinstance(schedule, SendAt)
        at = {"at": schedule.instant.isoformat()}
        self._write("POST", f"{self.path}/{campaign_id}/schedule", at, ready=journal.check)

    # --- reading ---

    def _all(self, target: str, **params: str) -> Iterator[Any]:
        """Everything that a collection holds: what was seen is counted, page by page."""
        seen, total = 0, 1
        while seen < total:
            page = self._get(target, **params, offset=str(seen))
            with reading():
                items, total = page["items"], page["total"] if page["items"] else 0
                seen += len(items)
            yield from items

    def _people(self, kind: AudienceKind) -> Iterator[tuple[Audience, int]]:
        """Every list, or every segment of every list, with its size."""
        for one in self._all("/lists"):
            with reading():
                whole = AudienceRef(one["id"], AudienceKind.LIST)
                found = [(Audience(whole, one["name"]), one["members"])]
            if kind is AudienceKind.SEGMENT:
                found = [self._segment(whole, part) for part in self._all(f"/lists/{whole.id}/segments")]
            yield from found

    def _segment(self, whole: AudienceRef, part: Any) -> tuple[Audience, int]:
        with reading():
            ref = AudienceRef(f"{whole.id}.{part['id']}", AudienceKind.SEGMENT, parent=whole.id)
            return Audience(ref, part["name"]), part["members"]

    def _remote(self, shown: Any) -> RemoteCampaign:
        state, due = STATES.get(shown["status"], _S.UNKNOWN), parse_instant(shown["at"])
        audience = f"{shown['list']}.{shown['segment']}" if shown["segment"] else shown["list"]
        return RemoteCampaign(
            self._ref(shown["id"]),
            state,
            shown["status"],
            name=shown["title"],
            created_at=parse_instant(shown["created_at"]),
            scheduled_for=due,
            sent_at=due if state in {_S.SENDING, _S.SENT} else None,
            included=frozenset({audience}),
            subject=shown["subject"],
            sender_email=shown["from_email"],
        )

    def _figures(self, report: Any) -> CampaignMetrics:
        with reading():
            return CampaignMetrics(
                self._clock.now(),
                recipients=report["sent"],
                delivered=report["sent"] - report["bounces"],
                bounced=report["bounces"],
                opens=report["opens"]["total"],
                opens_unique=report["opens"]["unique"],
                clicks=report["clicks"]["total"],
                clicks_unique=report["clicks"]["unique"],
                unsubscribes=report["unsubscribed"],
            )


def _body(campaign: Campaign, name: str) -> dict[str, Any]:
    (audience,) = campaign.included  # the manifest says one at most, and a campaign has one
    people, _, segment = audience.id.partition(".")
    return {
        "list": people,
        "segment": segment or None,
        "title": name,
        "subject": campaign.subject,
        "preview": campaign.preheader,
        "from_name": campaign.sender.name,
        "from_email": campaign.sender.email,
        "reply_to": campaign.sender.reply_to or campaign.sender.email,
    }


MANIFEST = ConnectorManifest(
    name=OneList.name,
    title="One List",
    contract=CONTRACT_VERSION,
    credential_fields=(replace(API_KEY, check=check_key),),
    capabilities=dict.fromkeys(
        (
            Capability.PUBLISH,
            Capability.CANCEL,
            Capability.EDIT,
            Capability.RESCHEDULE,
            Capability.LISTS,
            Capability.SEGMENTS,
            Capability.RECONCILE,
            Capability.METRICS,
        ),
        Needs(),
    ),
    factory=OneList,
    audience_id_pattern=r"L\d+(\.S\d+)?",
    minutes=15,
    most_audiences=1,
)
