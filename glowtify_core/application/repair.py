"""Bringing everything that is unfinished to its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from glowtify_core.application.advance_publication import AdvancePublication
from glowtify_core.application.claims import Report, silent
from glowtify_core.application.platforms import Platforms
from glowtify_core.application.track_campaigns import TrackCampaigns
from glowtify_core.domain.errors import GlowtifyError
from glowtify_core.domain.publication import Publication
from glowtify_core.domain.remote import RemoteCampaign, remote_name
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import CampaignRepo
from glowtify_core.ports.platform import SupportsReconcile

CLOCKS_APART = timedelta(minutes=10)
"""How far our clock and a platform's may differ."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What became of one publication.

    Attributes:
        publication: as it stands now.
        error: why it could not be finished, or None.
        removed: drafts of ours that a lost answer had left, and that were deleted.
        left: drafts that carry the marker and are not ours to delete; a person should look at them.
    """

    publication: Publication
    error: GlowtifyError | None = None
    removed: Sequence[RemoteCampaign] = ()
    left: Sequence[RemoteCampaign] = ()


class Repair:
    """Resumes open operations, learns unknown outcomes, and removes what lost answers left."""

    def __init__(
        self,
        *,
        repo: CampaignRepo,
        platforms: Platforms,
        advance: AdvancePublication,
        track: TrackCampaigns,
    ) -> None:
        self._repo = repo
        self._platforms = platforms
        self._advance = advance
        self._track = track

    def __call__(self, store: str | None = None, *, report: Report = silent) -> Iterator[Repaired]:
        """Go through everything unfinished, one by one; one that fails does not stop the others."""
        for publication in self._repo.find(store=store, unfinished=True):
            if publication.open_operation or publication.state is PublicationState.UNKNOWN:
                report(str(publication.key))
                yield self._repair(publication, report)

    def _repair(self, publication: Publication, report: Report) -> Repaired:
        try:
            if publication.open_operation:
                publication = self._advance(publication.id, insist=True, report=report)
            else:
                publication = self._track([publication])[0]
            removed, left = self._orphans(publication)
        except GlowtifyError as error:
            return Repaired(self._repo.get(publication.id), error)
        return Repaired(publication, removed=removed, left=left)

    def _orphans(self, publication: Publication) -> tuple[Sequence[RemoteCampaign], Sequence[RemoteCampaign]]:
        """Delete drafts that a lost answer of ours left; list others that carry the marker."""
        with self._platforms.connected(publication.key.store, publication.connector) as connected:
            platform = connected.platform
            if not isinstance(platform, SupportsReconcile):
                return (), ()
            drafts = [
                remote
                for remote in platform.find_by_marker(publication.marker)
                if remote.state is PublicationState.STAGED and not remote.ref.same_campaign(publication.ref)
            ]
            ours = [remote for remote in drafts if _made_by(publication, remote)]
            for remote in ours:
                platform.discard(remote.ref)
            return ours, [remote for remote in drafts if remote not in ours]


def _made_by(publication: Publication, remote: RemoteCampaign) -> bool:
    """Whether a draft is a double that this publication made: its whole name, made since it was opened."""
    return (
        publication.ref is not None
        and remote.name == remote_name(publication.name, publication.marker)
        and remote.created_at is not None
        and remote.created_at >= publication.opened_at - CLOCKS_APART
    )
