"""Acme Mail's words and ours."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from glowtify_acme.plugin import MANIFEST
from glowtify_core.domain.audience import Audience, AudienceKind, AudienceRef
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.performance import CampaignMetrics
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.domain.state import PublicationState as State
from glowtify_core.kit.documents import parse_instant
from glowtify_core.ports.campaigns import CAMPAIGN

SCOPES = frozenset(scope for needs in MANIFEST.capabilities.values() for scope in needs.every_scope)
STATES: Mapping[str, State] = MappingProxyType(
    {
        "draft": State.STAGED,
        "scheduled": State.SCHEDULED,
        "sending": State.SENDING,
        "sent": State.SENT,
        "cancelled": State.CANCELLED,
    }
)
NOWHERE = RemoteRef(MANIFEST.name, ())


def to_account(said: Any) -> AccountInfo:
    """The account behind a key, and what of all that we need the key may do."""
    granted = SCOPES & {*said["scopes"]}
    return AccountInfo(
        id=said["id"],
        name=said["name"],
        zone=said["time_zone"],
        currency=said["currency"],
        granted=granted,
        missing=SCOPES - granted,
    )


def to_ref(campaign_id: str) -> RemoteRef:
    """Where a campaign is: one id is all that it has."""
    return RemoteRef(MANIFEST.name, ((CAMPAIGN, campaign_id),))


def to_id(ref: RemoteRef) -> str:
    """That id."""
    return ref.id(CAMPAIGN) or ""


def to_draft(campaign: Campaign, name: str) -> dict[str, Any]:
    """What is sent to make a draft."""
    return {
        "name": name,
        "subject": campaign.subject,
        "preview": campaign.preheader,
        "from": {"name": campaign.sender.name, "email": campaign.sender.email},
        "reply_to": campaign.sender.reply_to,
        "html": campaign.html,
        "text": campaign.text,
        "lists": [ref.id for ref in campaign.included],
    }


def to_remote(said: Any) -> RemoteCampaign:
    """A campaign as it is told."""
    state = STATES.get(said["status"], State.UNKNOWN)
    due = parse_instant(said["send_at"])
    return RemoteCampaign(
        to_ref(said["id"]),
        state,
        said["status"],
        name=said["name"],
        created_at=parse_instant(said["created_at"]),
        scheduled_for=due,
        sent_at=due if state in {State.SENDING, State.SENT} else None,
        included=frozenset(said["lists"]),
        subject=said["subject"],
        sender_email=said["from"]["email"],
        content=hashlib.sha256(said["html"].encode()).hexdigest(),
    )


def to_remotes(said: Any) -> list[RemoteCampaign]:
    """What a search has found."""
    return [to_remote(one) for one in said["campaigns"]]


def to_page(said: Any) -> tuple[list[tuple[Audience, int]], int | None]:
    """Some lists, each with the number of people on it, and where there are more."""
    found = [
        (Audience(AudienceRef(one["id"], AudienceKind.LIST), one["name"]), one["people"])
        for one in said["lists"]
    ]
    return found, said["next_page"]


def to_metrics(said: Any, as_of: datetime) -> CampaignMetrics:
    """A report."""
    return CampaignMetrics(
        as_of,
        recipients=said["recipients"],
        delivered=said["delivered"],
        opens=said["opens"],
        opens_unique=said["people_who_opened"],
        clicks=said["clicks"],
        clicks_unique=said["people_who_clicked"],
        unsubscribes=said["unsubscribed"],
    )
