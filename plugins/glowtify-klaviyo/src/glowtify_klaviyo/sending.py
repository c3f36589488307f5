"""The one step that can send mail: the send job. Its id is the campaign's, so it cannot send another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from glowtify_core.domain.errors import (
    Effect,
    OutcomeUnknown,
    PermissionDenied,
    PlatformError,
    RemoteNotFound,
    RequestRejected,
    StateConflict,
)
from glowtify_core.domain.schedule import IN_THE_PAST
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import Step, StepKind
from glowtify_klaviyo.mapping import DRAFT
from glowtify_klaviyo.records import CampaignRecord
from glowtify_klaviyo.watching import AFTER_SENDING, AT_ONCE, Seen, Watcher

SEND = "send"

LEAD = timedelta(minutes=5)
"""How far ahead a time must be when a send job is about to be made.

What Klaviyo does with a past one is not documented. A call waits for its pace and for 429s up to 75 s in all
(:class:`~glowtify_core.kit.retry.RetryPolicy`), so the request leaves at least 3 min 45 s before the time,
and nothing is sent after a wait in which the machine slept. The one exception is a process that is stopped
for minutes between that look at the clock and the first byte.
"""

REFUSALS = (RequestRejected, StateConflict, RemoteNotFound, PermissionDenied)
"""What a 4xx that Klaviyo meant becomes."""

Accepted = Callable[[CampaignRecord, datetime], bool]
"""Whether a campaign that is no draft shows that the job made since that time was taken."""


class TooLate(RequestRejected):
    """The time is past, or less than :data:`LEAD` ahead: no send job was made."""


def send_step(
    watcher: Watcher, campaign_id: str, due: datetime, accepted: Accepted, *, name: str = SEND
) -> Step:
    """The commit: a send job, kept from being made twice by reading the campaign, and from being made late.

    What a second send job does is not documented; after a revert one does schedule again (operator's report,
    unverified), so a late one could too. It is made again only while the campaign is a draft. Every attempt
    looks at the time again: the step raises :class:`TooLate` from :data:`LEAD` before ``due`` on.
    """

    def taken(since: datetime) -> str | None:
        record = watcher.read(campaign_id)
        if record is None or record.status == DRAFT:
            return None
        state = watcher.remote(record).state
        over = state is PublicationState.CANCELLED  # a cancelled campaign takes no job any more
        if over or (state is not PublicationState.UNKNOWN and accepted(record, since)):
            return campaign_id
        raise OutcomeUnknown(
            "Klaviyo does not say what became of the e-mail",
            effect=Effect.UNKNOWN,
            detail=f"Its status is {record.status!r}.",
            remedy="Run `glowtify repair` in a minute; it looks again.",
        )

    def send() -> str:
        begun = watcher.now()
        _check_lead(due, begun)
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


def _check_lead(due: datetime, now: datetime) -> None:
    if due < now + LEAD:
        raise too_late(due)


def too_late(due: datetime) -> TooLate:
    """Why no send job is made any more."""
    return TooLate(
        IN_THE_PAST,
        code="schedule_in_past",
        effect=Effect.NONE,
        field="schedule.at",
        detail=f"{due.astimezone(UTC):%Y-%m-%d %H:%M} UTC is past, or less than 5 minutes ahead.",
        remedy="Choose a later date or time.",
    )


def confirm(watcher: Watcher, campaign_id: str) -> Seen:
    """What Klaviyo shows within 20 s of a send job, or within 60 s while that still is a draft.

    A draft after that proves nothing: the job was taken, and may still show.
    """
    seen = watcher.wait(campaign_id, settled(watcher), AFTER_SENDING)
    if seen and seen.status == DRAFT:
        seen = watcher.wait(campaign_id, no_draft, (20.0, 20.0))
    return seen


def no_draft(seen: Seen) -> bool:
    """Whether a campaign has left Draft, or is gone."""
    return seen is None or seen.status != DRAFT


def settled(watcher: Watcher) -> Callable[[Seen], bool]:
    """Whether a campaign has got where a send job takes it, or is gone."""
    on_its_way = {PublicationState.STAGED, PublicationState.SUBMITTING, PublicationState.UNKNOWN}
    return lambda seen: seen is None or watcher.remote(seen).state not in on_its_way
