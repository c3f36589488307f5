"""What an operation works with, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass

from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.errors import CampaignRejected, PlatformError
from glowtify_core.domain.publication import Operation, Publication
from glowtify_core.domain.remote import RemoteRef
from glowtify_core.ports.campaigns import Journal, StepRecord
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.platform import EmailPlatform

Refusal = PlatformError | CampaignRejected
"""What ends a try of an operation: the platform's word, or the connector's own before it asked."""


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that an operation works with."""

    publication: Publication
    operation: Operation
    campaign: Campaign
    platform: EmailPlatform
    journal: Journal
    clock: Clock

    @property
    def ref(self) -> RemoteRef | None:
        """Where the campaign is: as the platform last said, else from the journal's created objects."""
        if self.publication.ref:
            return self.publication.ref
        made = {
            record.name: record.remote_id
            for record in self.journal.steps()
            if record.kind.creates and record.remote_id
        }
        if "campaign" not in made:
            return None
        first = {"campaign": made["campaign"]}
        return RemoteRef(self.publication.connector, tuple((first | made).items()))

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


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where an operation leaves a publication; ``campaign`` when its content changed."""

    publication: Publication
    campaign: Campaign | None = None
