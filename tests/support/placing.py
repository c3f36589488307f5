"""Campaigns put into a store as they would stand after a while, without any platform."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from waiting import until

from glowtify_adapters.app import App
from glowtify_core.application.attention import noticed
from glowtify_core.domain.audience import AudienceKind, AudienceName, AudienceRef
from glowtify_core.domain.campaign import Campaign, CampaignKey, Sender
from glowtify_core.domain.publication import OperationKind, Publication, open_publication
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef, remote_name
from glowtify_core.domain.schedule import Schedule, SendAt, SendAtRecipientTime
from glowtify_core.domain.state import PublicationState

ZONE = "Europe/Berlin"
"""The sandbox's account's."""

_numbers = itertools.count(1)


def at(text: str, zone: str = ZONE) -> SendAt:
    """``2031-01-15T09:00`` in a zone."""
    return SendAt.at(datetime.fromisoformat(text), zone)


def by_recipients(text: str) -> SendAtRecipientTime:
    """The same by each recipient's own clock."""
    return SendAtRecipientTime.at(datetime.fromisoformat(text))


def place(
    app: App,
    campaign_id: str,
    schedule: Schedule,
    state: PublicationState = PublicationState.SCHEDULED,
    *,
    begun: OperationKind | None = None,
    looked: datetime | None = None,
    remote: dict[str, Any] | None = None,
    **changes: Any,
) -> Publication:
    """A campaign of the store ``default``, published through the connected account.

    Args:
        begun: an operation that is open.
        looked: when its platform was asked, by which it may be overdue; None: well before its time.
        remote: what the platform says, beside its name and its time.
        changes: of the publication.
    """
    connection = app.connections.repo.get("default", "klaviyo")
    campaign = Campaign(
        key=CampaignKey("default", campaign_id),
        connector=changes.pop("connector", "klaviyo"),
        name=changes.pop("name", campaign_id.replace("-", " ").capitalize()),
        subject="Everything must go",
        sender=Sender("shop@example.com", "Example Shop"),
        html="<html><body><p>Hello</p></body></html>",
        include=(AudienceRef("LIST01", AudienceKind.LIST, name_seen="Newsletter"),),
        exclude=(AudienceRef("SEGM01"),),
        schedule=schedule,
    )
    now = looked or schedule.latest_instant("UTC") - timedelta(days=400)
    account = connection.account.id if connection else "ACC001"
    opened = open_publication(campaign, account_id=account, now=now).finish(now)
    said = RemoteCampaign(
        RemoteRef("klaviyo", (("campaign", f"01K{next(_numbers):08}"),)),
        state,
        state.value,
        name=remote_name(campaign.name, opened.marker),
        scheduled_for=getattr(schedule, "instant", None),
        recipient_wall=None if isinstance(schedule, SendAt) else schedule.wall,
        url="https://www.klaviyo.com/campaign/1",
    )
    publication = replace(
        opened, state=state, checked_at=now, remote=replace(said, **(remote or {})), **changes
    )
    if begun:
        publication = publication.begin(begun, now, schedule=schedule)
    publication = noticed(publication, now)
    claim = app.campaigns.repo.claim(campaign.key)
    assert claim
    try:
        claim.add(publication, campaign)
    finally:
        claim.release()
    return publication


def hand_over(app: App, schedule: Schedule) -> Publication:
    """The campaign ``winter-sale``, really handed over to the sandbox."""
    campaign = Campaign(
        key=CampaignKey("default", "winter-sale"),
        connector="klaviyo",
        name="Winter sale",
        subject="Everything must go",
        sender=Sender("shop@example.com", "Example Shop"),
        html="<html><body><p>Hello {% unsubscribe %}</p></body></html>",
        include=(AudienceName("Newsletter"),),
        schedule=schedule,
    )
    return app.campaigns.publish(campaign).publication


def latest(app: App, campaign_id: str = "winter-sale") -> Publication:
    """How a campaign stands."""
    return app.campaigns.latest("default", [campaign_id])[0]


def when_done(web: Starlette, app: App) -> Publication:
    """How ``winter-sale`` stands once nobody works on it any more."""

    def done() -> bool:
        watched = web.state.progress.of(latest(app).id)
        return watched is not None and watched.done

    until(done)
    return latest(app)


def utc(text: str) -> datetime:
    """``2031-01-15T09:00`` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
