"""A time as a person writes it becomes a schedule."""

from __future__ import annotations

from datetime import datetime

from glowtify_core.domain.errors import ScheduleRejected, shown
from glowtify_core.domain.schedule import Schedule, SendAt, SendAtRecipientTime, parse_wall

YEARS = range(2000, 9000)
"""Years that a schedule may name: beyond them dates cannot be reckoned in every zone."""


def read_schedule(
    at: str | datetime, zone: str | None, *, recipient_local: bool = False, fold: int = 0
) -> Schedule:
    """A time as a person writes it; a zone is needed unless it is by each recipient's own clock.

    Args:
        at: such as ``2027-01-15T09:00``.
        zone: IANA name of the zone that reads it.
        recipient_local: whether each recipient's own clock does.
        fold: 1 for the second of a time that comes twice.

    Raises:
        ScheduleRejected: it is no time, has an offset, or does not exist in that zone.
    """
    wall = _wall(at) if isinstance(at, str) else at
    if wall.year not in YEARS:
        raise ScheduleRejected(
            f"The year {wall.year} cannot be planned for",
            remedy="Write the date as 2027-01-15T09:00.",
            field="schedule.at",
        )
    if recipient_local:
        return SendAtRecipientTime.at(wall)
    if not zone:
        raise ScheduleRejected(
            "The time has no zone",
            remedy='Name one, such as zone = "America/Toronto", or set recipient_local = true.',
            field="schedule.zone",
        )
    return SendAt.at(wall, zone, fold)


def _wall(text: str) -> datetime:
    if len(text.strip()) <= len("2027-01-15"):
        raise ScheduleRejected(
            f"{shown(text)} has no time of day", remedy="Write it as 2027-01-15T09:00.", field="schedule.at"
        )
    return parse_wall(text)
