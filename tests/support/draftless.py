"""A platform without drafts: creating is committing, and moving is deleting and creating anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import fakes
from fakes import S

from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.capabilities import Capability, Needs
from glowtify_core.domain.errors import Effect, OutcomeUnknown, RequestRejected, StateConflict
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef, remote_name, same_second
from glowtify_core.domain.schedule import SendAt
from glowtify_core.ports.campaigns import CAMPAIGN, DISCARD, Step, StepKind
from glowtify_core.ports.platform import CancelMode

OLD_TIME = "old_time"


class DraftlessPlatform(fakes.FakePlatform):
    """A small connector for it, over the same server; its requests are create, delete, read and find."""

    born = S.SCHEDULED

    def publish(self, campaign: Campaign, *, journal: Any) -> RemoteCampaign:
        return self._read(self._made(campaign, journal))

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Any) -> RemoteCampaign:
        campaign_id = ref.id(CAMPAIGN) if ref else self._find_begun(journal)
        if campaign_id is None or campaign_id not in self.server.campaigns:
            return RemoteCampaign(ref or RemoteRef("fake", ()), S.CANCELLED, "Deleted")
        remote = self._read(campaign_id)
        if remote.state in {S.SENDING, S.SENT}:
            raise StateConflict("It is on its way", effect=Effect.NONE, code="already_sent")
        if remote.state is S.CANCELLED:
            return remote
        journal.run(Step(DISCARD, StepKind.REPEATABLE, lambda: self._take_away(campaign_id)))
        return replace(remote, state=S.CANCELLED, raw_state="Deleted")

    def reschedule(self, ref: RemoteRef, campaign: Campaign, *, journal: Any) -> RemoteCampaign:
        campaign_id = ref.id(CAMPAIGN) or ""
        if not any(step.remote_id in {None, campaign_id} for step in journal.steps(DISCARD)):
            remote = self._look(ref)
            if remote.state is not S.SCHEDULED or _at(remote, campaign):
                return remote
            journal.run(Step(OLD_TIME, StepKind.REPEATABLE, lambda: str(remote.scheduled_for)))
        journal.run(Step(DISCARD, StepKind.REPEATABLE, lambda: self._take_away(campaign_id)))
        if self._look(ref).state is not S.MISSING:
            raise OutcomeUnknown("It does not go away", effect=Effect.UNKNOWN)
        return self._read(self._made_anew(campaign, journal))

    def find_by_marker(self, marker: str) -> Sequence[RemoteCampaign]:
        now = self.server.clock.now()
        found = super().find_by_marker(marker)
        return [one for one in found if (one.created_at or now) + self.server.lag <= now]

    def discard(self, ref: RemoteRef) -> None:
        self._take_away(ref.id(CAMPAIGN) or "")

    def _made(self, campaign: Campaign, journal: Any) -> str:
        name = remote_name(campaign.name, journal.marker)
        return str(
            journal.run(
                Step(
                    CAMPAIGN,
                    StepKind.CREATE_AND_COMMIT,
                    do=lambda: self._create(name, campaign),
                    find=lambda since: self._find(name),
                    undo=self._take_away,
                )
            )
        )

    def _made_anew(self, campaign: Campaign, journal: Any) -> str:
        """At the new time; when that is refused, at the old one."""
        try:
            return self._made(campaign, journal)
        except RequestRejected as refused:
            old = datetime.fromisoformat(journal.steps(OLD_TIME)[-1].remote_id)
            try:
                return self._made(campaign.moved_to(SendAt(old, "UTC", old)), journal)
            except RequestRejected:
                raise refused.having(effect=Effect.PARTIAL) from None

    def _take_away(self, campaign_id: str) -> str:
        with self.server.write("delete"):
            if campaign_id in self.server.campaigns:
                self._must_be(campaign_id, S.SCHEDULED)
                del self.server.campaigns[campaign_id]
        return campaign_id


def _at(remote: RemoteCampaign, campaign: Campaign) -> bool:
    instant = campaign.schedule.latest_instant("UTC")
    return remote.scheduled_for is not None and same_second(remote.scheduled_for, instant)


def build(**manifest_changes: Any) -> SimpleNamespace:
    """Every use case over one such platform, connected."""
    capabilities = {
        Capability(name): Needs()
        for name in ("publish", "cancel", "edit", "reschedule", "lists", "reconcile", "metrics")
    }
    return fakes.build(platform=DraftlessPlatform, capabilities=capabilities, **manifest_changes)
