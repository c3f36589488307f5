"""What an operation works with, and what it comes to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.errors import PlatformError
from glowtify_core.domain.publication import Operation, Publication
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef, remote_name
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import CAMPAIGN, DISCARD, Journal, StepRecord
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.platform import EmailPlatform, SupportsReconcile


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that an operation works with."""

    publication: Publication
    operation: Operation
    campaign: Campaign
    platform: EmailPlatform
    journal: Journal
    clock: Clock

    # --- where the campaign is ---

    @property
    def ref(self) -> RemoteRef | None:
        """Where the campaign is; None while there is none, or nobody knows what a lost answer has made.

        What the platform has shown since such a loss is it.
        """
        if self.lost is None:
            return self.recorded
        return self.publication.ref if self.new(self.publication.ref) else None

    @property
    def recorded(self) -> RemoteRef | None:
        """The campaign that the journal recorded last, else the one that the platform last spoke of.

        A campaign that was made anew in place of another is known to the journal first.
        """
        said = self.publication.ref
        made = {
            record.name: record.remote_id
            for record in self.journal.steps()
            if record.kind.creates and record.remote_id
        }
        if CAMPAIGN not in made or (said and said.id(CAMPAIGN) == made[CAMPAIGN]):
            return said
        first = {CAMPAIGN: made[CAMPAIGN]}
        return RemoteRef(self.publication.connector, tuple((first | made).items()))

    @property
    def lost(self) -> StepRecord | None:
        """The last creation, where it commits and its answer was lost; else None."""
        last = next(reversed(self._creations), None)
        return last if last and last.kind.commits and last.remote_id is None else None

    def new(self, ref: RemoteRef | None) -> bool:
        """Whether this names a campaign that the journal does not know: one that a lost answer has made."""
        found = ref.id(CAMPAIGN) if ref else None
        return found is not None and found not in {step.remote_id for step in self._creations}

    @property
    def _creations(self) -> list[StepRecord]:
        return [step for step in self.journal.steps(CAMPAIGN) if step.kind.creates]

    # --- what was begun ---

    @property
    def commits(self) -> list[StepRecord]:
        """The commit steps that this operation has begun."""
        return [
            record
            for record in self.journal.steps()
            if record.kind.commits and record.operation == self.operation.name
        ]

    @property
    def commit_open(self) -> bool:
        """Whether one of them may or may not have happened."""
        return any(record.remote_id is None for record in self.commits)

    @property
    def discarded(self) -> bool:
        """Whether we have taken the campaign away: this operation began to, or an earlier one has."""
        for step in reversed(self.journal.steps()):
            if step.name == DISCARD and (step.remote_id is not None or step.operation == self.operation.name):
                return True
            if step.name == CAMPAIGN and step.remote_id is not None:
                return False
        return False

    # --- what the platform says ---

    def seen(self, remote: RemoteCampaign) -> Publication:
        """The publication as this answer shows it, without the problem it had."""
        return replace(self.publication, problem=None).seen(remote, self.clock.now())

    def look(self, publication: Publication) -> Publication | None:
        """The publication as the platform sees it now; None when it cannot be asked, or shows nothing."""
        try:
            remote = self._remote()
        except PlatformError:
            return None
        return publication.seen(remote, self.clock.now()) if remote else None

    def _remote(self) -> RemoteCampaign | None:
        if self.ref:
            return self.platform.status([self.ref]).get(self.ref)
        if self.lost and isinstance(self.platform, SupportsReconcile):
            found = self.platform.find_by_marker(self.publication.marker)
            return ours(self.publication, [remote for remote in found if self.new(remote.ref)])
        return None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where an operation leaves a publication; ``campaign`` when its content changed."""

    publication: Publication
    campaign: Campaign | None = None


GONE: Collection[PublicationState] = frozenset({PublicationState.CANCELLED, PublicationState.MISSING})
"""The states of a campaign that is not on the platform any more, or will not be sent."""


def ours(publication: Publication, found: Sequence[RemoteCampaign]) -> RemoteCampaign | None:
    """The one that carries the publication's whole name; one that is past draft wins."""
    name = remote_name(publication.name, publication.marker)
    mine = sorted((r for r in found if r.name == name), key=lambda r: r.state is PublicationState.STAGED)
    return mine[0] if mine else None
