"""A month of campaigns: which days it shows, and what stands on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from glowtify_adapters.schedules import YEARS
from glowtify_core.domain.publication import CancelledBy, Publication
from glowtify_core.domain.remote import Drift
from glowtify_core.domain.schedule import SendAtRecipientTime
from glowtify_core.domain.state import PublicationState

WEEK = 7


@dataclass(frozen=True, slots=True)
class Entry:
    """One campaign on the calendar.

    Attributes:
        publication: the campaign's newest.
        wall: when it is sent as far as is known, naive: in the calendar's zone, or by each recipient's clock.
        recipient_time: whether it is by those.
    """

    publication: Publication
    wall: datetime
    recipient_time: bool = False

    @property
    def path(self) -> str:
        """The campaign's own page."""
        return f"/campaigns/{self.publication.key.campaign_id}"

    @property
    def needs_person(self) -> bool:
        """Whether somebody should look at it."""
        return needs_person(self.publication)


@dataclass(frozen=True, slots=True)
class Day:
    """One day on the page; ``outside`` where it only fills the month's first or last week."""

    date: date
    entries: Sequence[Entry]
    outside: bool
    today: bool


@dataclass(frozen=True, slots=True)
class Month:
    """What the page shows.

    Attributes:
        first: the month's first day.
        days: whole weeks.
        entries: of the month itself, in order.
        earlier, later: the nearest months that have campaigns, their first days; None: there are none.
    """

    first: date
    days: Sequence[Day]
    entries: Sequence[Entry]
    earlier: date | None
    later: date | None

    @property
    def previous(self) -> date:
        """The first day of the month before."""
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def next(self) -> date:
        """The first day of the month after."""
        return _following(self.first)


def month_named(name: str, today: date) -> date:
    """The first day of a month such as ``2027-01``; of this one where it names none."""
    try:
        first = date.fromisoformat(f"{name}-01")
    except ValueError:
        first = today.replace(day=1)
    return first if first.year in YEARS else today.replace(day=1)


def month_of(entries: Iterable[Entry], first: date, *, today: date, begins: int) -> Month:
    """A month with its campaigns.

    Args:
        entries: of any time.
        first: the month's first day.
        today: in the calendar's zone.
        begins: the day that a week begins with, Monday is 0.
    """
    ordered = sorted(entries, key=lambda entry: (entry.wall, entry.publication.name))
    following = _following(first)
    start = first - timedelta(days=(first.weekday() - begins) % WEEK)
    shown = -(-(following - start).days // WEEK) * WEEK
    by_day: dict[date, list[Entry]] = {}
    for entry in ordered:
        by_day.setdefault(entry.wall.date(), []).append(entry)
    days = [start + timedelta(days=number) for number in range(shown)]
    return Month(
        first,
        [Day(day, by_day.get(day, []), day.month != first.month, day == today) for day in days],
        [entry for entry in ordered if first <= entry.wall.date() < following],
        max((day.replace(day=1) for day in by_day if day < first), default=None),
        min((day.replace(day=1) for day in by_day if day >= following), default=None),
    )


def entry_of(publication: Publication, zone: ZoneInfo) -> Entry:
    """Where a campaign stands on the calendar: at the platform's time, where somebody has moved it there."""
    remote = publication.remote
    if remote and Drift.TIME in publication.drift:
        if remote.recipient_wall:
            return Entry(publication, remote.recipient_wall, recipient_time=True)
        if remote.scheduled_for:
            return Entry(publication, _wall(remote.scheduled_for, zone))
    schedule = publication.schedule
    if isinstance(schedule, SendAtRecipientTime):
        return Entry(publication, schedule.wall, recipient_time=True)
    return Entry(publication, _wall(schedule.instant, zone))


def needs_person(publication: Publication) -> bool:
    """Whether somebody should look at it; not so where we are at work on it, or who ended it knows."""
    if publication.state is PublicationState.UNKNOWN or publication.problem:
        return True
    if publication.open_operation:
        return publication.waits_for_person
    if publication.state is PublicationState.CANCELLED:
        return publication.taken_back or publication.cancelled_by is CancelledBy.PLATFORM
    return bool(publication.attention)


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def _following(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
