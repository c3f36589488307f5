"""When a publication is looked at again: often near its time, seldom far from it, never once it is old."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import fakes
import pytest
from fakes import S
from hypothesis import given
from hypothesis import strategies as st

from glowtify_core.domain.publication import MAX_ATTEMPTS, OperationKind, open_publication
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.domain.rhythm import FIGURES, figures_gap, next_figures, next_look, next_try
from glowtify_core.domain.schedule import SendAtRecipientTime

SENDS_AT = datetime(2027, 1, 15, 14, tzinfo=UTC)
OPENED = SENDS_AT - timedelta(days=30)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OPEN = open_publication(fakes.campaign(), account_id="ACC001", now=OPENED)


def standing(state=S.SCHEDULED, checked_at=OPENED, **changes):
    return replace(OPEN.finish(OPENED), state=state, checked_at=checked_at, **changes)


def sent(account="ACC001", at=SENDS_AT, **changes):
    remote = RemoteCampaign(RemoteRef("fake", (("campaign", "C1"),)), S.SENT, "Sent", sent_at=at)
    return standing(S.SENT, at, account_id=account, remote=remote, **changes)


def test_an_open_operation_is_due_at_once():
    assert next_look(OPEN) == OPENED
    moved = standing().begin(OperationKind.RESCHEDULE, OPENED + HOUR)
    assert next_look(moved) == OPENED + HOUR


def test_what_waits_for_a_person_is_never_due():
    assert next_look(replace(OPEN, attempts=MAX_ATTEMPTS)) is None
    assert next_look(replace(OPEN, attempts=MAX_ATTEMPTS - 1)) == OPENED


@pytest.mark.parametrize(
    ("before", "gap"),
    [
        (timedelta(days=30), 6 * HOUR),
        (timedelta(days=2), 4.8 * HOUR),
        (5 * HOUR, 0.5 * HOUR),
        (HOUR, 6 * MINUTE),
        (5 * MINUTE, MINUTE),
        (timedelta(), MINUTE),
        (-5 * MINUTE, MINUTE),
        (-2 * HOUR, 12 * MINUTE),
        (timedelta(days=-30), timedelta(days=1)),
    ],
)
def test_a_scheduled_one_is_looked_at_the_oftener_the_nearer_its_time_is(before, gap):
    looked = SENDS_AT - before
    assert next_look(standing(checked_at=looked)) == looked + gap


@pytest.mark.parametrize("state", [S.SUBMITTING, S.SENDING, S.UNKNOWN])
def test_what_may_change_any_moment_is_looked_at_often(state):
    assert next_look(standing(state)) == OPENED + 15 * MINUTE


def test_what_the_platform_says_goes_before_what_we_want():
    remote = RemoteCampaign(
        RemoteRef("fake", (("campaign", "C1"),)), S.SCHEDULED, "Scheduled", scheduled_for=OPENED + HOUR
    )
    assert next_look(standing(remote=remote)) == OPENED + 6 * MINUTE


def test_recipient_time_begins_where_the_day_begins():
    wall = SendAtRecipientTime(datetime(2027, 1, 15, 9))  # noqa: DTZ001 - a wall time
    begins = datetime(2027, 1, 14, 19, tzinfo=UTC)
    assert next_look(standing(checked_at=begins - HOUR, schedule=wall)) == begins - HOUR + 6 * MINUTE


@pytest.mark.parametrize("state", [S.FAILED, S.MISSING, S.CANCELLED])
def test_what_was_never_sent_is_never_due(state):
    assert next_look(standing(state)) is None


def test_figures_are_first_read_within_a_quarter_of_an_hour():
    assert timedelta() < next_look(sent()) - SENDS_AT <= 15 * MINUTE


@pytest.mark.parametrize(
    ("age", "gap"),
    [
        (30 * MINUTE, 15 * MINUTE),
        (5 * HOUR, HOUR),
        (timedelta(days=3), 6 * HOUR),
        (timedelta(days=20), timedelta(days=1)),
        (timedelta(days=200), timedelta(days=7)),
        (timedelta(days=366), None),
    ],
)
def test_older_figures_are_read_less_often(age, gap):
    now = SENDS_AT + age
    assert figures_gap(sent(), now) == gap
    after = next_figures(sent(), now)
    assert after is None if gap is None else timedelta() < after - now <= gap


@given(
    first=st.integers(31, 360),
    second=st.integers(31, 360),
    now=st.integers(0, 7 * 24 * 60),
)
def test_an_accounts_campaigns_that_are_as_old_fall_due_together(first, second, now):
    at = SENDS_AT + now * MINUTE
    one, other = (sent(at=at - timedelta(days=days)) for days in (first, second))
    assert next_figures(one, at) == next_figures(other, at)


def test_accounts_do_not_all_fall_due_together():
    at = SENDS_AT + timedelta(days=60)
    assert len({next_figures(sent(f"ACC{number:03}"), at) for number in range(100)}) > 90


def test_what_failed_is_tried_again_after_as_long_as_it_has_been_failing():
    far = replace(OPEN, schedule=SendAtRecipientTime(datetime(2030, 1, 1)))  # noqa: DTZ001 - a wall time
    for failing, pause in ((timedelta(), MINUTE / 2), (10 * MINUTE, 10 * MINUTE), (9 * HOUR, HOUR)):
        assert next_try(far, OPENED + failing) == OPENED + failing + pause


def test_it_is_tried_the_sooner_the_nearer_its_time_is():
    now = SENDS_AT - 20 * MINUTE
    assert next_try(OPEN, now) == now + 5 * MINUTE
    assert next_try(OPEN, SENDS_AT - MINUTE) == SENDS_AT - MINUTE / 2


def test_a_wait_that_the_platform_asks_for_is_kept():
    assert next_try(OPEN, OPENED, 20 * HOUR) == OPENED + 20 * HOUR
    assert next_try(OPEN, OPENED, timedelta(seconds=1)) == OPENED + MINUTE / 2


def test_the_ages_ascend():
    assert list(FIGURES) == sorted(FIGURES)
