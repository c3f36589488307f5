"""Bringing everything that is unfinished to its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from glowtify_core.application.advance_publication import AdvancePublication
from glowtify_core.application.claims import Report, silent
from glowtify_core.application.leftovers import Leftovers
from glowtify_core.application.track_campaigns import TrackCampaigns
from glowtify_core.domain.errors import GlowtifyError
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.remote import RemoteObject
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import CampaignRepo

DOUBT = timedelta(days=1)
"""How long what a lost answer may have made is looked for, from the last attempt on."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What became of one publication.

    Attributes:
        publication: as it stands now.
        error: why it could not be finished, or None.
        removed: what a lost answer of ours had left, and was deleted.
        left: what carries the marker and is not ours to delete; a person should look at it.
        unasked: True when its account could not be asked, about this one and others; ``problem`` says why.
    """

    publication: Publication
    error: GlowtifyError | None = None
    removed: Sequence[RemoteObject] = ()
    left: Sequence[RemoteObject] = ()
    unasked: bool = False


class Repair:
    """Resumes open operations, learns unknown outcomes, and removes what lost answers left."""

    def __init__(
        self,
        *,
        repo: CampaignRepo,
        advance: AdvancePublication,
        track: TrackCampaigns,
        leftovers: Leftovers,
    ) -> None:
        self._repo = repo
        self._advance = advance
        self._track = track
        self._leftovers = leftovers

    def __call__(self, store: str | None = None, *, report: Report = silent) -> Iterator[Repaired]:
        """Go through all that is not closed, or may have left something; one that fails stops no other.

        Yields what was worked on, and what needs a person; ``report`` is told what is worked on.
        """
        unfinished = self._repo.find(store=store, unfinished=True)
        broken = [publication for publication in unfinished if _broken(publication)]
        for publication in broken:
            report(str(publication.key))
            yield self._repair(publication, report)
        yield from self._look([publication for publication in unfinished if not _broken(publication)])
        done = {publication.id for publication in broken}
        for publication in self._repo.in_doubt(within=DOUBT, store=store):
            if publication.id not in done:
                yield from self._sweep(publication)

    def _repair(self, publication: Publication, report: Report) -> Repaired:
        try:
            if publication.open_operation:
                publication = self._advance(publication.id, insist=True, report=report)
            else:
                publication = self._track([publication])[0]
            swept = self._leftovers(publication)
        except GlowtifyError as error:
            return Repaired(self._repo.get(publication.id), error)
        return Repaired(publication, removed=swept.removed, left=swept.left)

    def _look(self, resting: Sequence[Publication]) -> Iterator[Repaired]:
        """Those that look finished, and are not as we think; of accounts that cannot be asked one each."""
        unasked: set[tuple[str, str]] = set()
        for before, after in zip(resting, self._track(resting), strict=True):
            account = after.key.store, after.connector
            if after.problem is not None and after.problem is not before.problem:
                if account not in unasked:
                    yield Repaired(after, unasked=True)
                unasked.add(account)
            elif after.state is not before.state or after.attention:
                yield Repaired(after)

    def _sweep(self, publication: Publication) -> Iterator[Repaired]:
        """Visit one that is in order, but may have left something behind; a failure waits for next time."""
        with suppress(GlowtifyError):
            swept = self._leftovers(publication)
            if swept.removed or swept.left:
                yield Repaired(publication, removed=swept.removed, left=swept.left)


def _broken(publication: Publication) -> bool:
    return publication.open_operation is not None or publication.state is PublicationState.UNKNOWN
