"""Cancelling and moving what was handed over."""

from datetime import datetime, timedelta

import pytest

from glowtify_core.domain.errors import StateConflict
from glowtify_core.domain.schedule import SendAt
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.platform import CancelMode


@pytest.mark.live
@pytest.mark.vcr
def test_cancel(story):
    told = story()
    remote = told.platform.publish(told.campaign(), journal=told.journal("publish"))

    ended = told.platform.cancel(remote.ref, mode=CancelMode.FINAL, journal=told.journal("cancel-1"))

    assert ended.state is PublicationState.CANCELLED
    again = told.platform.cancel(remote.ref, mode=CancelMode.FINAL, journal=told.journal("cancel-2"))
    assert again.state is PublicationState.CANCELLED


@pytest.mark.vcr
def test_already_sent(story):
    told = story()
    remote = told.platform.publish(told.campaign(), journal=told.journal("publish"))
    told.later(timedelta(days=11))

    with pytest.raises(StateConflict) as refused:
        told.platform.cancel(remote.ref, mode=CancelMode.FINAL, journal=told.journal("cancel-1"))

    assert "sent" in refused.value.title
    assert told.platform.status([remote.ref])[remote.ref].state is PublicationState.SENT


@pytest.mark.live
@pytest.mark.vcr
def test_reschedule(story):
    told = story()
    campaign = told.campaign()
    remote = told.platform.publish(campaign, journal=told.journal("publish"))
    moved = campaign.moved_to(SendAt.at(datetime(2027, 2, 1, 18, 15), "Europe/Berlin"))  # noqa: DTZ001 - a wall time

    remote = told.platform.reschedule(remote.ref, moved, journal=told.journal("reschedule-1"))

    assert remote.state is PublicationState.SCHEDULED
    assert remote.scheduled_for == moved.schedule.instant
