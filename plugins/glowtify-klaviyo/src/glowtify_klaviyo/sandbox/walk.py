"""The life of a campaign after its send job: which statuses follow, when, and which mail goes out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from glowtify_klaviyo.sandbox import profiles
from glowtify_klaviyo.sandbox.models import DRAFT, Campaign, Job, Pace, Wave
from glowtify_klaviyo.sandbox.state import State

QUEUED, ADDING, SCHEDULED = "Queued without Recipients", "Adding Recipients", "Scheduled"
PREPARING, SENDING, SENT = "Preparing to send", "Sending", "Sent"
CANCELLED, NO_RECIPIENTS = "Cancelled", "Cancelled: No Recipients"
ENDINGS = (
    NO_RECIPIENTS,
    "Cancelled: Smart Sending",
    "Cancelled: Account Disabled",
    "Cancelled: Billing Limit",
    "Cancelled: Internal Error",
    "Cancelled: Misconfigured",
)
ONE_DAY = timedelta(days=1)

Phases = list[tuple[datetime, str]]


PACES: dict[Literal["quick", "real"], Pace] = {
    "quick": Pace(),
    "real": Pace(adding=6, scheduled=24, empty=27, sending=8, sent=40, action=4, estimation=360),
}


def is_final(status: str) -> bool:
    """Tell whether nothing follows this status."""
    return status == SENT or status.startswith(CANCELLED)


def recipients(state: State, campaign: Campaign) -> list[int]:
    """Return who would get the mail now: included, minus excluded, minus suppressed."""
    people: set[int] = set()
    for audience in campaign.audiences["included"]:
        people.update(state.audiences[audience].members if audience in state.audiences else ())
    for audience in campaign.audiences["excluded"]:
        people.difference_update(state.audiences[audience].members if audience in state.audiences else ())
    return sorted(number for number in people if not profiles.suppressed(number))


def planned(state: State, campaign: Campaign) -> datetime:
    """Return the instant that the strategy names; a recipient-local one is a wall time read as UTC."""
    strategy = campaign.send_strategy
    if "datetime" in strategy:
        return datetime.fromisoformat(strategy["datetime"])
    if "date" in strategy:
        midnight = datetime.fromisoformat(strategy["date"])
        return midnight.replace(tzinfo=ZoneInfo(state.account.timezone)).astimezone(UTC)
    return state.clock.now()


def is_local(campaign: Campaign) -> bool:
    """Tell whether each recipient's own clock decides."""
    return bool((campaign.send_strategy.get("options") or {}).get("is_local"))


def schedule(state: State, campaign: Campaign, *, ending: str | None = None) -> None:
    """Take a send job: fix the recipients and all that follows, unless someone steps in."""
    now = state.clock.now()
    if campaign.send_strategy["method"] == "immediate":
        campaign.send_strategy = {
            "method": "static",
            "datetime": now.isoformat(),
            "options": {"is_local": False},
        }
    campaign.scheduled_at = state.clock.stamp()
    campaign.send_time = planned(state, campaign)
    waves = _waves(state, campaign, recipients(state, campaign), now)
    begin = max(now, min((wave.at for wave in waves), default=campaign.send_time))
    ending = ending or campaign.ending or state.ending_for(campaign.name)
    phases = _before(state, now, begin, empty=not waves)
    if waves:
        phases += _sending(state, begin, waves, ending)
    sending = timedelta(seconds=state.pace.sending)
    gone = [] if ending else [Wave(max(wave.at, now) + sending, wave.people) for wave in waves]
    campaign.job = Job(campaign.scheduled_at, phases, gone)


def stop(state: State, campaign: Campaign, *, lag: float | None = None, status: str | None = None) -> None:
    """Cancel for good: what has gone out stays out."""
    at, job = _acting_at(state, lag), _job(campaign)
    job.waves = job.gone_out(at)
    partly = state.guesses.cancelled_while_sending if job.waves else CANCELLED
    job.phases = [phase for phase in job.phases if phase[0] <= at] + [(at, status or partly)]
    job.cancelled = True


def revert(state: State, campaign: Campaign, *, lag: float | None = None) -> None:
    """Take the job back: a Draft again, which a new job can schedule."""
    at, job = _acting_at(state, lag), _job(campaign)
    job.waves = job.gone_out(at)
    job.phases = [phase for phase in job.phases if phase[0] <= at] + [(at, DRAFT)]
    job.reverted_at = at


def _job(campaign: Campaign) -> Job:
    if campaign.job is None:
        raise LookupError(f"campaign {campaign.id} has no send job")
    return campaign.job


def _acting_at(state: State, lag: float | None) -> datetime:
    guessed = state.pace.action if state.guesses.action_lag is None else state.guesses.action_lag
    return state.clock.now() + timedelta(seconds=guessed if lag is None else lag)


def _before(state: State, now: datetime, begin: datetime, *, empty: bool) -> Phases:
    """The statuses between the job and the first mail."""
    start, pace = now + timedelta(seconds=state.guesses.job_lag), state.pace
    phases: Phases = [(start, QUEUED)]
    if state.guesses.recipients_chosen == "send":
        return [*phases, (begin, NO_RECIPIENTS)] if empty else phases
    phases.append((start + timedelta(seconds=pace.adding), ADDING))
    if empty:
        return [*phases, (start + timedelta(seconds=pace.empty), NO_RECIPIENTS)]
    phases.append((start + timedelta(seconds=pace.scheduled), SCHEDULED))
    return [phases[0]] + [phase for phase in phases[1:] if phase[0] <= begin]


def _sending(state: State, begin: datetime, waves: Sequence[Wave], ending: str | None) -> Phases:
    """The statuses from the first mail to the end."""
    if ending:
        return [(begin, ending)]
    sending = begin + timedelta(seconds=state.pace.sending)
    last = max(sending, *(wave.at for wave in waves)) + timedelta(seconds=state.pace.sent)
    return [(begin, PREPARING), (sending, SENDING), (last, SENT)]


def _waves(state: State, campaign: Campaign, people: list[int], now: datetime) -> list[Wave]:
    """Split the recipients by the instant at which their mail goes out."""
    when = planned(state, campaign)
    if not people:
        return []
    if is_local(campaign):
        return _local_waves(state, campaign, people, now)
    if campaign.send_strategy["method"] == "throttled":
        share = -(-len(people) * campaign.send_strategy["throttle_percentage"] // 100)
        chunks = [people[start : start + share] for start in range(0, len(people), share)]
        return [Wave(when + timedelta(hours=hour), chunk) for hour, chunk in enumerate(chunks)]
    return [Wave(when, people)]


def _local_waves(state: State, campaign: Campaign, people: list[int], now: datetime) -> list[Wave]:
    wall = planned(state, campaign).replace(tzinfo=None)
    at_once = campaign.send_strategy["options"].get("send_past_recipients_immediately", False)
    by_instant: dict[datetime, list[int]] = defaultdict(list)
    instants = {
        zone: _local_instant(wall, zone or state.account.timezone, now, at_once=at_once)
        for zone in profiles.ZONES
    }
    for number in people:
        by_instant[instants[profiles.zone(number)]].append(number)
    return [Wave(instant, by_instant[instant]) for instant in sorted(by_instant)]


def _local_instant(wall: datetime, zone: str, now: datetime, *, at_once: bool) -> datetime:
    """When a clock in ``zone`` shows ``wall``; if it already has, now or a day later."""
    instant = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if instant >= now:
        return instant
    if at_once:
        return now
    return (wall + ONE_DAY).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
