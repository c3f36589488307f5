"""The step log in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from glowtify_core.domain.errors import CampaignNotFound
from glowtify_core.ports.campaigns import Recorded, StepKind, StepRecord

if TYPE_CHECKING:
    from glowtify_core.testing.memory.campaigns import MemoryClaim


@dataclass
class StepRow:
    """What is kept of a step: as in :class:`~glowtify_core.ports.campaigns.StepRecord`.

    Attributes:
        begun: the last begin; None once the step was cleared. The row stays, so that a worker which comes
            back late can still record.
    """

    kind: StepKind
    since: datetime
    begun: datetime | None
    remote_id: str | None = None
    begins: int = 1


Rows = dict[tuple[str, str], StepRow]
"""A publication's steps by operation and name."""


def records(rows: Rows, now: datetime) -> Sequence[StepRecord]:
    """What was begun and not cleared, oldest first."""
    found = [
        StepRecord(
            operation,
            name,
            row.kind,
            row.since,
            age=max(now - row.begun, timedelta()),  # the clock may have been set back
            remote_id=row.remote_id,
            begins=row.begins,
        )
        for (operation, name), row in list(rows.items())
        if row.begun
    ]
    return sorted(found, key=lambda record: record.since)


def copies(rows: Mapping[str, Rows]) -> dict[str, Rows]:
    """Rows that nobody else changes."""
    return {
        publication_id: {name: replace(row) for name, row in steps.items()}
        for publication_id, steps in rows.items()
    }


@dataclass
class MemoryLog:
    """A :class:`~glowtify_core.ports.campaigns.StepLog` on a :class:`MemoryCampaigns`."""

    claim: MemoryClaim
    publication_id: str
    operation: str

    @property
    def rows(self) -> Rows:
        """The publication's steps, of every operation."""
        return self.claim.repo.rows.setdefault(self.publication_id, {})

    def steps(self) -> Sequence[StepRecord]:
        """Every step of the publication, of every operation, oldest first."""
        return self.claim.repo.steps(self.publication_id)

    def check(self) -> None:
        """Do nothing while the fence stands.

        Raises:
            ClaimLost: the fence has moved.
        """
        with self.claim.fenced():
            pass

    def begin(self, name: str, kind: StepKind) -> None:
        """Write down that a step is about to be done.

        Raises:
            ClaimLost: the fence has moved.
        """
        with self.claim.fenced():
            now = self.claim.repo.clock.now()
            row = self.rows.get((self.operation, name))
            if row is None or row.begun is None:
                self.rows[self.operation, name] = StepRow(kind, since=now, begun=now)
            else:
                row.kind, row.begun, row.begins = kind, now, row.begins + 1

    def record(self, name: str, remote_id: str) -> Recorded:
        """Write down what came of a step, whoever holds the campaign now, if it created something.

        Raises:
            CampaignNotFound: the step was never begun.
        """
        repo = self.claim.repo
        with repo.lock:
            row = self.rows.get((self.operation, name))
            if row is None:
                raise CampaignNotFound(f"Step {name} of {self.operation} was never begun")
            replaced = not self.claim.current
            if row.kind.creates or not replaced:
                row.remote_id = remote_id if row.remote_id is None else row.remote_id
                row.begun = row.begun or row.since
            publication = repo.publications.get(self.publication_id)
            closed = publication is not None and publication.closed
            return Recorded(row.remote_id or remote_id, closed=closed, replaced=replaced)

    def clear(self, name: str) -> None:
        """Forget a step, as if it had never been begun.

        Raises:
            ClaimLost: the fence has moved.
        """
        with self.claim.fenced():
            row = self.rows.get((self.operation, name))
            if row:
                row.begun = row.remote_id = None
