"""Cancelling for good, and taking back for editing."""

from __future__ import annotations

from glowtify_core.application.advance_publication import AdvancePublication, refuse_other_account
from glowtify_core.application.attention import noticed
from glowtify_core.application.claims import Report, holding, silent
from glowtify_core.application.platforms import Platforms, require
from glowtify_core.domain.campaign import CampaignKey
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import CampaignNotFound, CampaignRejected, Effect, StateConflict
from glowtify_core.domain.publication import OperationKind, Publication
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import CampaignRepo, Claim
from glowtify_core.ports.clock import Clock


class CancelCampaign:
    """Ends a publication before it is sent. A running publish is fenced off first."""

    def __init__(
        self, *, repo: CampaignRepo, platforms: Platforms, advance: AdvancePublication, clock: Clock
    ) -> None:
        self._repo = repo
        self._platforms = platforms
        self._advance = advance
        self._clock = clock

    def __call__(
        self, key: CampaignKey, *, stop_sending: bool = False, later: bool = False, report: Report = silent
    ) -> Publication:
        """Cancel for good; cancelled already is success.

        Args:
            key: which campaign.
            stop_sending: also stop what has not gone out yet while it is being sent.
            later: only fence off whoever is at work and write it down; a worker takes it back.
            report: is told what is being done.

        Raises:
            CampaignNotFound: it was never published.
            CampaignRejected: another account is connected now, or there is nothing to cancel.
            StateConflict: it has been sent, or is being sent and ``stop_sending`` is not given.
            OutcomeUnknown: the platform does not say so yet; calling again, or repair, finds out.
        """
        abilities = [Capability.CANCEL, *([Capability.STOP_SENDING] if stop_sending else [])]
        return self._end(key, OperationKind.CANCEL, abilities, report, stop_sending=stop_sending, later=later)

    def edit(self, key: CampaignKey, *, later: bool = False, report: Report = silent) -> Publication:
        """Take it back for editing: it will not be sent, and publishing again opens a new one.

        Args:
            key: which campaign.
            later: only fence off whoever is at work and write it down; a worker takes it back.
            report: is told what is being done.

        Raises:
            CampaignNotFound: it was never published.
            StateConflict: it has been or is being sent, or the platform no longer lets go.
            OutcomeUnknown: the platform does not say so yet.
        """
        return self._end(key, OperationKind.EDIT, [Capability.EDIT], report, later=later)

    def _end(
        self,
        key: CampaignKey,
        kind: OperationKind,
        abilities: list[Capability],
        report: Report,
        *,
        stop_sending: bool = False,
        later: bool = False,
    ) -> Publication:
        publication = latest_of(self._repo, key)
        if publication.state is PublicationState.CANCELLED:
            if kind is OperationKind.EDIT and not publication.taken_back:
                raise _cancelled_for_good()
            if publication.closed:
                again = publication.taken_back and kind is OperationKind.CANCEL
                return self._for_good(key, report) if again else publication
        connection = self._platforms.connection(key.store, publication.connector)
        refuse_other_account(publication, connection)
        require(self._platforms.directory.manifest(publication.connector), connection.account, *abilities)
        with holding(self._repo, key, self._clock, report=report, take_over=True) as claim:
            publication = self._begin(claim, latest_of(self._repo, key), kind, stop_sending)
            return publication if later else self._advance.carry_on(claim, publication, report=report)

    def _for_good(self, key: CampaignKey, report: Report) -> Publication:
        """Cancel what was taken back: publishing it again is no longer a matter of course."""
        with holding(self._repo, key, self._clock, report=report, take_over=True) as claim:
            publication, now = latest_of(self._repo, key), self._clock.now()
            if publication.taken_back:
                publication = noticed(publication.begin(OperationKind.CANCEL, now).finish(now), now)
                claim.save(publication)
            return publication

    def _begin(
        self, claim: Claim, publication: Publication, kind: OperationKind, stop_sending: bool
    ) -> Publication:
        """Open the operation, unless it is open already, or there is nothing to end."""
        operation = publication.open_operation
        if operation and operation.kind in {kind, OperationKind.CLEANUP} and not stop_sending:
            return publication
        _refuse_ended(publication)
        now = self._clock.now()
        publication = noticed(publication.begin(kind, now, stop_sending=stop_sending), now)
        claim.save(publication)
        return publication


def latest_of(repo: CampaignRepo, key: CampaignKey) -> Publication:
    """The campaign's newest publication.

    Raises:
        CampaignNotFound: it was never published.
    """
    publication = repo.latest(key)
    if publication is None:
        raise CampaignNotFound(
            f"There is no campaign {key.campaign_id!r} in the store {key.store!r}",
            remedy="`glowtify status` lists the campaigns.",
        )
    return publication


def _cancelled_for_good() -> CampaignRejected:
    return CampaignRejected(
        "This campaign was cancelled: there is nothing to take back",
        code="cancelled",
        remedy="Change the file and publish it with --again, or use a new id.",
    )


def _refuse_ended(publication: Publication) -> None:
    if publication.state is PublicationState.SENT:
        raise StateConflict(
            "This campaign has been sent",
            code="already_sent",
            effect=Effect.NONE,
            remedy="An e-mail cannot be unsent.",
        )
    if publication.state.final and publication.state is not PublicationState.CANCELLED:
        raise CampaignRejected(
            f"This campaign is {publication.state}: there is nothing to cancel",
            code="nothing_to_cancel",
            remedy="Nothing needs to be done; publish again when it is mended.",
        )
