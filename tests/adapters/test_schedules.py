"""Times as people write them."""

import pytest

from glowtify_adapters.schedules import read_schedule
from glowtify_core.domain.errors import ScheduleRejected
from glowtify_core.domain.schedule import SendAtRecipientTime

TORONTO = "America/Toronto"


def test_of_a_time_that_comes_twice_the_person_says_which():
    first, second = (read_schedule("2027-11-07T01:30", TORONTO, fold=fold) for fold in (0, 1))
    assert (f"{first.instant:%H:%M}", f"{second.instant:%H:%M}") == ("05:30", "06:30")


def test_each_recipients_own_clock_needs_no_zone():
    assert isinstance(read_schedule("2027-01-15T09:00", None, recipient_local=True), SendAtRecipientTime)


@pytest.mark.parametrize(
    ("at", "zone", "field"),
    [
        ("2027-01-15T09:00", None, "schedule.zone"),
        ("2027-01-15T09:00", "America/Nowhere", "schedule.zone"),
        ("2027-01-15", TORONTO, "schedule.at"),
        ("1027-01-15T09:00", TORONTO, "schedule.at"),
    ],
)
def test_what_is_no_time_is_refused_at_its_field(at, zone, field):
    with pytest.raises(ScheduleRejected) as refusal:
        read_schedule(at, zone)
    assert refusal.value.field == field
