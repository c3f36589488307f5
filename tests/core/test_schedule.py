"""Wall time, zone and instant."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from glowtify_core.domain.errors import ScheduleRejected
from glowtify_core.domain.schedule import (
    IN_THE_PAST,
    SendAt,
    SendAtRecipientTime,
    parse_wall,
    refuse_past,
)

TORONTO = "America/Toronto"
SOME_ZONES = ("UTC", TORONTO, "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "US/Eastern")


def at(*numbers: int) -> datetime:
    return datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - a wall time


@pytest.mark.parametrize(
    ("wall", "zone", "before", "after"),
    [
        (at(2027, 3, 14, 2, 30), TORONTO, "2027-03-14 01:59", "2027-03-14 03:00"),
        (at(2011, 12, 30, 9, 0), "Pacific/Apia", "2011-12-29 23:59", "2011-12-31 00:00"),
        (at(2026, 3, 29, 0, 30), "Asia/Beirut", "2026-03-28 23:59", "2026-03-29 01:00"),
    ],
)
def test_a_gap_is_refused_with_the_two_nearest_valid_times(wall, zone, before, after):
    with pytest.raises(ScheduleRejected) as refusal:
        SendAt.at(wall, zone)
    assert refusal.value.code == "schedule_gap"
    assert refusal.value.field == "schedule.at"
    assert refusal.value.remedy == f"Choose {before} or {after}."
    assert refusal.value.instead == (parse_wall(before), parse_wall(after))
    for nearest in refusal.value.instead:
        assert SendAt.at(nearest, zone).wall == nearest


def test_an_overlap_takes_the_first_unless_the_second_is_asked_for():
    first = SendAt.at(at(2027, 11, 7, 1, 30), TORONTO)
    second = SendAt.at(at(2027, 11, 7, 1, 30), TORONTO, fold=1)
    assert first.instant == datetime(2027, 11, 7, 5, 30, tzinfo=UTC)
    assert second.instant - first.instant == timedelta(hours=1)
    assert first.ambiguous
    assert second.ambiguous
    assert not SendAt.at(at(2027, 11, 7, 3, 30), TORONTO).ambiguous


def test_legacy_names_of_zones_are_the_zones_of_today():
    wall = at(2027, 7, 1, 9, 0)
    assert SendAt.at(wall, "US/Eastern").instant == SendAt.at(wall, "America/New_York").instant


def test_utc_is_a_zone():
    assert SendAt.at(at(2027, 1, 1, 9, 0), "UTC").instant == datetime(2027, 1, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "zone",
    [
        *("", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "EST5EDT4", "a\x00b"),
        *("right/America/Toronto", "posix/UTC", "posixrules", "localtime", "Factory"),
    ],
)
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(ScheduleRejected, match="Unknown time zone") as refusal:
        SendAt.at(at(2027, 1, 1, 9, 0), zone)
    assert refusal.value.field == "schedule.zone"


@pytest.mark.parametrize("make", [lambda wall: SendAt.at(wall, "UTC"), SendAtRecipientTime.at])
@pytest.mark.parametrize(
    "wall",
    [
        at(2027, 1, 1, 9, 0, 1),
        at(2027, 1, 1, 9, 0, 0, 1),
        datetime(2027, 1, 1, 9, 0, tzinfo=UTC),
        datetime(2027, 1, 1, 9, 0, tzinfo=timezone(timedelta(hours=2))),
        at(1, 1, 1),
        at(9999, 12, 31, 23, 59),
    ],
)
def test_seconds_offsets_and_the_ends_of_time_are_refused(make, wall):
    with pytest.raises(ScheduleRejected):
        make(wall)


@pytest.mark.parametrize("text", ["2027-01-15T09:00", "2027-01-15 09:00", " 2027-01-15T09:00:00 "])
def test_a_wall_time_is_read(text):
    assert parse_wall(text) == at(2027, 1, 15, 9, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2027-01-15",
        "2027-02-30T09:00",
        "2027-W02-5T09:00",
        "2027-01-15T09:00Z",
        "2027-01-15T09:00+02:00",
        "2027-01-15T09:00:30",
    ],
)
def test_what_is_no_wall_time_is_refused(text):
    with pytest.raises(ScheduleRejected) as refusal:
        parse_wall(text)
    assert refusal.value.field == "schedule.at"
    assert refusal.value.remedy


def test_a_time_that_has_come_is_past():
    schedule = SendAt.at(at(2027, 1, 15, 9, 0), "UTC")
    refuse_past(schedule, now=schedule.instant - timedelta(seconds=1), account_zone="UTC")
    with pytest.raises(ScheduleRejected, match=IN_THE_PAST) as refusal:
        refuse_past(schedule, now=schedule.instant, account_zone="UTC")
    assert refusal.value.code == "schedule_in_past"


def test_recipient_time_is_past_when_it_is_past_in_the_accounts_zone():
    schedule = SendAtRecipientTime.at(at(2027, 1, 15, 9, 0))
    now = datetime(2027, 1, 15, 13, 0, tzinfo=UTC)
    refuse_past(schedule, now=now, account_zone=TORONTO)  # 08:00 there
    with pytest.raises(ScheduleRejected, match=IN_THE_PAST):
        refuse_past(schedule, now=now, account_zone="Europe/Paris")


@given(
    wall=st.datetimes(min_value=at(1970, 1, 2), max_value=at(2100, 1, 1)),
    zone=st.sampled_from(SOME_ZONES),
    fold=st.integers(0, 1),
)
def test_instant_and_wall_agree(wall, zone, fold):
    wall = wall.replace(second=0, microsecond=0)
    try:
        schedule = SendAt.at(wall, zone, fold)
    except ScheduleRejected as refusal:
        assert refusal.code == "schedule_gap"  # noqa: PT017 - which gaps there are is the zone's to say
        reject()
    assert schedule.instant.tzinfo is UTC
    assert schedule.instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) == wall
