"""Records to store: small ones, and ones that have something uncommon in every field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from glowtify_core.domain.audience import AudienceKind, AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey, Options, Sender, Utm
from glowtify_core.domain.connection import AccountInfo, Connection, ConnectionState
from glowtify_core.domain.errors import Effect
from glowtify_core.domain.publication import (
    CancelledBy,
    Operation,
    OperationKind,
    Problem,
    Publication,
    open_publication,
)
from glowtify_core.domain.remote import Drift, RemoteCampaign, RemoteRef
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime
from glowtify_core.domain.state import PublicationState

ODD = "Ünï «çødé» 🌷 Ключ 鍵 'single' \"double\" back\\slash 100 % _ ; -- {} ${HOME} &amp; <b>"
"""Characters that storage likes to spoil."""
LONG = ODD * 1000
"""More than a short column holds."""

KEY = CampaignKey("default", "spring")
OPENED = datetime(2026, 12, 1, 8, 0, 0, 123456, tzinfo=UTC)
NEWFOUNDLAND = timezone(timedelta(hours=-3, minutes=-30))
WALL = datetime(2027, 3, 1, 9, 0)  # noqa: DTZ001 - a wall time


def campaign_for(key: CampaignKey = KEY, *, connector: str = "acme", **changes: Any) -> Campaign:
    """A small campaign."""
    plain = Campaign(
        key=key,
        connector=connector,
        name="Spring",
        subject="Spring is here",
        sender=Sender("shop@example.com", "The Shop"),
        html="<p>Hello</p>",
        include=(AudienceRef("LIST01"),),
        schedule=SendAt.at(WALL, "America/Toronto"),
    )
    return replace(plain, **changes)


def opened(campaign: Campaign, **changes: Any) -> Publication:
    """A new publication of a campaign, which is open."""
    return replace(open_publication(campaign, account_id="ACC001", now=OPENED), **changes)


def ended(publication: Publication, state: PublicationState = PublicationState.FAILED) -> Publication:
    """The same, closed."""
    return publication.finish(OPENED).moved_to(state)


FULL_CAMPAIGN = campaign_for(
    name=ODD,
    subject=f"{ODD} subject",
    sender=Sender("grüße@example.com", ODD, reply_to="answers@example.com"),
    html=f"<html>\r\n\t<body>{LONG}</body>\n</html>",
    include=(
        AudienceRef("SEGM01", AudienceKind.SEGMENT, "LIST01", ODD, by_name=True, by_kind=True),
        AudienceRef("LIST01", AudienceKind.LIST),
    ),
    exclude=(AudienceRef("LIST02"),),
    preheader=f"{ODD} preheader",
    text=f"{LONG}\n",
    language="fr-CA",
    options=Options(smart_sending=False, utm=Utm.ACCOUNT),
    platform_options={"acme": {"nested": {"list": [1, 2.5, None, True, ODD]}}},
)
"""A campaign with something in every field."""

FULL_PUBLICATION = replace(
    opened(FULL_CAMPAIGN),
    name=ODD,
    state=PublicationState.CANCELLED,
    operations=(
        Operation("publish", OperationKind.PUBLISH, OPENED, closed_at=OPENED + timedelta(minutes=1)),
        Operation(
            "reschedule-1",
            OperationKind.RESCHEDULE,
            OPENED.astimezone(NEWFOUNDLAND),
            schedule=SendAtRecipientTime(WALL),
            closed_at=OPENED + timedelta(hours=1),
        ),
        Operation(
            "cancel-1",
            OperationKind.CANCEL,
            OPENED,
            schedule=SendAt.at(WALL, "Asia/Kolkata"),
            stop_sending=True,
        ),
    ),
    remote=RemoteCampaign(
        ref=RemoteRef("acme", (("campaign", "01K"), ("message", ODD))),
        state=PublicationState.CANCELLED,
        raw_state="Cancelled: No Recipients",
        name=ODD,
        created_at=OPENED,
        scheduled_for=OPENED + timedelta(days=90),
        recipient_wall=WALL,
        sent_at=(OPENED + timedelta(days=90)).astimezone(NEWFOUNDLAND),
        reason="No Recipients",
        advice=ODD,
        partly_sent=True,
        included=frozenset({"LIST01", "SEGM01"}),
        excluded=frozenset(),
        subject=ODD,
        sender_email="grüße@example.com",
        url="https://app.example.com/campaign/01K?tab=overview#top",
        unfinished=True,
        content="abc123",
    ),
    cancelled_by=CancelledBy.PLATFORM,
    drift=frozenset(Drift),
    attention=LONG,
    problem=Problem("Sender not authorized", "sender", ODD, LONG, Effect.PARTIAL),
    attempts=3,
    checked_at=OPENED + timedelta(microseconds=1),
)
"""A publication with something in every field."""

BARE_CONNECTION = Connection(
    "default", "acme", ConnectionState.CONNECTED, AccountInfo("ACC001", "The Shop", "UTC", "EUR")
)
FULL_CONNECTION = Connection(
    store="default",
    connector="acme",
    state=ConnectionState.PARTIALLY_CONNECTED,
    account=AccountInfo(
        id="ACC001",
        name=ODD,
        zone="America/Toronto",
        currency="CAD",
        locale="en-CA",
        sender_name=ODD,
        sender_email="grüße@example.com",
        granted=frozenset({"campaigns:read", "campaigns:write"}),
        missing=frozenset({"metrics:read"}),
        not_proven=frozenset({"templates:write"}),
        notes=("Create a list first", ODD),
        test_account=False,
    ),
    settings={"base_url": "http://127.0.0.1:1234", "nested": {"list": [1, 2.5, None, True, ODD]}},
    problem=LONG,
    remedy=ODD,
    checked_at=OPENED.astimezone(NEWFOUNDLAND),
)
"""A connection with something in every field."""
