"""Between Klaviyo's words and ours: states, times and the bodies that we send. Pure functions and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from glowtify_core.domain.campaign import Campaign, Utm
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef, clean_name, same_second
from glowtify_core.domain.schedule import Schedule, SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.kit.documents import parse_instant
from glowtify_klaviyo.records import CampaignRecord, MessageRecord, StrategyRecord

PLATFORM = "klaviyo"
DRAFT = "Draft"
DELETED = "Deleted"
"""Our word, not Klaviyo's, for a campaign that we removed."""

UTM_SOURCE = "klaviyo"
UTM_MEDIUM = "email"

EASTERNMOST = timedelta(hours=14)
"""How far ahead of UTC the first recipients of a recipient-local campaign may live."""

QUEUED_FOR = timedelta(seconds=60)
"""A campaign that is "Queued without Recipients" for so long stays so until it is sent.

On the way to Scheduled it passes that status within some 30 s (operator's report, unverified).
"""

_S = PublicationState
STATES: Mapping[str, PublicationState] = MappingProxyType(
    {
        "Draft": _S.STAGED,
        "Preparing to schedule": _S.SUBMITTING,
        "Queued without Recipients": _S.SCHEDULED,
        "Scheduled": _S.SCHEDULED,
        "Adding Recipients": _S.SENDING,
        "Preparing to send": _S.SENDING,
        "Sending": _S.SENDING,
        "Sending Segments": _S.SENDING,
        "Variations Sent": _S.SENDING,
        "Sent": _S.SENT,
        "Cancelled": _S.CANCELLED,
        "Cancelled: Account Disabled": _S.CANCELLED,
        "Cancelled: Billing Limit": _S.CANCELLED,
        "Cancelled: Internal Error": _S.CANCELLED,
        "Cancelled: Misconfigured": _S.CANCELLED,
        "Cancelled: No Recipients": _S.CANCELLED,
        "Cancelled: Smart Sending": _S.CANCELLED,
        "Unknown": _S.UNKNOWN,
    }
)
"""The 18 statuses of the OpenAPI document of 2026-07-15; :func:`state_of` adds what depends on time."""

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "Account Disabled": "Klaviyo has switched the account off: see to it there.",
        "Billing Limit": "The Klaviyo plan does not cover so many e-mails: see to it there.",
        "Internal Error": "Klaviyo failed: publish it again with --again.",
        "Misconfigured": "Check the sender first: Klaviyo, Settings, Email, Sender configuration.",
        "No Recipients": "The lists and segments held nobody to send to.",
        "Smart Sending": "Smart Sending held it back: everybody had got another e-mail a short while before.",
    }
)
"""What to do about each reason for which Klaviyo cancels; what a reason means is read from its name."""

_CANCELLED = "Cancelled"
_WHILE_SENDING = "During Send"
"""Shown by Klaviyo's app when somebody cancels during sending; the document's list lacks it."""

_BEFORE_SENDING = frozenset({"Adding Recipients", "Preparing to send"})
"""Statuses that a campaign passes on its way to Scheduled too (operator's report, unverified)."""


# --- What Klaviyo says -----------------------------------------------------------------------------


def remote_campaign(record: CampaignRecord, *, now: datetime, ref: RemoteRef | None = None) -> RemoteCampaign:
    """What a record says, in our words.

    Args:
        record: as read.
        now: decides what a status means that comes before scheduling and before sending alike.
        ref: how the caller knows this campaign; made of the record's ids when None.
    """
    state = state_of(record, now)
    message = record.messages[0] if record.messages else None
    strategy = record.strategy
    local = bool(strategy and strategy.is_local)
    partly = record.status.removeprefix(_CANCELLED).strip(": ") == _WHILE_SENDING
    went_out = state in {_S.SENDING, _S.SENT} or partly
    return RemoteCampaign(
        ref=ref or remote_ref(record),
        state=state,
        raw_state=record.status,
        name=record.name,
        scheduled_for=None if local else planned_instant(record),
        recipient_wall=_wall(strategy) if local else None,
        sent_at=parse_instant(record.send_time) if went_out else None,
        reason="" if partly else _reason(record.status),
        advice=ADVICE.get(_reason(record.status), ""),
        partly_sent=partly,
        included=frozenset(record.included),
        excluded=frozenset(record.excluded),
        subject=message.subject or "" if message else None,
        sender_email=message.from_email or "" if message else None,
        created_at=parse_instant(record.created_at),
        url=campaign_url(record.id),
    )


def state_of(record: CampaignRecord, now: datetime) -> PublicationState:
    """The state that a status means at this moment; one that we do not know is UNKNOWN."""
    status = record.status
    if status.startswith(_CANCELLED):
        return _S.CANCELLED
    job = parse_instant(record.scheduled_at)
    fresh = job is not None and now - job < QUEUED_FOR
    if status in _BEFORE_SENDING:
        begins = first_send(record)
        return _S.SUBMITTING if fresh or (begins and now < begins) else _S.SENDING
    if status == "Queued without Recipients":
        return _S.SUBMITTING if fresh else _S.SCHEDULED
    return STATES.get(status, _S.UNKNOWN)


def planned_instant(record: CampaignRecord) -> datetime | None:
    """When a campaign is planned to be sent; None for a draft that has no time."""
    planned = record.strategy.datetime if record.strategy else None
    return parse_instant(planned or record.send_time)


def first_send(record: CampaignRecord) -> datetime | None:
    """When the first recipient's mail is due; None for a draft that has no time."""
    planned = planned_instant(record)
    local = record.strategy and record.strategy.is_local
    return planned - EASTERNMOST if planned and local else planned


def remote_ref(record: CampaignRecord) -> RemoteRef:
    """Where a campaign is: its id and its message's."""
    return RemoteRef(PLATFORM, (("campaign", record.id), *(("message", id_) for id_ in record.message_ids)))


def missing(ref: RemoteRef) -> RemoteCampaign:
    """A campaign that a read by its id did not find."""
    return RemoteCampaign(ref, _S.MISSING, "Not found", url=campaign_url(ref.id("campaign") or ""))


def deleted(ref: RemoteRef) -> RemoteCampaign:
    """A campaign that we removed before it could be sent."""
    return RemoteCampaign(ref, _S.CANCELLED, DELETED)


def campaign_url(campaign_id: str) -> str:
    """A campaign's page in Klaviyo (operator's report, unverified)."""
    return f"https://www.klaviyo.com/campaign/{campaign_id}/wizard"


def _reason(status: str) -> str:
    return status.removeprefix(_CANCELLED).strip(": ") if status.startswith(_CANCELLED) else ""


def _wall(strategy: StrategyRecord | None) -> datetime | None:
    labelled = parse_instant(strategy.datetime) if strategy else None
    return labelled.replace(tzinfo=None) if labelled else None


# --- What we send ----------------------------------------------------------------------------------


def campaign_attributes(campaign: Campaign, name: str) -> dict[str, Any]:
    """The attributes of a new campaign, without its message.

    Smart Sending is always said, since Klaviyo turns it on where nothing is said (OpenAPI document of
    2026-07-15). ``tracking_options`` are left out only where the account's own habit is wanted.
    """
    attributes: dict[str, Any] = {
        "name": name,
        "audiences": {
            "included": [audience.id for audience in campaign.included],
            "excluded": [audience.id for audience in campaign.excluded],
        },
        "send_strategy": send_strategy(campaign.schedule),
        "send_options": {"use_smart_sending": campaign.options.smart_sending},
    }
    if campaign.options.utm is not Utm.ACCOUNT:
        attributes["tracking_options"] = _tracking(campaign.options.utm, clean_name(name))
    return attributes


def message_definition(campaign: Campaign, name: str) -> dict[str, Any]:
    """The one message of a new campaign; its HTML comes later, as a template."""
    return {
        "channel": "email",
        "label": clean_name(name),
        "content": {
            "subject": campaign.subject,
            "preview_text": campaign.preheader,
            "from_email": campaign.sender.email,
            "from_label": campaign.sender.name,
            "reply_to_email": campaign.sender.reply_to,
        },
    }


def send_strategy(schedule: Schedule) -> dict[str, Any]:
    """One instant in UTC, or everybody's own wall time, which Klaviyo wants labelled as UTC.

    ``send_past_recipients_immediately`` beside ``is_local: false`` is a 400 (operator's report, unverified);
    when it is true the time cannot be changed later (Klaviyo's help centre), so it never is.
    """
    if isinstance(schedule, SendAt):
        return _static(schedule.instant.astimezone(UTC), {"is_local": False})
    options = {"is_local": True, "send_past_recipients_immediately": False}
    return _static(schedule.wall.replace(tzinfo=UTC), options)


def strategy_again(strategy: StrategyRecord) -> dict[str, Any] | None:
    """The body that puts an earlier strategy back; None for one that we would not have sent."""
    planned = parse_instant(strategy.datetime)
    if strategy.method != "static" or planned is None:
        return None
    options = {"is_local": bool(strategy.is_local)}
    if strategy.is_local:
        options["send_past_recipients_immediately"] = bool(strategy.send_past_recipients_immediately)
    return _static(planned, options)


def _static(planned: datetime, options: dict[str, bool]) -> dict[str, Any]:
    return {
        "method": "static",
        "datetime": planned.replace(microsecond=0).isoformat(),
        "options": options,
    }


def _tracking(utm: Utm, campaign: str) -> dict[str, Any]:
    """Static parameters, so that the marker in the name never reaches links or analytics."""
    if utm is Utm.OFF:
        return {"add_tracking_params": False}
    values = (("utm_source", UTM_SOURCE), ("utm_medium", UTM_MEDIUM), ("utm_campaign", campaign))
    return {
        "add_tracking_params": True,
        "custom_tracking_params": [
            {"type": "static", "name": name, "value": value} for name, value in values
        ],
    }


# --- Whether they agree ----------------------------------------------------------------------------


def follows(strategy: StrategyRecord | None, wanted: Mapping[str, Any]) -> bool:
    """Whether a strategy that Klaviyo shows is the one that was asked for (see :func:`send_strategy`)."""
    if strategy is None or strategy.method != wanted["method"]:
        return False
    shown, asked = parse_instant(strategy.datetime), parse_instant(wanted["datetime"])
    options = wanted["options"]
    return (
        shown is not None
        and asked is not None
        and same_second(shown, asked)
        and bool(strategy.is_local) == options["is_local"]
        and bool(strategy.send_past_recipients_immediately)
        == options.get("send_past_recipients_immediately", False)
    )


def differences(record: CampaignRecord, campaign: Campaign) -> tuple[str, ...]:
    """What of a draft, read with its message, is not as the campaign wants it; the words are for people.

    The label is not compared: a new name overwrites it (Klaviyo's recorded answers).
    """
    message = record.messages[0] if record.messages else None
    checks = (
        ("send time", follows(record.strategy, send_strategy(campaign.schedule))),
        ("audience", set(record.included) == {audience.id for audience in campaign.included}),
        ("excluded audience", set(record.excluded) == {audience.id for audience in campaign.excluded}),
        ("Smart Sending", record.use_smart_sending is campaign.options.smart_sending),
        *(_content_checks(message, campaign) if message else (("message", False),)),
    )
    return tuple(words for words, agrees in checks if not agrees)


def _content_checks(message: MessageRecord, campaign: Campaign) -> Iterable[tuple[str, bool]]:
    sender = campaign.sender
    answers_to = {sender.reply_to} if sender.reply_to else {None, "", sender.email}
    return (
        ("sender address", message.from_email == sender.email),
        ("sender name", message.from_label == sender.name),
        ("reply-to address", message.reply_to_email in answers_to),
        ("subject", message.subject == campaign.subject),
        ("preheader", (message.preview_text or "") == (campaign.preheader or "")),
    )
