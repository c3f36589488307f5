"""Publishing: a person's wish becomes one publication, and stays one however often it is repeated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from glowtify_core.application.advance_publication import AdvancePublication
from glowtify_core.application.attention import noticed
from glowtify_core.application.claims import Report, holding, silent
from glowtify_core.application.content_check import look_at_content
from glowtify_core.application.list_audiences import resolve
from glowtify_core.application.platforms import Connected, Platforms
from glowtify_core.application.preflight import (
    Overview,
    check_campaign,
    check_schedule,
    look_over,
    refuse_errors,
)
from glowtify_core.application.reschedule_campaign import check_move
from glowtify_core.application.track_campaigns import TrackCampaigns
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.errors import CampaignRejected, Effect, OutcomeUnknown
from glowtify_core.domain.publication import OperationKind, Publication, open_publication
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import CampaignRepo, Claim
from glowtify_core.ports.clock import Clock
from glowtify_core.ports.platform import Finding


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check without writing found: the campaign with audiences resolved, and what to say about it."""

    campaign: Campaign
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing came to.

    Attributes:
        publication: as it stands now.
        findings: warnings of the preflight.
        already: True when it had been handed over before, so that nothing was written.
    """

    publication: Publication
    findings: Sequence[Finding] = ()
    already: bool = False


class _Next(Enum):
    """What a wish to publish means, given the campaign's latest publication."""

    OPEN = auto()
    RESUME = auto()
    SCHEDULE_AGAIN = auto()
    LOOK = auto()
    DONE = auto()


class PublishCampaign:
    """Opens a publication, or goes on with the one there is."""

    def __init__(
        self,
        *,
        repo: CampaignRepo,
        platforms: Platforms,
        advance: AdvancePublication,
        track: TrackCampaigns,
        clock: Clock,
    ) -> None:
        self._repo = repo
        self._platforms = platforms
        self._advance = advance
        self._track = track
        self._clock = clock

    def check(self, campaign: Campaign) -> Checked:
        """Everything that publishing would check, online, and nothing written.

        Raises:
            CampaignRejected: it cannot be published as it is.
        """
        with self._platforms.connected(campaign.key.store, campaign.connector) as connected:
            findings = [
                *check_schedule(campaign.schedule, connected, self._clock.now()),
                *check_campaign(campaign, connected),
            ]
            refuse_errors(findings)
            campaign = resolve(campaign, connected)
            findings += [
                finding
                for finding in check_campaign(campaign, connected, online=True)
                if finding not in findings
            ]
            refuse_errors(findings)
        return Checked(campaign, findings)

    def look_over(self, campaign: Campaign, *, online: bool = False) -> Overview:
        """All that there is to say about a campaign whose audiences are ids; nothing is refused or written.

        Args:
            campaign: as far as it is known.
            online: whether the platform may be asked.

        Raises:
            CredentialsMissing: not connected.
            PlatformError: it could not be asked.
        """
        with self._platforms.connected(campaign.key.store, campaign.connector) as connected:
            return look_over(campaign, connected, self._clock.now(), online=online)

    def __call__(
        self, campaign: Campaign, *, again: bool = False, later: bool = False, report: Report = silent
    ) -> Published:
        """Publish a campaign.

        Args:
            campaign: as the person wants it.
            again: publish anew what was cancelled.
            later: only check it and write it down; a worker hands it over.
            report: is told what is being done.

        Raises:
            CampaignRejected: refused before any request.
            PublicationBusy: another worker holds the campaign.
            PlatformError: the platform refused, failed, or left the outcome unknown, as its effect says.
        """
        with holding(self._repo, campaign.key, self._clock, report=report) as claim:
            return self._publish(claim, campaign, again, later, report)

    def _publish(
        self, claim: Claim, campaign: Campaign, again: bool, later: bool, report: Report
    ) -> Published:
        latest = self._repo.latest(campaign.key)
        latest = self._tidy(claim, latest, report)
        step = _decide(latest, campaign, again=again)
        if latest and step is _Next.LOOK:
            latest = self._track.look(claim, latest)
            step = _decide(latest, campaign, again=again)
        findings: Sequence[Finding] = ()
        if latest is None or step is _Next.OPEN:
            latest, findings = self._open(claim, campaign, report)
        elif step is _Next.DONE:
            return Published(latest, already=True)
        elif step is _Next.SCHEDULE_AGAIN:
            latest, findings = self._schedule_again(claim, latest)
        elif step is _Next.LOOK:
            raise _undecided(latest)
        if not later:
            latest = self._advance.carry_on(claim, latest, report=report)
        return Published(latest, findings)

    def _tidy(self, claim: Claim, latest: Publication | None, report: Report) -> Publication | None:
        """Finish first what another wish began, or a publish that ended otherwise has left.

        Raises:
            OutcomeUnknown: it is not finished yet.
        """
        operation = latest.open_operation if latest else None
        if not latest or not operation:
            return latest
        if operation.kind is OperationKind.PUBLISH and not latest.state.final:
            return latest
        latest = self._advance.carry_on(claim, latest, report=report)
        if latest.open_operation and not latest.tidying:
            raise _undecided(latest)
        return latest

    def _open(
        self, claim: Claim, campaign: Campaign, report: Report
    ) -> tuple[Publication, Sequence[Finding]]:
        """Check, resolve and open a new publication."""
        with self._platforms.connected(campaign.key.store, campaign.connector) as connected:
            findings = self._check_offline(campaign, connected)
            report("audiences")
            resolved = resolve(campaign, connected)
            refuse_errors(check_campaign(resolved, connected))
            account = connected.connection.account
        now = self._clock.now()
        publication = noticed(open_publication(resolved, account_id=account.id, now=now), now)
        claim.add(publication, resolved)
        return publication, findings

    def _schedule_again(self, claim: Claim, latest: Publication) -> tuple[Publication, Sequence[Finding]]:
        """Open a move of what was unscheduled to the time that it had."""
        findings = check_move(self._platforms, latest, self._repo.content(latest.id), self._clock.now())
        latest, remarks = look_at_content(self._platforms, latest)
        now = self._clock.now()
        latest = noticed(latest.begin(OperationKind.RESCHEDULE, now, schedule=latest.schedule), now)
        claim.save(latest)
        return latest, [*findings, *remarks]

    def _check_offline(self, campaign: Campaign, connected: Connected) -> Sequence[Finding]:
        findings = [
            *check_schedule(campaign.schedule, connected, self._clock.now()),
            *check_campaign(campaign, connected),
        ]
        refuse_errors(findings)
        return findings


def _decide(latest: Publication | None, campaign: Campaign, *, again: bool) -> _Next:
    """One place for what publishing means in each state.

    Raises:
        CampaignRejected: it must not be published now.
    """
    state = latest.state if latest else PublicationState.FAILED
    if latest and not again:
        _refuse_ended(latest)
    if latest is None or (state.final and state is not PublicationState.SENT):
        return _Next.OPEN
    if state in {PublicationState.SENDING, PublicationState.SENT}:
        raise _refusal("already_sent", f"This campaign is {state} already", "Use a new id for a new e-mail.")
    if state is PublicationState.UNKNOWN and not latest.open_operation:
        return _Next.LOOK
    if latest.fingerprint != campaign.fingerprint:
        raise _changed(latest)
    if latest.open_operation:
        return _Next.RESUME
    if state is PublicationState.STAGED:
        return _Next.SCHEDULE_AGAIN
    return _Next.DONE


def _refuse_ended(latest: Publication) -> None:
    """Whoever wants to publish anew what ended, and was not just taken back for changes, has to say so."""
    if latest.maybe_sent:
        raise _refusal(
            "maybe_sent",
            "This campaign was found deleted after its time, and may have been sent",
            "Publish it with --again only if you are sure that it did not go out.",
        )
    if latest.state is not PublicationState.CANCELLED or latest.taken_back:
        return
    if latest.remote and latest.remote.partly_sent:
        raise _refusal(
            "partly_sent",
            "This campaign was cancelled while it was being sent: some have received it",
            "Use a new id, and an audience without them; --again sends it to all of them.",
        )
    raise _refusal("cancelled", "This campaign was cancelled", "Publish it with --again, or use a new id.")


def _changed(latest: Publication) -> CampaignRejected:
    """Why a changed campaign is not published over the one there is."""
    name = latest.key.campaign_id
    if latest.open_operation and not latest.tidying:
        return _refusal(
            "publication_open",
            "The campaign has changed while an earlier version is being published",
            f"Publish the earlier version again to finish it, or take it back with `glowtify edit {name}`.",
        )
    return _refusal(
        "campaign_changed",
        f"This campaign is {latest.state} already, and the file has changed",
        f"To move it, use `glowtify reschedule {name} --at T`. To change the e-mail, take it back with"
        f" `glowtify edit {name}` and publish again.",
    )


def _undecided(latest: Publication) -> OutcomeUnknown:
    return OutcomeUnknown(
        "The outcome is not known",
        effect=Effect.UNKNOWN,
        detail=latest.attention,
        remedy="Run `glowtify repair`; nothing is published while this is open.",
    )


def _refusal(code: str, title: str, remedy: str) -> CampaignRejected:
    return CampaignRejected(title, code=code, remedy=remedy)
