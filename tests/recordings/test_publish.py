"""Handing campaigns over."""

from datetime import UTC, datetime, timedelta

import pytest

from glowtify_core.domain.audience import AudienceKind
from glowtify_core.domain.errors import RequestRejected
from glowtify_core.domain.remote import find_drift
from glowtify_core.domain.schedule import SendAtRecipientTime
from glowtify_core.domain.state import PublicationState


@pytest.mark.live
@pytest.mark.vcr
def test_static(story):
    told = story()
    campaign = told.campaign()

    remote = told.platform.publish(campaign, journal=told.journal("publish"))

    assert remote.state is PublicationState.SCHEDULED
    assert remote.scheduled_for == campaign.schedule.instant
    assert remote.name == "Winter sale glrecorded"
    assert not find_drift(campaign, remote)
    assert not remote.unfinished


@pytest.mark.live
@pytest.mark.vcr
def test_recipient_local(story):
    told = story()
    wall = datetime(2027, 1, 20, 9, 30)  # noqa: DTZ001 - a wall time
    campaign = told.campaign(schedule=SendAtRecipientTime.at(wall))

    remote = told.platform.publish(campaign, journal=told.journal("publish"))

    assert remote.state in {PublicationState.SCHEDULED, PublicationState.SUBMITTING}
    assert (remote.recipient_wall, remote.scheduled_for) == (wall, None)


@pytest.mark.vcr
def test_with_exclusions(story):
    told = story()
    vip = told.audience("VIP customers")
    winback = told.audience("Winback (180 days)", AudienceKind.SEGMENT)
    campaign = told.campaign(exclude=(vip, winback))

    remote = told.platform.publish(campaign, journal=told.journal("publish"))

    assert remote.state is PublicationState.SCHEDULED
    assert remote.excluded == {vip.id, winback.id}


@pytest.mark.vcr
def test_429_then_good(story):
    told = story()
    told.behind_the_scenes(
        lambda sandbox: sandbox.add_fault("throttle", method="POST", path="/campaigns", retry_after=7)
    )

    remote = told.platform.publish(told.campaign(), journal=told.journal("publish"))

    assert remote.state is PublicationState.SCHEDULED
    assert told.clock.now() - datetime(2027, 1, 4, 12, tzinfo=UTC) >= timedelta(seconds=7)


@pytest.mark.vcr
def test_sender_trouble(story):
    told = story()
    told.behind_the_scenes(lambda sandbox: sandbox.configure(sender_trouble=["send_job"]))

    with pytest.raises(RequestRejected) as refused:
        told.platform.publish(told.campaign(), journal=told.journal("publish"))

    assert refused.value.title == "Sender not authorized"
    assert "Settings, Email, Sender configuration" in refused.value.remedy
