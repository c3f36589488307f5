"""The one step that can send mail: the send job. Its id is the campaign's, so it cannot send another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from glowtify_core.domain.errors import (
    Effect,
    OutcomeUnknown,
    PermissionDenied,
    PlatformError,
    RemoteNotFound,
    RequestRejected,
    StateConflict,
)
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import Step, StepKind
from glowtify_klaviyo.mapping import DRAFT
from glowtify_klaviyo.records import CampaignRecord
from glowtify_klaviyo.watching import AT_ONCE, Seen, Watcher

SEND = "send"

LEAD = timedelta(minutes=5)
"""How far ahead a time must be at the send job; what Klaviyo does with a past one is not documented."""

REFUSALS = (RequestRejected, StateConflict, RemoteNotFound, PermissionDenied)
"""What a 4xx that Klaviyo meant becomes."""

Accepted = Callable[[CampaignRecord, datetime], bool]
"""Whether a campaign that is no draft shows that the job made since that time was taken."""


def send_step(watcher: Watcher, campaign_id: str, accepted: Accepted, *, name: str = SEND) -> Step:
    """The commit: a send job, kept from being made twice by reading the campaign.

    What a second send job does is not documented; after a revert one does schedule again (operator's report,
    unverified), so a late one could too. It is made again only while the campaign is a draft.
    """

    def taken(since: datetime) -> str | None:
        record = watcher.read(campaign_id)
        if record is None or record.status == DRAFT:
            return None
        state = watcher.remote(record).state
        if state is PublicationState.UNKNOWN:
            raise OutcomeUnknown(
                "Klaviyo does not say what became of the e-mail",
                effect=Effect.UNKNOWN,
                detail=f"Its status is {record.status!r}.",
                remedy="Run `glowtify repair` in a minute; it looks again.",
            )
        over = state is PublicationState.CANCELLED  # a cancelled campaign takes no job any more
        return campaign_id if over or accepted(record, since) else None

    def send() -> str:
        begun = watcher.now()
        try:
            watcher.client.create_send_job(campaign_id)
        except REFUSALS as refused:
            if not taken_all_the_same(refused, begun):
                raise
        return campaign_id

    def taken_all_the_same(refused: PlatformError, begun: datetime) -> bool:
        """Whether the campaign shows the job in spite of the refusal; in doubt when it cannot be read.

        A conflict may come of an earlier job of ours whose answer was lost, so it is given time to show.
        """
        try:
            if isinstance(refused, StateConflict):
                watcher.wait(campaign_id, no_draft, AT_ONCE)
            return taken(begun) is not None
        except PlatformError:
            raise refused.having(effect=Effect.UNKNOWN) from None

    return Step(name, StepKind.COMMIT, send, find=taken, keyed=True)


def no_draft(seen: Seen) -> bool:
    """Whether a campaign has left Draft, or is gone."""
    return seen is None or seen.status != DRAFT


def settled(watcher: Watcher) -> Callable[[Seen], bool]:
    """Whether a campaign has got where a send job takes it, or is gone."""
    on_its_way = {PublicationState.STAGED, PublicationState.SUBMITTING, PublicationState.UNKNOWN}
    return lambda seen: seen is None or watcher.remote(seen).state not in on_its_way
