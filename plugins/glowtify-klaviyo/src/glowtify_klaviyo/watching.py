"""Reading campaigns, and waiting until they show what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from glowtify_core.domain.errors import (
    Effect,
    OutcomeUnknown,
    RemoteNotFound,
    StateConflict,
)
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.kit.effects import leaving
from glowtify_core.kit.http import Ready, always
from glowtify_core.ports.clock import Clock
from glowtify_klaviyo.client import KlaviyoClient
from glowtify_klaviyo.mapping import DRAFT, PLATFORM, remote_campaign
from glowtify_klaviyo.records import CampaignRecord

AT_ONCE = (0.0, 2.0, 3.0, 5.0, 10.0)
"""Pauses in seconds before reads of what shows at once as a rule: at 0, 2, 5, 10 and 20 s."""

AFTER_SENDING = AT_ONCE[1:]
"""The same without the first read: a send job needs a moment."""

FOR_A_MINUTE = (*AT_ONCE, 20.0, 20.0)
"""Reads at 0, 2, 5, 10, 20, 40 and 60 s."""

SETTLE = timedelta(seconds=10)
"""How long Klaviyo may take to show what was made, where the settings say nothing else.

A new campaign was found by its name within 6 s (Klaviyo's recorded answers).
"""

SURE_AFTER = 2.0
"""Seconds between the two reads that have to say that a campaign is gone."""

Seen = CampaignRecord | None
"""A campaign as read; None when reads by its id answered 404."""


class Watcher:
    """Reads single campaigns of one account. A campaign that is gone is None, not an error."""

    def __init__(self, client: KlaviyoClient, clock: Clock, settle: timedelta = SETTLE) -> None:
        self.client = client
        self.clock = clock
        self.settle = settle

    def now(self) -> datetime:
        """The time of day: the later of our clock and what Klaviyo's last answer said."""
        return max(self.clock.now(), self.client.last_date or self.clock.now())

    def read(self, campaign_id: str, *, messages: bool = False) -> Seen:
        """One campaign, or None when there is none."""
        try:
            return self.client.get_campaign(campaign_id, messages=messages)
        except RemoteNotFound:
            return None

    def look(self, campaign_id: str, *, messages: bool = False) -> Seen:
        """The same, where "gone" is for good: believed only when a second read says so too."""
        seen = self.read(campaign_id, messages=messages)
        if seen is None:
            self.clock.sleep(SURE_AFTER)
            seen = self.read(campaign_id, messages=messages)
        return seen

    def glance(self, campaign_id: str) -> Seen:
        """The same by way of the collection; what that does not show is looked for.

        It has a pace of its own: many campaigns that are published at once would wait for reads by id, of
        which each has had one before its send job. Only for what was never past Draft before: a collection
        may be behind, and then show the time before a move.
        """
        return next(iter(self.client.campaigns(ids=[campaign_id])), None) or self.look(campaign_id)

    def wait(
        self,
        campaign_id: str,
        until: Callable[[Seen], bool],
        pauses: Sequence[float],
        *,
        read: Callable[[str], Seen] | None = None,
    ) -> Seen:
        """Look, or ``read``, until a condition holds or the pauses are used up; what was seen last."""
        seen: Seen = None
        for pause in pauses:
            self.clock.sleep(pause)
            seen = (read or self.look)(campaign_id)
            if until(seen):
                break
        return seen

    def remote(self, record: CampaignRecord, ref: RemoteRef | None = None) -> RemoteCampaign:
        """What a record says at this moment."""
        return remote_campaign(record, now=self.now(), ref=ref)

    def discard(self, campaign_id: str, *, ready: Ready = always) -> None:
        """Remove a draft and read that it is gone; nothing happens when it is gone already.

        It is deleted only after a read that shows a draft: what Klaviyo does to another is unknown.

        Args:
            campaign_id: which.
            ready: looked at right before the request leaves.

        Raises:
            StateConflict: it is no draft.
            OutcomeUnknown: it is still there.
        """
        record = self.look(campaign_id)
        if record is None:
            return
        if record.status != DRAFT:
            raise StateConflict(
                "Only a draft can be removed",
                effect=Effect.NONE,
                detail=f"Klaviyo shows it as {record.status!r}.",
                remedy="Cancel it first.",
            )
        try:
            self.client.delete_campaign(campaign_id, ready=ready)
            gone = self.read
        except RemoteNotFound:
            gone = self.look
        with leaving(Effect.PARTIAL):
            for pause in AT_ONCE:
                self.clock.sleep(pause)
                if gone(campaign_id) is None:
                    return
        raise OutcomeUnknown(
            "The draft is still there",
            effect=Effect.UNKNOWN,
            remedy="Run `glowtify repair` in a minute; it looks again.",
        )


def ref_of(campaign_id: str) -> RemoteRef:
    """A campaign of which only the id is known."""
    return RemoteRef(PLATFORM, (("campaign", campaign_id),))
