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
from glowtify_core.ports.campaigns import Journal, Step, StepKind
from glowtify_klaviyo.mapping import DRAFT
from glowtify_klaviyo.records import CampaignRecord
from glowtify_klaviyo.watching import AFTER_SENDING, AT_ONCE, Seen, Watcher

SEND = "send"

LEAD = timedelta(minutes=5)
"""How far ahead a time must be when a send job is about to be made.

What Klaviyo does with a past one is not documented. The clock is looked at right before the request leaves,
after all waiting: only a process that is stopped for these minutes just then could be late.
"""

REFUSALS = (RequestRejected, StateConflict, RemoteNotFound, PermissionDenied)
"""What a 4xx that Klaviyo meant becomes."""

Accepted = Callable[[CampaignRecord, datetime], bool]
"""Whether a campaign that is no draft shows that the job made since that time was taken."""


class TooLate(RequestRejected):
    """The time is past, or less than :data:`LEAD` ahead: no send job was made."""


class SendJob:
    """One campaign's send job, kept from being made twice by reading the campaign, and from being made late.

    What a second send job does is not documented; after a revert one does schedule again (operator's report,
    unverified), so a late one could too. It is made again only while the campaign is a draft.

    Args:
        watcher: reads campaigns.
        journal: whose claim has to stand when the request leaves.
        campaign_id: which campaign.
        due: when it is to be sent; from :data:`LEAD` before it on the step raises :class:`TooLate`.
        accepted: tells whether a campaign shows the job.
    """

    def __init__(
        self, watcher: Watcher, journal: Journal, campaign_id: str, due: datetime, accepted: Accepted
    ) -> None:
        self._watcher = watcher
        self._journal = journal
        self._campaign_id = campaign_id
        self._due = due
        self._accepted = accepted

    def step(self, name: str = SEND) -> Step:
        """The commit."""
        return Step(name, StepKind.COMMIT, self._make, find=self._taken, keyed=True)

    def _make(self) -> str:
        begun = self._watcher.now()
        try:
            self._watcher.client.create_send_job(self._campaign_id, ready=self._check)
        except TooLate:
            raise
        except REFUSALS as refused:
            if not self._taken_all_the_same(refused, begun):
                raise
        return self._campaign_id

    def _check(self) -> None:
        """Claim and time, looked at right before the request leaves."""
        self._journal.check()
        if self._due < self._watcher.now() + LEAD:
            raise too_late(self._due)

    def _taken(self, since: datetime) -> str | None:
        record = self._watcher.read(self._campaign_id)
        if record is None or record.status == DRAFT:
            return None
        state = self._watcher.remote(record).state
        over = state is PublicationState.CANCELLED  # a cancelled campaign takes no job any more
        if over or (state is not PublicationState.UNKNOWN and self._accepted(record, since)):
            return self._campaign_id
        raise OutcomeUnknown(
            "Klaviyo does not say what became of the e-mail",
            effect=Effect.UNKNOWN,
            detail=f"Its status is {record.status!r}.",
            remedy="Run `glowtify repair` in a minute; it looks again.",
        )

    def _taken_all_the_same(self, refused: PlatformError, begun: datetime) -> bool:
        """Whether the campaign shows the job in spite of the refusal; in doubt when it cannot be read.

        A conflict may come of an earlier job of ours whose answer was lost, so it is given time to show.
        """
        try:
            if isinstance(refused, StateConflict):
                self._watcher.wait(self._campaign_id, no_draft, AT_ONCE)
            return self._taken(begun) is not None
        except PlatformError:
            raise refused.having(effect=Effect.UNKNOWN) from None


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


def confirm(watcher: Watcher, campaign_id: str, *, read: Callable[[str], Seen] | None = None) -> Seen:
    """What Klaviyo shows within 20 s of a send job, or within 60 s while that still is a draft.

    A draft after that proves nothing: the job was taken, and may still show.
    """
    seen = watcher.wait(campaign_id, settled(watcher), AFTER_SENDING, read=read)
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
