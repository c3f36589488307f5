"""When a campaign is sent: wall time, zone and the instant they name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from glowtify_core.domain.errors import ScheduleRejected, shown

_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")

_MACHINE_MADE = re.compile(r"(right|posix)/|posixrules$|localtime$|Factory$")
"""Names in the zones' folder that are no zones of people: leap seconds counted, or this machine's setting."""

IN_THE_PAST = "Scheduled datetime must be in the future"
"""The product's title for a time that has gone by."""


@dataclass(frozen=True, slots=True)
class SendAt:
    """One instant for everybody. Made by :meth:`at`, which freezes the instant.

    Attributes:
        wall: what the person wrote, naive, minute precision.
        zone: IANA name of the zone that reads it.
        instant: the same in UTC; later changes of zone rules or settings move nothing.
    """

    wall: datetime
    zone: str
    instant: datetime

    @classmethod
    def at(cls, wall: datetime, zone: str, fold: int = 0) -> SendAt:
        """Resolve a wall time in a zone.

        A time that summer time skips is refused with the two nearest valid ones; of a time that comes twice
        the first is taken unless ``fold`` is 1.

        Raises:
            ScheduleRejected: unknown zone, a gap, seconds, or an aware ``wall``.
        """
        wall = whole_minute(wall)
        info = load_zone(zone)
        instant = wall.replace(tzinfo=info, fold=fold).astimezone(UTC)
        if instant.astimezone(info).replace(tzinfo=None) != wall:
            before, after = _around_gap(wall, info)
            raise ScheduleRejected(
                f"{wall:%Y-%m-%d %H:%M} does not exist in {zone}",
                detail="The clocks are set forward over it.",
                remedy=f"Choose {before:%Y-%m-%d %H:%M} or {after:%Y-%m-%d %H:%M}.",
                code="schedule_gap",
                field="schedule.at",
                instead=(before, after),
            )
        return cls(wall, zone, instant)

    @property
    def ambiguous(self) -> bool:
        """Whether summer time makes this wall time come twice."""
        info = load_zone(self.zone)
        first, second = (self.wall.replace(tzinfo=info, fold=fold) for fold in (0, 1))
        return first.utcoffset() != second.utcoffset()

    def latest_instant(self, account_zone: str) -> datetime:
        """When the first recipient's mail is due: the instant itself."""
        del account_zone
        return self.instant


@dataclass(frozen=True, slots=True)
class SendAtRecipientTime:
    """The same wall time for each recipient, in their own zone. There is no single instant."""

    wall: datetime

    @classmethod
    def at(cls, wall: datetime) -> SendAtRecipientTime:
        """Check a recipient-local wall time.

        Raises:
            ScheduleRejected: seconds, or an aware ``wall``.
        """
        return cls(whole_minute(wall))

    def latest_instant(self, account_zone: str) -> datetime:
        """The instant that decides whether this is past: the wall time in the account's zone."""
        return self.wall.replace(tzinfo=load_zone(account_zone)).astimezone(UTC)


Schedule = SendAt | SendAtRecipientTime


def parse_wall(text: str) -> datetime:
    """Read ``2027-01-15T09:00`` or ``2027-01-15 09:00``, naive.

    Raises:
        ScheduleRejected: anything else, an offset included.
    """
    try:
        wall = datetime.fromisoformat(text.strip())
    except ValueError:
        wall = None
    if wall is None or not _DATE_AND_TIME.match(text.strip()):  # a date alone would be read as midnight
        raise ScheduleRejected(
            f"{shown(text)} is not a date and time",
            remedy="Write it as 2027-01-15T09:00, without an offset; the zone is given apart.",
            field="schedule.at",
        )
    return whole_minute(wall)


def whole_minute(wall: datetime) -> datetime:
    """The wall time itself, when it is naive, has no seconds and can be told in every zone.

    Raises:
        ScheduleRejected: otherwise.
    """
    if wall.tzinfo is not None:
        raise ScheduleRejected(
            "The time has an offset",
            remedy="Write the wall time without an offset and name the zone, such as America/Toronto.",
            field="schedule.at",
        )
    if wall.second or wall.microsecond:
        raise ScheduleRejected(
            "The time has seconds", remedy="Write hours and minutes only.", field="schedule.at"
        )
    if wall.year in {MINYEAR, MAXYEAR}:  # UTC may be a year away, which Python cannot hold
        raise ScheduleRejected(
            f"The year {wall.year} is out of reach", remedy="Choose another date.", field="schedule.at"
        )
    return wall


def load_zone(name: str) -> ZoneInfo:
    """The IANA zone of this name, legacy names such as US/Eastern included.

    Raises:
        ScheduleRejected: unknown.
    """
    unknown = ScheduleRejected(
        f"Unknown time zone {shown(name)}",
        remedy="Use an IANA name such as America/Toronto or UTC.",
        field="schedule.zone",
    )
    if _MACHINE_MADE.match(name):
        raise unknown
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise unknown from problem


def refuse_past(schedule: Schedule, *, now: datetime, account_zone: str) -> None:
    """Refuse a schedule whose time has come.

    Raises:
        ScheduleRejected: titled "Scheduled datetime must be in the future".
    """
    if schedule.latest_instant(account_zone) <= now:
        raise ScheduleRejected(
            IN_THE_PAST,
            detail=f"{schedule.wall:%Y-%m-%d %H:%M} has passed.",
            remedy="Choose a later date or time.",
            code="schedule_in_past",
            field="schedule.at",
        )


def _around_gap(wall: datetime, info: ZoneInfo) -> tuple[datetime, datetime]:
    """The last valid minute before a gap and the first after it."""
    before, after = wall, wall
    minute = timedelta(minutes=1)
    while not _exists(before, info):
        before -= minute
    while not _exists(after, info):
        after += minute
    return before, after


def _exists(wall: datetime, info: ZoneInfo) -> bool:
    return wall.replace(tzinfo=info).astimezone(UTC).astimezone(info).replace(tzinfo=None) == wall
