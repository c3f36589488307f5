"""Moving a scheduled campaign: revert to a draft, change the time, read back, send again, confirm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.errors import Effect, Phase, PlatformError, RequestRejected, StateConflict
from glowtify_core.domain.remote import CLOCKS_APART, RemoteCampaign, RemoteRef
from glowtify_core.domain.state import PublicationState
from glowtify_core.kit.documents import parse_instant
from glowtify_core.kit.effects import leaving
from glowtify_core.ports.campaigns import Journal, Step, StepKind
from glowtify_klaviyo.mapping import (
    DRAFT,
    first_send,
    follows,
    missing,
    send_strategy,
    strategy_again,
)
from glowtify_klaviyo.records import CampaignRecord
from glowtify_klaviyo.reverting import OLD_TIME, revert, sent_already, undecided
from glowtify_klaviyo.sending import REFUSALS, SEND, SendJob, TooLate, confirm
from glowtify_klaviyo.watching import Seen, Watcher

NEW = "strategy"
OLD = "old_strategy"
SEND_OLD = "send_old"

TOO_CLOSE = timedelta(minutes=15)
"""From then on Klaviyo's app allows only cancelling and cloning (its help centre)."""

ON_ITS_WAY = timedelta(minutes=15)
"""How long a send job whose answer was lost may take to show before the e-mail is called unscheduled."""

TRIES = 3
"""How often a campaign that leaves Draft before its time is changed is taken back again."""

Strategy = Mapping[str, Any]
_S = PublicationState


class _TimeRefused(Exception):
    """The campaign is a draft, and Klaviyo or the clock does not allow the new time."""

    def __init__(self, why: PlatformError) -> None:
        super().__init__(why.title)
        self.why = why


class Rescheduling:
    """One campaign on its way to another time; :meth:`run` may be called again after a crash.

    Args:
        watcher: reads campaigns.
        campaign: with the new schedule.
        journal: every write goes through it.
        zone: the account's, which decides when a recipient-local time is past.
    """

    def __init__(self, watcher: Watcher, campaign: Campaign, journal: Journal, zone: str) -> None:
        self._watcher = watcher
        self._journal = journal
        self._wanted = send_strategy(campaign.schedule)
        self._due = campaign.schedule.latest_instant(zone)

    def run(self, ref: RemoteRef) -> RemoteCampaign:
        """Move it; what Klaviyo says of it then.

        Raises:
            RequestRejected: and other refusals. Of the new time or its send job: without effect where the old
                time was put back, partly done where the campaign is left an unscheduled draft.
            OutcomeUnknown: a send job was taken and shows nothing, or an action does not show.
        """
        record = self._watcher.look(ref.id("campaign") or "")
        if record is None:
            return missing(ref)
        if record.status != DRAFT and follows(record.strategy, self._wanted):
            return self._confirm(record.id, ref)  # moved already, or on its way there
        if record.status != DRAFT:
            self._refuse_too_late(record)
        old = self._old_time(record)
        try:
            draft = self._change_time(record)
            if draft is None:
                return missing(ref)
            self._commit(draft.id, self._wanted, self._due, SEND)
        except _TimeRefused as refused:
            return self._put_back(record.id, ref, old, refused.why)
        return self._confirm(record.id, ref)

    def _old_time(self, record: CampaignRecord) -> Strategy | None:
        """The strategy to put back when the new one is refused; None for what was a draft all along.

        Of a draft the journal knows it, where this or an earlier operation broke off after its revert.
        """
        if record.status != DRAFT:
            self._remember(strategy_again(record.strategy) if record.strategy else None)
        written = [step.remote_id for step in self._journal.steps(OLD_TIME) if step.remote_id]
        old: Strategy | None = json.loads(written[-1]) if written else None
        return old

    def _remember(self, old: Strategy | None) -> None:
        """Write down what is to be put back; None once nothing is."""
        self._journal.forget(OLD_TIME)
        self._journal.run(Step(OLD_TIME, StepKind.REPEATABLE, lambda: json.dumps(old)))

    def _refuse_too_late(self, record: CampaignRecord) -> None:
        """Leave alone what is sent, being sent, cancelled, or about to be sent."""
        state = self._watcher.remote(record).state
        if state in {_S.SENT, _S.SENDING}:
            raise sent_already(record)
        if state is _S.CANCELLED:
            raise StateConflict(
                "This e-mail was cancelled, which is for good",
                effect=Effect.NONE,
                detail=f"Klaviyo shows it as {record.status!r}.",
                remedy="Publish it again with --again.",
            )
        begins = first_send(record)
        if begins and begins - self._watcher.now() < TOO_CLOSE:
            raise StateConflict(
                "It is too late to move this e-mail",
                code="too_close",
                effect=Effect.NONE,
                detail="It is sent within 15 minutes; it is still scheduled at the old time.",
                remedy="Cancel it if it must not go out.",
            )

    def _change_time(self, record: CampaignRecord) -> Seen:
        """A draft with the new time, as read back; None when it is gone."""
        seen: Seen = record
        for _ in range(TRIES):
            seen = self._revert(seen) if seen else None
            if seen is None or follows(seen.strategy, self._wanted):
                return seen
            with leaving(Effect.PARTIAL):
                refused = self._set_time(seen.id, self._wanted, NEW)
                seen = self._watcher.look(seen.id)
            if seen is None or (seen.status == DRAFT and follows(seen.strategy, self._wanted)):
                return seen
            if seen.status == DRAFT:
                raise _TimeRefused(refused or _ignored())
        raise undecided(seen)

    def _revert(self, record: CampaignRecord) -> Seen:
        """A draft. The jobs that led past Draft are forgotten before, so that no crash hides a new one."""
        if record.status != DRAFT:
            for name in (SEND, SEND_OLD):
                self._journal.forget(name)
        return revert(self._watcher, self._journal, record)

    def _set_time(self, campaign_id: str, strategy: Strategy, name: str) -> PlatformError | None:
        """Ask for a time; the refusal, if there was one, which proves nothing: read the campaign."""

        def change() -> str:
            wanted = {"send_strategy": dict(strategy)}
            self._watcher.client.patch_campaign(campaign_id, wanted, ready=self._journal.check)
            return campaign_id

        self._journal.forget(name)
        try:
            self._journal.run(Step(name, StepKind.REPEATABLE, change))
        except REFUSALS as refused:
            return refused
        return None

    def _commit(self, campaign_id: str, strategy: Strategy, due: datetime, name: str) -> None:
        """Send again. After a revert "no draft" proves nothing: the time and the job's moment have to fit."""

        def accepted(record: CampaignRecord, since: datetime) -> bool:
            job = parse_instant(record.scheduled_at)
            return follows(record.strategy, strategy) and job is not None and job >= since - CLOCKS_APART

        job = SendJob(self._watcher, self._journal, campaign_id, due, accepted)
        try:
            with leaving(Effect.PARTIAL):
                self._journal.run(job.step(name))
        except REFUSALS as refused:
            raise _TimeRefused(refused) from None

    def _put_back(
        self, campaign_id: str, ref: RemoteRef, old: Strategy | None, why: PlatformError
    ) -> RemoteCampaign:
        """Schedule at the old time when that is far enough ahead, and tell why the new one was refused.

        Returns:
            What Klaviyo says where that is no refusal: the campaign is gone, moved after all, or was moved or
            cancelled by somebody else meanwhile.
        """
        planned = parse_instant(old["datetime"]) if old else None
        with leaving(Effect.PARTIAL):
            if old and planned and planned - self._watcher.now() >= TOO_CLOSE:
                self._schedule_again(campaign_id, old, planned)
            if isinstance(why, TooLate):
                self._give_up(campaign_id)
            seen = self._watcher.look(campaign_id)
        if seen is None:
            return missing(ref)
        if seen.status == DRAFT:
            raise why.having(
                effect=Effect.PARTIAL,
                remedy=f"{why.remedy} Klaviyo shows it as an unscheduled draft now.".strip(),
            )
        if follows(seen.strategy, self._wanted):
            return self._confirm(campaign_id, ref)
        remote = self._watcher.remote(seen, ref)
        if old is None or not follows(seen.strategy, old) or remote.state is _S.CANCELLED:
            return remote
        self._journal.forget(SEND)  # nothing of them is open: the operation may end
        self._journal.forget(SEND_OLD)
        self._remember(None)
        raise why.having(
            effect=Effect.NONE, remedy=f"{why.remedy} It is still scheduled at the old time.".strip()
        )

    def _give_up(self, campaign_id: str) -> None:
        """Forget the send jobs that were begun and never showed: no other is made any more.

        Raises:
            OutcomeUnknown: the first was begun so short a time ago that it may still show.
        """
        begun = [
            step for step in self._journal.steps() if step.name in {SEND, SEND_OLD} and step.remote_id is None
        ]
        seen = self._watcher.look(campaign_id) if begun else None
        if seen is None or seen.status != DRAFT:
            return
        if self._watcher.now() < min(step.since for step in begun) + ON_ITS_WAY:
            raise undecided(seen)
        for step in begun:
            self._journal.forget(step.name)

    def _schedule_again(self, campaign_id: str, old: Strategy, planned: datetime) -> None:
        """Set the old time and send; a refusal of that leaves a draft."""
        self._set_time(campaign_id, old, OLD)
        seen = self._watcher.look(campaign_id)
        if seen and seen.status == DRAFT and follows(seen.strategy, old):
            with suppress(_TimeRefused):
                self._commit(campaign_id, old, planned, SEND_OLD)
                self._taken(campaign_id)

    def _confirm(self, campaign_id: str, ref: RemoteRef) -> RemoteCampaign:
        """What Klaviyo shows after the new send job; the old time is owed no more."""
        with leaving(Effect.DONE, Phase.POST_HANDOFF):
            seen = self._taken(campaign_id)
        self._remember(None)
        return self._watcher.remote(seen, ref) if seen else missing(ref)

    def _taken(self, campaign_id: str) -> Seen:
        seen = confirm(self._watcher, campaign_id)
        if seen and seen.status == DRAFT:
            raise undecided(seen)
        return seen


def _ignored() -> RequestRejected:
    return RequestRejected(
        "Klaviyo did not take the new time",
        code="reschedule_refused",
        effect=Effect.NONE,
        field="schedule.at",
        remedy="Choose another time.",
    )
