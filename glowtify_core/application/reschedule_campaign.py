"""Moving a campaign that has been handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from glowtify_core.application.advance_publication import AdvancePublication, refuse_other_account
from glowtify_core.application.attention import noticed
from glowtify_core.application.cancel_campaign import latest_of
from glowtify_core.application.claims import Report, holding, silent
from glowtify_core.application.content_check import look_at_content
from glowtify_core.application.platforms import Platforms
from glowtify_core.application.preflight import check_campaign, check_schedule, refuse_errors
from glowtify_core.domain.campaign import Campaign, CampaignKey
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import CampaignRejected
from glowtify_core.domain.publication import OperationKind, Publication
from glowtify_core.domain.remote import Drift
from glowtify_core.domain.schedule import Schedule
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import CAMPAIGN, DISCARD, CampaignRepo, Claim
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.platform import Finding


@dataclass(frozen=True, slots=True)
class Rescheduled:
    """What rescheduling came to; ``publication.problem`` says when the platform did not take the time."""

    publication: Publication
    findings: Sequence[Finding] = ()


class RescheduleCampaign:
    """Gives a scheduled campaign another time; also schedules again what came to be unscheduled."""

    def __init__(
        self, *, repo: CampaignRepo, platforms: Platforms, advance: AdvancePublication, clock: Clock
    ) -> None:
        self._repo = repo
        self._platforms = platforms
        self._advance = advance
        self._clock = clock

    def __call__(
        self, key: CampaignKey, schedule: Schedule, *, later: bool = False, report: Report = silent
    ) -> Rescheduled:
        """Move it, with what the platform holds: an e-mail that others changed there is sent as it is there.

        Whether they did is looked at before, and found it is a warning and stays noticed.

        Args:
            key: which campaign.
            schedule: its new time.
            later: only check it and write it down; a worker moves it.
            report: is told what is being done.

        Raises:
            CampaignNotFound: it was never published.
            CampaignRejected: the time is not possible, or the campaign is not one that can be moved.
            StateConflict: the platform no longer lets go; it is still scheduled at the old time.
            OutcomeUnknown: the platform does not say yet; repair goes on with it.
        """
        with holding(self._repo, key, self._clock, report=report) as claim:
            publication = latest_of(self._repo, key)
            findings = self._check(publication, schedule)
            if not self._needed(publication, schedule):
                return Rescheduled(publication, findings)
            if publication.tidying or _half_done(claim, publication, schedule):
                publication = self._advance.carry_on(claim, publication, report=report)
                findings = self._check(publication, schedule)
            publication, remarks = look_at_content(self._platforms, publication)
            if not _under_way(publication, schedule):
                now = self._clock.now()
                publication = publication.begin(OperationKind.RESCHEDULE, now, schedule=schedule)
                publication = noticed(publication, now)
                claim.save(publication)
            if later:
                return Rescheduled(publication, [*findings, *remarks])
            moved = self._advance.carry_on(claim, publication, report=report)
            return Rescheduled(moved, [*findings, *remarks])

    def check(self, key: CampaignKey, schedule: Schedule) -> Sequence[Finding]:
        """What moving it there would warn of; nothing is written, and nothing asked of the platform.

        Raises:
            CampaignNotFound: it was never published.
            CampaignRejected: the time is not possible, or the campaign is not one that can be moved.
        """
        return self._check(latest_of(self._repo, key), schedule)

    def _check(self, publication: Publication, schedule: Schedule) -> Sequence[Finding]:
        """Refuse what cannot be moved, or not to that time; nothing is asked of the platform."""
        if not publication.movable:
            raise CampaignRejected(
                f"This campaign is {publication.state} and cannot be moved",
                code="not_movable",
                remedy="Only a scheduled one can be moved; `glowtify repair` finishes what is under way.",
            )
        moved = self._repo.content(publication.id).moved_to(schedule)
        return check_move(self._platforms, publication, moved, self._clock.now())

    def _needed(self, publication: Publication, schedule: Schedule) -> bool:
        settled = publication.state is PublicationState.SCHEDULED and not publication.open_operation
        moved = publication.drift - {Drift.CONTENT}  # which no move puts back
        return not (settled and publication.schedule == schedule and not moved)


def _under_way(publication: Publication, schedule: Schedule) -> bool:
    """Whether just this move was begun and not finished: it is carried on with what its journal knows."""
    operation = publication.open_operation
    return operation is not None and (operation.kind, operation.schedule) == (
        OperationKind.RESCHEDULE,
        schedule,
    )


def _half_done(claim: Claim, publication: Publication, schedule: Schedule) -> bool:
    """Whether a move to another time has begun to take the campaign away: only that knows where it stands."""
    operation = publication.open_operation
    if operation is None or _under_way(publication, schedule):
        return False
    steps = claim.log(publication.id, operation.name).steps()
    return any(step.operation == operation.name and step.name in {DISCARD, CAMPAIGN} for step in steps)


def check_move(
    platforms: Platforms, publication: Publication, moved: Campaign, now: datetime
) -> Sequence[Finding]:
    """Check that a publication's account can send it at its new time; nothing is asked of the platform.

    Raises:
        CampaignRejected: not that time, not through this account, or not with this connector.
    """
    with platforms.connected(publication.key.store, publication.connector) as connected:
        refuse_other_account(publication, connected.connection)
        connected.require(Capability.RESCHEDULE)
        findings = [
            *check_schedule(moved.schedule, connected, now),
            *(one for one in check_campaign(moved, connected) if (one.field or "").startswith("schedule")),
        ]
        refuse_errors(findings)
        return findings
