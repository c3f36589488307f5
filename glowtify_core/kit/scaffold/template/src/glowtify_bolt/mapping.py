"""Bolt Mail's words and ours."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from glowtify_bolt.plugin import MANIFEST
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.connection import AccountInfo
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.domain.state import PublicationState as State
from glowtify_core.kit.documents import parse_instant
from glowtify_core.ports.campaigns import CAMPAIGN

STATES: Mapping[str, State] = MappingProxyType(
    {
        # TODO: every status that is documented; any other is UNKNOWN.
        "draft": State.STAGED,
        "scheduled": State.SCHEDULED,
        "sending": State.SENDING,
        "sent": State.SENT,
        "cancelled": State.CANCELLED,
    }
)
NOWHERE = RemoteRef(MANIFEST.name, ())


def to_account(said: Any) -> AccountInfo:
    """The account behind a key."""
    return AccountInfo(
        # TODO: what the account is told by; the zone is an IANA name, the currency an ISO 4217 code.
        id=said["id"],
        name=said["name"],
        zone=said["time_zone"],
        currency=said["currency"],
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
        # TODO: what makes a draft; the name as it is, with its marker at the end.
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
    # TODO: where a campaign has these facts; what is not told is left out.
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
    )


def to_remotes(said: Any) -> list[RemoteCampaign]:
    """What a search has found."""
    return [to_remote(one) for one in said["campaigns"]]
