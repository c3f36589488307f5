"""Times in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from glowtify_adapters.cli import words
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime
from glowtify_core.domain.state import PublicationState

WALL = datetime(2027, 7, 15, 22, 30)  # noqa: DTZ001 - a wall time


@pytest.mark.parametrize(
    ("schedule", "short", "long"),
    [
        (
            SendAt.at(WALL, "America/Toronto"),
            "2027-07-15 22:30 America/Toronto (2027-07-16 02:30 UTC)",
            "Thursday 15 July 2027, 22:30 in America/Toronto (UTC-04:00, summer time) = 2027-07-16 02:30 UTC",
        ),
        (
            SendAt.at(WALL, "Asia/Kolkata"),
            "2027-07-15 22:30 Asia/Kolkata (17:00 UTC)",
            "Thursday 15 July 2027, 22:30 in Asia/Kolkata (UTC+05:30) = 17:00 UTC",
        ),
        (
            SendAt.at(WALL, "UTC"),
            "2027-07-15 22:30 UTC",
            "Thursday 15 July 2027, 22:30 in UTC (UTC+00:00) = 22:30 UTC",
        ),
        (
            SendAtRecipientTime.at(WALL),
            "2027-07-15 22:30 recipient's time",
            "Thursday 15 July 2027, 22:30 by each recipient's own clock",
        ),
    ],
)
def test_a_schedule_reads_the_same_short_and_long(schedule, short, long):
    assert words.short_time(schedule) == short
    assert words.long_time(schedule) == long


def test_an_instant_is_shown_in_utc_and_nothing_as_a_dash():
    assert words.instant(datetime(2027, 1, 4, 12, 30, 59, tzinfo=UTC)) == "2027-01-04 12:30 UTC"
    assert words.instant(None) == "—"


def test_states_are_spelt_as_people_see_them():
    assert words.state_word(PublicationState.CANCELLED) == "Cancelled"
