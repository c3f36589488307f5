"""When a publication is looked at again though nobody asks: often near its time, seldom far from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zlib import crc32

from glowtify_core.domain.publication import Publication
from glowtify_core.domain.schedule import SendAtRecipientTime
from glowtify_core.domain.state import PublicationState

_MINUTE = timedelta(minutes=1)
_SOONEST, _UNSETTLED, _AHEAD, _AFTER = _MINUTE, 15 * _MINUTE, timedelta(hours=6), timedelta(days=1)
"""At least and at most between looks: while it may change any moment, before its time, and after it."""

_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
"""Between two tries of what failed."""

_EARLIEST_ZONE = "Pacific/Kiritimati"
_MAY_CHANGE_ANY_MOMENT = frozenset(
    {PublicationState.SUBMITTING, PublicationState.SENDING, PublicationState.UNKNOWN}
)

Ages = Sequence[tuple[timedelta, timedelta]]
"""Up to which age since sending (ascending) figures are read again, and after how long each time."""

FIGURES: Ages = (
    (timedelta(hours=1), timedelta(minutes=15)),
    (timedelta(days=2), timedelta(hours=1)),
    (timedelta(days=7), timedelta(hours=6)),
    (timedelta(days=30), timedelta(days=1)),
    (timedelta(days=365), timedelta(days=7)),
)
"""Until a year after sending; later figures hardly change."""


def next_look(publication: Publication) -> datetime | None:
    """When it is due, given when it was last looked at; what has gone by is due at once, None never.

    Due is an open operation unless it waits for a person, how it stands until its end, and then its figures.
    """
    operation = publication.open_operation
    if operation:
        return None if publication.waits_for_person else operation.opened_at
    last = publication.checked_at or publication.opened_at
    if publication.state.final:
        return _on_the_grid(publication, last, FIGURES[0][1]) if publication.has_figures else None
    return last + _gap(publication, last)


def next_try(publication: Publication, now: datetime, wait: timedelta | None = None) -> datetime:
    """When to try again what failed: after as long as it has been failing, sooner the nearer its time is.

    Args:
        publication: as it stands after the failure.
        now: aware.
        wait: what the platform asked for at least.
    """
    operation = publication.open_operation
    since = operation.opened_at if operation else publication.checked_at or publication.opened_at
    pause = min(max(now - since, _SHORTEST_PAUSE), _LONGEST_PAUSE)
    left = _sending_at(publication) - now
    if left > timedelta():
        pause = min(pause, max(left / 4, _SHORTEST_PAUSE))
    return now + max(pause, wait or timedelta())


def next_figures(publication: Publication, now: datetime, ages: Ages = FIGURES) -> datetime | None:
    """When figures read now are to be read again; None when it was sent too long ago.

    All campaigns of an account that are as old fall due together, so that one report serves many.
    """
    gap = figures_gap(publication, now, ages)
    return None if gap is None else _on_the_grid(publication, now, gap)


def stale(publication: Publication, read_at: datetime, now: datetime, ages: Ages = FIGURES) -> bool:
    """Whether figures that were read then are to be read again by now; after the last age never."""
    due = next_figures(publication, read_at, ages)
    return due is not None and due <= now and figures_gap(publication, now, ages) is not None


def figures_gap(publication: Publication, now: datetime, ages: Ages = FIGURES) -> timedelta | None:
    """For how long figures of a campaign of this age count as fresh; None: for ever."""
    remote = publication.remote
    age = now - ((remote and remote.sent_at) or _sending_at(publication))
    return next((gap for limit, gap in ages if age < limit), None)


def _gap(publication: Publication, last: datetime) -> timedelta:
    """A tenth of the way to its time, or of the time that has gone by since."""
    way = _sending_at(publication) - last
    longest = _AHEAD if way > timedelta() else _AFTER
    if publication.state in _MAY_CHANGE_ANY_MOMENT:
        longest = _UNSETTLED
    return min(max(abs(way) / 10, _SOONEST), longest)


def _sending_at(publication: Publication) -> datetime:
    """When the first e-mail of it leaves; what the platform says goes before what we want."""
    if publication.remote and publication.remote.scheduled_for:
        return publication.remote.scheduled_for
    schedule = publication.schedule
    if isinstance(schedule, SendAtRecipientTime):
        return schedule.latest_instant(_EARLIEST_ZONE)
    return schedule.instant


def _on_the_grid(publication: Publication, after: datetime, gap: timedelta) -> datetime:
    """The next of the instants ``gap`` apart that an account has; accounts differ in where theirs begin."""
    account = f"{publication.connector}:{publication.account_id}".encode()
    start = datetime.fromtimestamp(crc32(account) % int(gap.total_seconds()), UTC)
    return start + ((after - start) // gap + 1) * gap
