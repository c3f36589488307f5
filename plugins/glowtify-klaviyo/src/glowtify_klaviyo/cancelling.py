"""Taking a campaign back: cancelled for good, removed while it is a draft, or kept as a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from glowtify_core.domain.errors import Effect, OutcomeUnknown, StateConflict
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.domain.state import PublicationState
from glowtify_core.kit.effects import leaving
from glowtify_core.ports.campaigns import Journal, Step, StepKind, StepRecord
from glowtify_core.ports.platform import CancelMode
from glowtify_klaviyo.mapping import DRAFT, PLATFORM, campaign_url, deleted
from glowtify_klaviyo.ours import (
    CAMPAIGN,
    CLONE,
    REMOVE_TEMPLATE,
    TEMPLATE,
    made_since,
    marked_campaigns,
    without_templates,
)
from glowtify_klaviyo.records import CampaignRecord
from glowtify_klaviyo.reverting import act, not_taken, revert, sent_already, undecided
from glowtify_klaviyo.watching import FOR_A_MINUTE, Seen, Watcher, ref_of

REMOVE = "remove"
"""The step that deletes a draft."""

_S = PublicationState


class Cancelling:
    """Takes back whatever a publication has begun; :meth:`run` may be called again after a crash.

    Args:
        watcher: reads campaigns.
        journal: tells what was begun; every write goes through it.
        mode: how far to go.
    """

    def __init__(self, watcher: Watcher, journal: Journal, mode: CancelMode) -> None:
        self._watcher = watcher
        self._journal = journal
        self._mode = mode

    def run(self, ref: RemoteRef | None) -> RemoteCampaign:
        """Take it back; what Klaviyo says of it then."""
        recorded = [step.remote_id for step in self._journal.steps(CAMPAIGN) if step.remote_id]
        campaign_id = (ref.id("campaign") if ref else None) or next(iter(recorded), None)
        try:
            if campaign_id:
                remote = self._take_back(campaign_id, ref or ref_of(campaign_id))
            else:
                remote = self._take_back_lost(ref or RemoteRef(PLATFORM, ()))
        except StateConflict:  # it goes out, or has gone out, from its own copy
            self._without_templates(deleted(ref or RemoteRef(PLATFORM, ())))
            raise
        return self._without_templates(remote)

    def _take_back(self, campaign_id: str, ref: RemoteRef) -> RemoteCampaign:
        record = self._read(campaign_id)
        if record is None:
            return deleted(ref)
        state = self._watcher.remote(record).state
        if state is _S.CANCELLED:
            return self._watcher.remote(record, ref)
        if state is _S.SENT or (state is _S.SENDING and self._mode is not CancelMode.STOP_SENDING):
            raise sent_already(record)
        if self._mode is CancelMode.KEEP_DRAFT:
            draft = revert(self._watcher, self._journal, record)
            return self._watcher.remote(draft, ref) if draft else deleted(ref)
        if record.status == DRAFT:
            return self._remove_draft(campaign_id, ref)
        return self._cancel(record, ref)

    def _read(self, campaign_id: str) -> Seen:
        """The campaign; where a draft is to be kept, only after a send job on its way had time to show."""
        if self._mode is CancelMode.KEEP_DRAFT and any(step.remote_id is None for step in self._commits):
            self._settle(self._commits)
        return self._watcher.look(campaign_id)

    def _cancel(self, record: CampaignRecord, ref: RemoteRef) -> RemoteCampaign:
        """Klaviyo's ``cancel``, which is for good; confirmed by reading."""
        refused = act(self._watcher, self._journal, record.id, "cancel", self._over)
        with leaving(Effect.NONE if refused else Effect.PARTIAL):
            seen = self._watcher.wait(record.id, self._over, (0.0,) if refused else FOR_A_MINUTE)
        if seen is None:
            return deleted(ref)
        remote = self._watcher.remote(seen, ref)
        if remote.state is _S.CANCELLED:
            began = self._watcher.remote(record).state is _S.SENDING
            return replace(remote, partly_sent=remote.partly_sent or began)
        if seen.status == DRAFT:  # taken back in Klaviyo meanwhile
            return self._remove_draft(record.id, ref)
        if remote.state is _S.SENT:
            raise sent_already(seen)
        if refused:
            raise not_taken(seen, refused, "Klaviyo refused to cancel it")
        raise undecided(seen)

    def _ended(self, seen: Seen) -> bool:
        return seen is None or self._watcher.remote(seen).state is _S.CANCELLED

    def _over(self, seen: Seen) -> bool:
        return seen is None or self._watcher.remote(seen).state in {_S.CANCELLED, _S.STAGED, _S.SENT}

    def _remove_draft(self, campaign_id: str, ref: RemoteRef) -> RemoteCampaign:
        """Delete a draft.

        Where a send job was begun it may still be on its way: the campaign is cancelled first, as far as
        Klaviyo allows that, and only a read after the settle time decides.
        """
        if self._commits:
            act(self._watcher, self._journal, campaign_id, "cancel", self._ended)
        try:
            self._discard(campaign_id)
        except StateConflict:  # it left Draft just now
            return self._take_back(campaign_id, ref)
        if self._commits:
            self._settle(self._commits)
            if seen := self._watcher.read(campaign_id):
                raise undecided(seen)
        return deleted(ref)

    def _discard(self, campaign_id: str) -> None:
        def discard() -> str:
            self._watcher.discard(campaign_id, ready=self._journal.check)
            return campaign_id

        self._journal.forget(REMOVE)
        self._journal.run(Step(REMOVE, StepKind.REPEATABLE, discard))

    # --- what was begun and never recorded ---

    def _take_back_lost(self, ref: RemoteRef) -> RemoteCampaign:
        """Take back what a create whose answer was lost may have made: wait, look, remove, look again.

        Nothing of it was sent by us, so whatever is past Draft was scheduled by somebody else, and is left.
        """
        begun = self._journal.steps(CAMPAIGN)
        if not begun:
            return deleted(ref)
        self._settle(begun)
        since = min(step.since for step in begun)
        remote = deleted(ref)
        for _ in range(2):
            for record in marked_campaigns(self._watcher.client, self._journal.marker):
                if record.name.startswith(CLONE) or not made_since(record, since):
                    continue
                if record.status != DRAFT and self._watcher.remote(record).state is not _S.CANCELLED:
                    raise _of_somebody(record)
                remote = self._take_back(record.id, ref_of(record.id))
        return remote

    def _without_templates(self, remote: RemoteCampaign) -> RemoteCampaign:
        """The same after every template was removed that the publication made and has not removed yet."""
        stored = self._journal.steps(TEMPLATE)
        if not stored or any(step.remote_id for step in self._journal.steps(REMOVE_TEMPLATE)):
            return remote
        return without_templates(
            remote,
            [step.remote_id for step in stored if step.remote_id],
            lost=any(step.remote_id is None for step in stored),
            client=self._watcher.client,
            journal=self._journal,
        )

    # --- what the journal says ---

    @property
    def _commits(self) -> Sequence[StepRecord]:
        return [step for step in self._journal.steps() if step.kind is StepKind.COMMIT]

    def _settle(self, begun: Sequence[StepRecord]) -> None:
        """Give what was begun last the time to show."""
        left = self._watcher.settle - min(step.age for step in begun)
        self._watcher.clock.sleep(max(0.0, left.total_seconds()))


def _of_somebody(record: CampaignRecord) -> OutcomeUnknown:
    return OutcomeUnknown(
        "A campaign that carries our marker was scheduled by somebody else",
        effect=Effect.UNKNOWN,
        detail=f"{record.name!r} is {record.status!r}.",
        remedy=f"Look at it in Klaviyo: {campaign_url(record.id)}",
    )
