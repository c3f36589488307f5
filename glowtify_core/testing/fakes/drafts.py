"""A connector for a platform with drafts: what was scheduled can be taken back, and scheduled again."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import suppress
from datetime import datetime
from typing import ClassVar

from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.errors import Effect, RemoteNotFound, RequestRejected, StateConflict
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.domain.schedule import Schedule
from glowtify_core.domain.state import PublicationState
from glowtify_core.kit.effects import leaving
from glowtify_core.kit.http import Ready, always
from glowtify_core.kit.marks import adopt
from glowtify_core.ports.campaigns import CAMPAIGN, DISCARD, Journal, Step, StepKind
from glowtify_core.ports.platform import CancelMode
from glowtify_core.testing.fakes.connector import (
    OLD_TIME,
    FakeConnector,
    not_yet,
    schedule_of,
    time_of,
    too_late,
)

SCHEDULE = "schedule"
"""The step after which the platform will send."""

_S = PublicationState


class DraftConnector(FakeConnector):
    """The flows that need care; what is asked for in each is the subclass's to say.

    Attributes:
        back: the action that makes a scheduled campaign a draft again.
    """

    back: ClassVar[str]

    def cancel(self, ref: RemoteRef | None, *, mode: CancelMode, journal: Journal) -> RemoteCampaign:
        ended = self._deleted(ref)
        for campaign_id in self._begun(ref, journal):
            ended = self._taken_back(campaign_id, mode, journal)
        return ended

    def reschedule(self, ref: RemoteRef, campaign: Campaign, *, journal: Journal) -> RemoteCampaign:
        campaign_id = ref.id(CAMPAIGN) or ""
        before = journal.run(Step(OLD_TIME, StepKind.REPEATABLE, lambda: self._time(campaign_id)))
        self._ask(self.back, campaign_id, _S.STAGED, journal)
        with leaving(Effect.PARTIAL):
            try:
                self._schedule(campaign_id, campaign.schedule, journal)
            except RequestRejected:
                if not before:
                    raise
                self._schedule(campaign_id, schedule_of(before), journal)
        return self._confirmed(campaign_id)

    def discard(self, ref: RemoteRef) -> None:
        self._delete(ref.id(CAMPAIGN) or "")

    # --- making and scheduling ---

    def _draft(self, name: str, body: object, journal: Journal) -> str:
        """Create a campaign of this name, which sends nothing yet; its id."""
        return journal.run(
            Step(
                CAMPAIGN,
                StepKind.CREATE,
                lambda: self._made(self.path, body, journal),
                find=lambda since: adopt(self.find_by_marker(journal.marker), name, since),
                undo=self._delete,
            )
        )

    def _schedule(self, campaign_id: str, schedule: Schedule, journal: Journal) -> None:
        """Commit a draft. Its id is the key: a second time it would find no draft."""

        def commit() -> str:
            self._commit(campaign_id, schedule, journal)
            return campaign_id

        def committed(_: datetime) -> str | None:
            return None if self._shown(campaign_id).state is _S.STAGED else campaign_id

        journal.run(Step(SCHEDULE, StepKind.COMMIT, commit, find=committed, keyed=True))

    @abstractmethod
    def _commit(self, campaign_id: str, schedule: Schedule, journal: Journal) -> None:
        """Ask the platform to send a draft at that time."""

    # --- taking back ---

    def _time(self, campaign_id: str) -> str:
        """When it is due; empty for a draft.

        Raises:
            RemoteNotFound: somebody has deleted it.
            StateConflict: it can be moved no more.
        """
        remote = self._shown(campaign_id)
        if remote.state in {_S.SENDING, _S.SENT, _S.CANCELLED}:
            raise too_late(remote)
        return time_of(remote)

    def _taken_back(self, campaign_id: str, mode: CancelMode, journal: Journal) -> RemoteCampaign:
        gone = self._deleted(self._ref(campaign_id))
        remote = self._read(campaign_id) or gone
        if remote.state is _S.CANCELLED:
            return remote
        if remote.state is _S.SENT or (remote.state is _S.SENDING and mode is not CancelMode.STOP_SENDING):
            raise too_late(remote)
        with suppress(RemoteNotFound):  # somebody else deletes it just now
            if mode is CancelMode.KEEP_DRAFT:
                self._make_draft(campaign_id, journal)
            else:
                self._end(remote, journal)
        with leaving(Effect.DONE):
            return self._read(campaign_id) or gone

    def _end(self, remote: RemoteCampaign, journal: Journal) -> None:
        """End it for good: by deleting the draft that it is, or becomes."""
        campaign_id = remote.ref.id(CAMPAIGN) or ""
        self._make_draft(campaign_id, journal)
        with leaving(Effect.PARTIAL):
            self._discard(campaign_id, journal)

    def _make_draft(self, campaign_id: str, journal: Journal) -> None:
        """Take it back, whatever an earlier try has done: others may have scheduled it since."""
        journal.forget(self.back)
        self._ask(self.back, campaign_id, _S.STAGED, journal)

    def _ask(self, action: str, campaign_id: str, until: PublicationState, journal: Journal) -> None:
        """Ask for an action, unless what it is for shows already, and read until it does."""

        def ask() -> str:
            if self._shown(campaign_id).state is not until:
                with self._settling.arriving():
                    self._write("POST", f"{self.path}/{campaign_id}/{action}", ready=journal.check)
                with leaving(Effect.DONE):
                    if self._shown(campaign_id).state is not until:
                        raise not_yet("The platform has not carried this out yet")
            return campaign_id

        journal.run(Step(action, StepKind.REPEATABLE, ask))

    def _discard(self, campaign_id: str, journal: Journal) -> None:
        def delete() -> str:
            self._delete(campaign_id, ready=journal.check)
            return campaign_id

        journal.forget(DISCARD)
        journal.run(Step(DISCARD, StepKind.REPEATABLE, delete))

    def _delete(self, campaign_id: str, ready: Ready = always) -> None:
        """Delete a draft; gone already is done.

        Raises:
            StateConflict: it is no draft.
        """
        remote = self._read(campaign_id)
        if remote is None:
            return
        if remote.state is not _S.STAGED:
            raise StateConflict(
                "Only a draft can be removed", effect=Effect.NONE, remedy="Cancel the campaign first."
            )
        with suppress(RemoteNotFound):
            self._write("DELETE", f"{self.path}/{campaign_id}", ready=ready)
        self._gone_by_now(campaign_id)
