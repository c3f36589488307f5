"""Which days a month shows, and what stands on them."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import fakes
import pytest

from glowtify_adapters.web.calendar import Entry, entry_of, month_named, month_of, needs_person
from glowtify_core.domain.publication import CancelledBy, OperationKind, Problem, open_publication
from glowtify_core.domain.remote import Drift, RemoteCampaign, RemoteRef
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime
from glowtify_core.domain.state import PublicationState as S

TODAY = date(2027, 1, 15)
BERLIN = ZoneInfo("Europe/Berlin")


def publication(state=S.SCHEDULED, **changes):
    opened = open_publication(fakes.campaign(), account_id="ACC001", now=fakes.START)
    return replace(opened.finish(fakes.START), state=state, **changes)


def entry(day, hour=9):
    return Entry(publication(), datetime(2027, 1, day, hour))  # noqa: DTZ001 - a wall time


def month(entries=(), first=date(2027, 1, 1), begins=0):
    return month_of(entries, first, today=TODAY, begins=begins)


@pytest.mark.parametrize(
    ("begins", "first", "last"),
    [(0, date(2026, 12, 28), date(2027, 1, 31)), (6, date(2026, 12, 27), date(2027, 2, 6))],
    ids=["Monday", "Sunday"],
)
def test_a_month_is_whole_weeks_that_begin_where_people_begin_them(begins, first, last):
    days = month(begins=begins).days
    assert (days[0].date, days[-1].date) == (first, last)
    assert len(days) % 7 == 0
    assert [day.date for day in days if not day.outside] == [date(2027, 1, n) for n in range(1, 32)]
    assert [day.date for day in days if day.today] == [TODAY]


def test_a_day_has_its_campaigns_in_order():
    late, early = entry(15, 17), entry(15, 8)
    (today,) = [day for day in month([late, early]).days if day.today]
    assert today.entries == [early, late]


def test_a_month_knows_its_neighbours_and_where_the_nearest_campaigns_are():
    shown = month([entry(3), entry(20)], date(2027, 5, 1))
    assert (shown.previous, shown.next) == (date(2027, 4, 1), date(2027, 6, 1))
    assert (shown.earlier, shown.later) == (date(2027, 1, 1), None)
    assert month([entry(3)], date(2026, 12, 1)).later == date(2027, 1, 1)


@pytest.mark.parametrize("name", ["", "2027", "2027-13", "0001-01", "9999-12", "2027-01-01", "Sale"])
def test_what_names_no_month_is_this_one(name):
    assert month_named(name, TODAY) == date(2027, 1, 1)


def test_a_month_by_name():
    assert month_named("2031-03", TODAY) == date(2031, 3, 1)


def test_a_campaign_stands_at_its_time_in_the_zone():
    schedule = SendAt.at(datetime(2027, 1, 15, 20), "America/Toronto")  # noqa: DTZ001 - a wall time
    shown = entry_of(publication(schedule=schedule), BERLIN)
    assert (shown.wall, shown.recipient_time) == (datetime(2027, 1, 16, 2), False)  # noqa: DTZ001


def test_by_recipients_clocks_it_stands_on_their_day():
    wall = datetime(2027, 1, 15, 23)  # noqa: DTZ001 - a wall time
    shown = entry_of(publication(schedule=SendAtRecipientTime.at(wall)), BERLIN)
    assert (shown.wall, shown.recipient_time) == (wall, True)


@pytest.mark.parametrize("by_recipients", [False, True])
def test_what_was_moved_on_the_platform_stands_where_it_will_be_sent(by_recipients):
    wall = datetime(2027, 2, 1, 8)  # noqa: DTZ001 - a wall time
    moved = {"recipient_wall": wall} if by_recipients else {"scheduled_for": wall.replace(tzinfo=BERLIN)}
    remote = RemoteCampaign(RemoteRef("fake", (("campaign", "1"),)), S.SCHEDULED, "", **moved)
    shown = entry_of(publication(remote=remote, drift=frozenset({Drift.TIME})), BERLIN)
    assert (shown.wall, shown.recipient_time) == (wall, by_recipients)


@pytest.mark.parametrize(
    ("one", "needed"),
    [
        (publication(), False),
        (publication(attention="Overdue: look at it on the platform."), True),
        (publication(S.UNKNOWN), True),
        (publication(problem=Problem("No", "no")), True),
        (
            publication(attention="The move is not finished").begin(OperationKind.RESCHEDULE, fakes.START),
            False,
        ),
        (replace(publication().begin(OperationKind.RESCHEDULE, fakes.START), attempts=5), True),
        (publication(S.CANCELLED, cancelled_by=CancelledBy.PERSON, attention="Cancelled there."), False),
        (publication(S.CANCELLED, cancelled_by=CancelledBy.PLATFORM), True),
    ],
)
def test_what_needs_a_person(one, needed):
    assert needs_person(one) is needed
