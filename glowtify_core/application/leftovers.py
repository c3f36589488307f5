"""Removing what a lost answer of ours made a second time, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from glowtify_core.application.advance_publication import refuse_other_account
from glowtify_core.application.platforms import Platforms
from glowtify_core.application.steps import LONGEST
from glowtify_core.domain.publication import OperationKind, Publication
from glowtify_core.domain.remote import CLOCKS_APART, RemoteCampaign, RemoteObject, remote_name
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import CampaignRepo, StepRecord
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.platform import SupportsReconcile

_WAITING = frozenset({PublicationState.SUBMITTING, PublicationState.SCHEDULED})


@dataclass(frozen=True, slots=True)
class Swept:
    """What was removed, and what carries the marker and is not ours to remove."""

    removed: Sequence[RemoteObject] = ()
    left: Sequence[RemoteObject] = ()


class Leftovers:
    """Removes drafts, their parts and the like that a publication made and does not know of.

    Ours is only what bears the whole name that the publication gives, was made while the step that makes such
    an object was under way, and is not the one that the journal recorded. A campaign that is no draft, and
    what only ends in the marker, is left: another installation or a person may own it. But one that waits to
    be sent is ours, too, where creating commits and nothing else is known to have come of the creation.
    """

    def __init__(self, *, repo: CampaignRepo, platforms: Platforms, clock: Clock) -> None:
        self._repo = repo
        self._platforms = platforms
        self._clock = clock

    def __call__(self, publication: Publication) -> Swept:
        """Look and remove; nothing is done while another worker is at it.

        Raises:
            CampaignRejected: another account is connected now.
            PlatformError: it could not be asked, or refused.
        """
        with self._platforms.connected(publication.key.store, publication.connector) as connected:
            refuse_other_account(publication, connected.connection)
            platform = connected.platform
            if not isinstance(platform, SupportsReconcile):
                return Swept()
            claim = self._repo.claim(publication.key)  # so that nobody is about to record what is found
            if claim is None:
                return Swept()
            try:
                publication = self._repo.get(publication.id)
                made = [
                    step
                    for step in claim.log(publication.id, OperationKind.PUBLISH).steps()
                    if step.kind.creates
                ]
                return _sweep(platform, publication, made, self._clock.now())
            finally:
                claim.release()


def _sweep(
    platform: SupportsReconcile, publication: Publication, made: Sequence[StepRecord], now: datetime
) -> Swept:
    marker = publication.marker
    found: list[RemoteObject] = [*platform.find_by_marker(marker), *platform.parts_by_marker(marker)]
    strange = [remote for remote in found if not _known(publication, made, remote)]
    ours = [remote for remote in strange if _ours(publication, made, remote, now)]
    for remote in ours:
        platform.discard(remote.ref)
    return Swept(ours, [remote for remote in strange if remote not in ours and _matters(publication, remote)])


def _known(publication: Publication, made: Sequence[StepRecord], remote: RemoteObject) -> bool:
    """Whether it is the publication's own, or may yet become that, while a create is not recorded."""
    recorded = [step.remote_id for step in made if step.name == remote.ref.kind]
    pending = None in recorded and not publication.closed
    return pending or remote.ref.id(remote.ref.kind) in recorded or remote.ref.same_campaign(publication.ref)


def _ours(publication: Publication, made: Sequence[StepRecord], remote: RemoteObject, now: datetime) -> bool:
    attempts = [(step.since, now - step.age) for step in made if step.name == remote.ref.kind]
    return (
        (_unsent(remote) or _committed_by_its_creation(publication, made, remote))
        and remote.name == remote_name(publication.name, publication.marker)
        and remote.created_at is not None
        and any(
            first - CLOCKS_APART <= remote.created_at <= last + LONGEST + CLOCKS_APART
            for first, last in attempts
        )
    )


def _committed_by_its_creation(
    publication: Publication, made: Sequence[StepRecord], remote: RemoteObject
) -> bool:
    """Whether it waits to be sent though its publication is over, because a lost answer has made it so."""
    lost = any(step.name == remote.ref.kind and step.kind.commits and step.remote_id is None for step in made)
    waiting = isinstance(remote, RemoteCampaign) and remote.state in _WAITING
    return publication.closed and lost and waiting


def _matters(publication: Publication, remote: RemoteObject) -> bool:
    """Whether a person should look: at a draft with the marker, and at a live campaign of our whole name."""
    if _unsent(remote):
        return True
    over = isinstance(remote, RemoteCampaign) and remote.state is PublicationState.CANCELLED
    return not over and remote.name == remote_name(publication.name, publication.marker)


def _unsent(remote: RemoteObject) -> bool:
    return not isinstance(remote, RemoteCampaign) or remote.state is PublicationState.STAGED
