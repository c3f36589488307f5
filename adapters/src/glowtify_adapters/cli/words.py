"""Times, states and names as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from glowtify_core.domain.schedule import SendAt, load_zone

if TYPE_CHECKING:
    from glowtify_core.domain.publication import Publication
    from glowtify_core.domain.schedule import Schedule
    from glowtify_core.domain.state import PublicationState

NOTHING = "—"
"""Stands for a figure that nobody gave; never 0."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def plain_json(text: str) -> str:
    """The same JSON with an escape for whatever could steer a terminal."""
    return "".join(one if one < "\x7f" or one.isprintable() else _escape(one) for one in text)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def state_word(state: PublicationState) -> str:
    """The state as people see it."""
    return state.value.capitalize()


def short_time(schedule: Schedule) -> str:
    """Wall time, zone and UTC in one line of a table."""
    wall = f"{schedule.wall:%Y-%m-%d %H:%M}"
    if not isinstance(schedule, SendAt):
        return f"{wall} recipient's time"
    if schedule.zone == "UTC":
        return f"{wall} UTC"
    return f"{wall} {schedule.zone} ({_utc(schedule)})"


def long_time(schedule: Schedule) -> str:
    """The same in words, with the offset that summer time gives it."""
    wall = schedule.wall
    words = f"{DAYS[wall.weekday()]} {wall.day} {MONTHS[wall.month - 1]} {wall.year}, {wall:%H:%M}"
    if not isinstance(schedule, SendAt):
        return f"{words} by each recipient's own clock"
    local = schedule.instant.astimezone(load_zone(schedule.zone))
    offset = f"UTC{local:%z}"
    summer = ", summer time" if local.dst() else ""
    return f"{words} in {schedule.zone} ({offset[:6]}:{offset[6:8]}{summer}) = {_utc(schedule)}"


def instant(moment: datetime | None) -> str:
    """An instant, in UTC, to the minute."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else NOTHING


def seen_url(publication: Publication) -> str:
    """Where a person can look at it; empty when the platform did not say."""
    return publication.remote.url if publication.remote else ""


def _utc(schedule: SendAt) -> str:
    same_day = schedule.instant.date() == schedule.wall.date()
    return f"{schedule.instant:%H:%M} UTC" if same_day else f"{schedule.instant:%Y-%m-%d %H:%M} UTC"
