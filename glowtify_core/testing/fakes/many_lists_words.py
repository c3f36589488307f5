"""What Many Lists says, in our words, and what we say, in its words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.errors import PermissionDenied, PlatformError
from glowtify_core.domain.performance import CampaignMetrics, Revenue
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.domain.schedule import Schedule, SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.kit.answers import Answer, Endpoint, by_status
from glowtify_core.kit.documents import dig, parse_instant, reading
from glowtify_core.ports.platform import Finding, Level

_S = PublicationState
STATES: Mapping[str, PublicationState] = MappingProxyType(
    {
        "draft": _S.STAGED,
        "scheduled": _S.SCHEDULED,
        "sending": _S.SENDING,
        "sent": _S.SENT,
        "stopped": _S.CANCELLED,
    }
)
WITHOUT_TEXT = Finding(
    Level.WARNING, "no_text", "There is no plain text", "Write one: some people read nothing else.", "text"
)


def refusal(answer: Answer, endpoint: Endpoint) -> PlatformError:
    """The error for an answer of 400 and above; it names the scope that a key lacks."""
    error = by_status(answer, endpoint, detail=str(dig(answer.body, "error") or ""))
    if isinstance(error, PermissionDenied) and (scope := dig(answer.body, "scope")):
        error.missing = (str(scope),)
    return error


def draft_of(campaign: Campaign, name: str) -> Mapping[str, Any]:
    """A campaign as it is created: without a time, and without content."""
    sender = campaign.sender
    return {
        "name": name,
        "subject": campaign.subject,
        "preheader": campaign.preheader,
        "from": {"name": sender.name, "email": sender.email, "reply_to": sender.reply_to or sender.email},
        "to": [ref.id for ref in campaign.included],
        "not_to": [ref.id for ref in campaign.excluded],
        "skip_recent": campaign.options.smart_sending,
    }


def when(schedule: Schedule) -> Mapping[str, str]:
    """An instant, or the wall time of each recipient."""
    if isinstance(schedule, SendAt):
        return {"at": schedule.instant.isoformat()}
    return {"local": schedule.wall.isoformat(timespec="minutes")}


def fingerprint(held: Any, *, write: bool = False) -> str:
    """Of the HTML and the text that an answer shows."""
    with reading(write=write):
        return hashlib.sha256(f"{held['html']}\0{held['text']}".encode()).hexdigest()


def remote_campaign(ref: RemoteRef, shown: Any) -> RemoteCampaign:
    """A campaign as it is shown."""
    state, when = STATES.get(shown["status"], _S.UNKNOWN), shown["when"] or {}
    return RemoteCampaign(
        ref,
        state,
        shown["status"],
        name=shown["name"],
        created_at=parse_instant(shown["created_at"]),
        scheduled_for=parse_instant(when.get("at")),
        recipient_wall=datetime.fromisoformat(when["local"]) if "local" in when else None,
        sent_at=parse_instant(shown["began_at"]),
        partly_sent=state is _S.CANCELLED and shown["began_at"] is not None,
        included=frozenset(shown["to"]),
        excluded=frozenset(shown["not_to"]),
        subject=shown["subject"],
        sender_email=shown["from"]["email"],
        url=f"https://app.many-lists.example.com/campaigns/{shown['id']}",
    )


def figures(row: Any, *, as_of: datetime, currency: str, metric: str) -> CampaignMetrics:
    """A row of the report; its money is what the platform ascribes to the e-mail."""
    return CampaignMetrics(
        as_of,
        recipients=row["sent"],
        delivered=row["delivered"],
        bounced=row["bounced"],
        opens=row["opens"],
        opens_unique=row["opened_by"],
        clicks=row["clicks"],
        clicks_unique=row["clicked_by"],
        unsubscribes=row["left"],
        spam_complaints=row["complaints"],
        conversions=row["goals"],
        revenue=Revenue(Decimal(row["money"]), currency, metric, row["attribution"]),
    )


def no_such(ref: AudienceRef) -> Finding:
    """The platform does not know an audience (any more)."""
    title = f"There is no list or segment {ref.name_seen or ref.id}"
    return Finding(Level.ERROR, "audience_not_found", title, "Choose another one.", "audience")
