"""Moving a scheduled campaign: revert to a draft, change the time, read back, send again, confirm."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.errors import Effect, PlatformError, StateConflict
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.domain.state import PublicationState
from glowtify_core.kit.documents import parse_instant
from glowtify_core.ports.campaigns import Journal, Step, StepKind
from glowtify_klaviyo.mapping import (
    DRAFT,
    first_send,
    follows,
    missing,
    send_strategy,
    strategy_again,
)
from glowtify_klaviyo.ours import CLOCK_SLACK
from glowtify_klaviyo.records import CampaignRecord
from glowtify_klaviyo.reverting import revert, sent_already, undecided
from glowtify_klaviyo.sending import LEAD, REFUSALS, SEND, send_step, settled
from glowtify_klaviyo.watching import AFTER_SENDING, Seen, Watcher

OLD_TIME = "old_time"
"""The step that writes down the old time, so that it can be put back after a crash too."""
NEW = "strategy"
OLD = "old_strategy"
SEND_OLD = "send_old"

TOO_CLOSE = timedelta(minutes=15)
"""From then on Klaviyo's app allows only cancelling and cloning (its help centre)."""

TRIES = 3
"""How often a campaign that leaves Draft before its time is changed is taken back again."""

Strategy = Mapping[str, Any]
_S = PublicationState


class _TimeRefused(Exception):
    """The campaign is a draft, and Klaviyo or the clock does not allow the new time."""


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
        """Move it; what Klaviyo says of it then."""
        record = self._watcher.read(ref.id("campaign") or "")
        if record is None:
            return missing(ref)
        if record.status != DRAFT and follows(record.strategy, self._wanted):
            return self._confirm(record.id, ref)  # moved already, or on its way there
        old = self._old_time(record)
        if record.status != DRAFT:
            self._refuse_too_late(record)
        with _unscheduled():
            try:
                draft = self._change_time(record)
                if draft is None:
                    return missing(ref)
                self._send(draft.id)
            except _TimeRefused:
                return self._put_back(record.id, ref, old)
            return self._confirm(record.id, ref)

    def _old_time(self, record: CampaignRecord) -> Strategy | None:
        """The strategy to put back when the new one is refused; None for what was a draft all along."""
        known = strategy_again(record.strategy) if record.status != DRAFT and record.strategy else None
        written = self._journal.run(Step(OLD_TIME, StepKind.REPEATABLE, lambda: json.dumps(known)))
        old: Strategy | None = json.loads(written)
        return old

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
            seen = revert(self._watcher, self._journal, seen) if seen else None
            if seen is None or follows(seen.strategy, self._wanted):
                return seen
            self._set_time(seen.id, self._wanted, NEW)
            seen = self._watcher.read(seen.id)
            if seen is None or (seen.status == DRAFT and follows(seen.strategy, self._wanted)):
                return seen
            if seen.status == DRAFT:
                raise _TimeRefused
        raise undecided(seen)

    def _set_time(self, campaign_id: str, strategy: Strategy, name: str) -> None:
        """Ask for a time; a refusal shows in the read that follows."""

        def change() -> str:
            self._watcher.client.patch_campaign(campaign_id, {"send_strategy": dict(strategy)})
            return campaign_id

        self._journal.forget(name)
        try:
            self._journal.run(Step(name, StepKind.REPEATABLE, change))
        except REFUSALS:
            return

    def _send(self, campaign_id: str) -> None:
        if self._due < self._watcher.now() + LEAD:
            raise _TimeRefused
        self._commit(campaign_id, self._wanted, SEND)

    def _commit(self, campaign_id: str, strategy: Strategy, name: str) -> None:
        """Send again. After a revert "no draft" proves nothing: the time and the job's moment have to fit."""

        def accepted(record: CampaignRecord, since: datetime) -> bool:
            job = parse_instant(record.scheduled_at)
            return follows(record.strategy, strategy) and job is not None and job >= since - CLOCK_SLACK

        try:
            self._journal.run(send_step(self._watcher, campaign_id, accepted, name=name))
        except REFUSALS as refused:
            raise _TimeRefused from refused

    def _put_back(self, campaign_id: str, ref: RemoteRef, old: Strategy | None) -> RemoteCampaign:
        """Schedule at the old time when that is far enough ahead; else it stays an unscheduled draft."""
        planned = parse_instant(old["datetime"]) if old else None
        if old and planned and planned - self._watcher.now() >= TOO_CLOSE:
            self._set_time(campaign_id, old, OLD)
            seen = self._watcher.read(campaign_id)
            if seen and seen.status == DRAFT and follows(seen.strategy, old):
                try:
                    self._commit(campaign_id, old, SEND_OLD)
                except _TimeRefused:
                    return self._now(campaign_id, ref)
                return self._confirm(campaign_id, ref)
        return self._now(campaign_id, ref)

    def _confirm(self, campaign_id: str, ref: RemoteRef) -> RemoteCampaign:
        seen = self._watcher.wait(campaign_id, settled(self._watcher), AFTER_SENDING)
        return self._watcher.remote(seen, ref) if seen else missing(ref)

    def _now(self, campaign_id: str, ref: RemoteRef) -> RemoteCampaign:
        seen = self._watcher.read(campaign_id)
        return self._watcher.remote(seen, ref) if seen else missing(ref)


@contextmanager
def _unscheduled() -> Iterator[None]:
    """An error in between may leave a campaign that is not scheduled any more.

    What Klaviyo refused to take back says so itself: it stands as it did.
    """
    try:
        yield
    except StateConflict:
        raise
    except PlatformError as problem:
        if problem.effect is Effect.NONE:
            problem.having(effect=Effect.PARTIAL)
        raise
