"""Checks before anything is written: ours, and the connector's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from glowtify_core.application.platforms import Connected
from glowtify_core.domain.campaign import Campaign
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import CampaignRejected, InvalidCampaign, ScheduleRejected, shown
from glowtify_core.domain.schedule import Schedule, SendAt, SendAtRecipientTime, refuse_past
from glowtify_core.ports.connectors import ConnectorManifest
from glowtify_core.ports.platform import Finding, Level, SupportsPreflight

SHORT_LEAD = timedelta(minutes=15)
"""Less time than this before sending is worth a warning: platforms lock a campaign shortly before."""

SUBJECT_ADVICE = 60
PREHEADER_ADVICE = (80, 100)
"""Characters that Glowtify advises; advice, never a refusal."""


@dataclass(frozen=True, slots=True)
class Overview:
    """All that there is to say about a campaign at once.

    Attributes:
        findings: of our advice and of the connector, errors included.
        refusals: what publishing would raise, each reason by itself.
    """

    findings: Sequence[Finding]
    refusals: Sequence[CampaignRejected]

    @property
    def publishable(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.refusals and all(one.level is not Level.ERROR for one in self.findings)


def look_over(campaign: Campaign, connected: Connected, now: datetime, *, online: bool = False) -> Overview:
    """The checks below, none of which keeps another from having its say."""
    manifest = connected.manifest
    checks: Sequence[Callable[[], Sequence[Finding] | None]] = (
        lambda: check_schedule(campaign.schedule, connected, now),
        lambda: _require_what_it_uses(campaign, connected),
        lambda: _refuse_language(campaign.language, manifest),
        lambda: _refuse_too_many(len(campaign.include), manifest),
        lambda: _findings(campaign, connected, online=online),
    )
    findings: list[Finding] = []
    refusals = []
    for check in checks:
        try:
            findings += check() or ()
        except CampaignRejected as refusal:
            refusals.append(refusal)
    return Overview(findings, refusals)


def check_schedule(schedule: Schedule, connected: Connected, now: datetime) -> Sequence[Finding]:
    """Refuse a time that is past or that the platform cannot do; warn of one that is near or comes twice.

    Raises:
        ScheduleRejected: past, or off the platform's grid; then with the two nearest times it can do.
        Unsupported: recipient-local where the connector does not declare it.
    """
    if isinstance(schedule, SendAtRecipientTime):
        connected.require(Capability.RECIPIENT_TIME)
    zone = connected.connection.account.zone
    refuse_past(schedule, now=now, account_zone=zone)
    _refuse_off_grid(schedule, connected.manifest.minutes, connected.manifest.title)
    findings = []
    if schedule.latest_instant(zone) - now < SHORT_LEAD:
        findings.append(
            _warning(
                "short_lead", "Less than 15 minutes ahead", "Little time is left to change it.", "schedule.at"
            )
        )
    if isinstance(schedule, SendAt) and schedule.ambiguous:
        findings.append(
            _warning(
                "time_comes_twice",
                f"{schedule.wall:%H:%M} comes twice that night; this is {schedule.instant:%H:%M} UTC",
                "Choose another time if you mean the other one.",
                "schedule.at",
            )
        )
    return findings


def check_campaign(campaign: Campaign, connected: Connected, *, online: bool = False) -> Sequence[Finding]:
    """Everything that can be said of a campaign's content; ``online`` lets the connector ask its platform.

    Raises:
        Unsupported: it uses something that the connector does not declare.
        InvalidCampaign: it lacks what the platform needs, or has more of it than it takes.
    """
    _require_what_it_uses(campaign, connected)
    _refuse_language(campaign.language, connected.manifest)
    _refuse_too_many(len(campaign.include), connected.manifest)
    return _findings(campaign, connected, online=online)


def _findings(campaign: Campaign, connected: Connected, *, online: bool) -> Sequence[Finding]:
    findings = list(_advice(campaign))
    if isinstance(connected.platform, SupportsPreflight):
        findings += connected.platform.preflight(campaign, online=online)
    return findings


def refuse_errors(findings: Sequence[Finding]) -> None:
    """Stop at findings that are errors, all of them at once.

    Raises:
        InvalidCampaign: naming the first field and listing every error.
    """
    errors = [finding for finding in findings if finding.level is Level.ERROR]
    if errors:
        first = errors[0]
        more = "; ".join(
            f"{error.title} ({error.field})" if error.field else error.title for error in errors[1:]
        )
        raise InvalidCampaign(
            first.title,
            code=first.code,
            remedy=first.remedy,
            field=first.field,
            detail=more and f"also: {more}",
        )


def _require_what_it_uses(campaign: Campaign, connected: Connected) -> None:
    connected.require(Capability.PUBLISH)
    if campaign.exclude:
        connected.require(Capability.EXCLUDE)
    if not campaign.options.smart_sending:
        connected.require(Capability.SMART_SENDING)


def _refuse_language(language: str | None, manifest: ConnectorManifest) -> None:
    known = manifest.languages
    if not known or language in known:
        return
    raise InvalidCampaign(
        f"{manifest.title} does not know the language {shown(language)}"
        if language
        else f"{manifest.title} needs to know the language of the e-mail",
        code="language_required",
        remedy=f"Set language to {known[0]}."
        if len(known) == 1
        else f"Set language to one of: {', '.join(known)}.",
        field="language",
    )


def _refuse_too_many(chosen: int, manifest: ConnectorManifest) -> None:
    most = manifest.most_audiences
    if most is None or chosen <= most:
        return
    raise InvalidCampaign(
        f"{manifest.title} sends a campaign to {most} {'audience' if most == 1 else 'audiences'} at most,"
        f" and {chosen} are chosen",
        code="too_many_audiences",
        remedy=f"Choose {most}, such as a segment that holds them all, or publish one campaign for each.",
        field="audience.include",
    )


def _advice(campaign: Campaign) -> Sequence[Finding]:
    findings = []
    if len(campaign.subject) > SUBJECT_ADVICE:
        findings.append(
            _warning(
                "long_subject",
                f"The subject has {len(campaign.subject)} characters",
                "Under 60 is better.",
                "subject",
            )
        )
    low, high = PREHEADER_ADVICE
    if campaign.preheader and not low <= len(campaign.preheader) <= high:
        findings.append(
            _warning(
                "preheader_length",
                f"The preheader has {len(campaign.preheader)} characters",
                "80 to 100 read best.",
                "preheader",
            )
        )
    if campaign.text is None:
        findings.append(
            _warning("no_text", "There is no text part", "The platform makes one from the HTML.", "text")
        )
    return findings


def _refuse_off_grid(schedule: Schedule, minutes: int, title: str) -> None:
    past_step = timedelta(minutes=schedule.wall.minute % minutes)
    if past_step:
        before = schedule.wall - past_step
        after = before + timedelta(minutes=minutes)
        raise ScheduleRejected(
            f"{title} sends every {minutes} minutes only",
            remedy=f"Choose {before:%Y-%m-%d %H:%M} or {after:%Y-%m-%d %H:%M}.",
            code="schedule_unsupported_time",
            field="schedule.at",
            instead=(before, after),
        )


def _warning(code: str, title: str, remedy: str, field: str) -> Finding:
    return Finding(Level.WARNING, code, title, remedy, field)
