"""Cancelling for good, at every moment of a publication's life."""

from datetime import timedelta

import fakes
import pytest
from fakes import S

from glowtify_core.domain.errors import (
    AuthenticationFailed,
    CampaignNotFound,
    CampaignRejected,
    ClaimLost,
    Effect,
    OutcomeUnknown,
    PlatformUnavailable,
    RemoteNotFound,
    RequestRejected,
    StateConflict,
    Unsupported,
)
from glowtify_core.domain.publication import CancelledBy, OperationKind

KEY = fakes.campaign().key


@pytest.fixture
def world():
    return fakes.build()


@pytest.fixture
def scheduled(world):
    made = world.publish(fakes.campaign()).publication
    world.server.calls.clear()
    return made


def latest(world):
    return world.repo.latest(KEY)


def test_what_is_scheduled_is_cancelled_by_us(world, scheduled):
    cancelled = world.cancel(KEY)
    assert cancelled.state is S.CANCELLED
    assert cancelled.cancelled_by is CancelledBy.US
    assert cancelled.closed
    assert cancelled.attention == ""
    assert world.server.writes == ["cancel"]
    assert world.server.live == []
    assert latest(world) == cancelled


def test_cancelled_already_is_success_without_a_request(world, scheduled):
    cancelled = world.cancel(KEY)
    world.server.calls.clear()
    assert world.cancel(KEY) == cancelled
    assert world.server.calls == []


def test_cancelled_by_somebody_else_meanwhile_is_success(world, scheduled):
    world.server.put("C1", state=S.CANCELLED)
    assert world.cancel(KEY).state is S.CANCELLED
    assert world.server.writes == []


@pytest.mark.parametrize("request_", ["create", "send"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_interrupted_publish_is_cancelled_with_all_that_it_began(world, moment, request_):
    getattr(world.server, moment)[request_] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        world.publish(fakes.campaign())
    assert world.cancel(KEY).state is S.CANCELLED
    assert latest(world).closed
    assert world.server.live == []
    assert not any(campaign.state is S.STAGED for campaign in world.server.campaigns.values())


@pytest.mark.parametrize("request_", ["create", "send", "read"])
def test_a_running_publish_is_fenced_off(world, request_):
    world.server.meanwhile[request_] = lambda: world.cancel(KEY)
    with pytest.raises(ClaimLost):
        world.publish(fakes.campaign())
    assert latest(world).state is S.CANCELLED
    assert latest(world).closed
    assert {campaign.state for campaign in world.server.campaigns.values()} <= {S.CANCELLED}


def test_what_was_never_published_cannot_be_cancelled(world):
    with pytest.raises(CampaignNotFound) as refusal:
        world.cancel(KEY)
    assert refusal.value.remedy


def test_what_is_being_sent_is_refused(world, scheduled):
    world.server.put("C1", state=S.SENDING)
    with pytest.raises(StateConflict, match="being sent"):
        world.cancel(KEY)
    assert latest(world).state is S.SENDING
    assert latest(world).open_operation is None
    assert world.server.state("C1") is S.SENDING


def test_what_is_being_sent_is_stopped_when_asked_to(world, scheduled):
    world.server.put("C1", state=S.SENDING)
    stopped = world.cancel(KEY, stop_sending=True)
    assert stopped.state is S.CANCELLED
    assert stopped.remote.partly_sent
    assert "some have received it" in stopped.attention


def test_stopping_needs_a_connector_that_can():
    declared = {name: needs for name, needs in fakes.CAPABILITIES.items() if name != "stop_sending"}
    world = fakes.build(capabilities=declared)
    world.publish(fakes.campaign())
    world.server.calls.clear()
    with pytest.raises(Unsupported):
        world.cancel(KEY, stop_sending=True)
    assert world.server.calls == []


def test_what_has_been_sent_is_refused(world, scheduled):
    world.server.put("C1", state=S.SENT)
    for _ in range(2):  # the second time without asking the platform
        with pytest.raises(StateConflict, match="has been sent") as refusal:
            world.cancel(KEY, stop_sending=True)
        assert refusal.value.code == "already_sent"
        assert latest(world).state is S.SENT
        assert latest(world).closed
    assert world.server.calls.count("read") == 2


def test_what_failed_leaves_nothing_to_cancel(world):
    world.server.before["create"] = [fakes.refused()]
    with pytest.raises(fakes.RequestRejected):
        world.publish(fakes.campaign())
    with pytest.raises(CampaignRejected, match="nothing to cancel"):
        world.cancel(KEY)


def test_unknown_stays_unknown_until_the_platform_says_so(world, scheduled):
    world.server.before["cancel"] = [fakes.lost() for _ in range(4)]
    with pytest.raises(OutcomeUnknown):
        world.cancel(KEY)
    undecided = latest(world)
    assert undecided.state is S.UNKNOWN
    assert undecided.open_operation.kind is OperationKind.CANCEL
    cancelled = world.cancel(KEY)
    assert cancelled.state is S.CANCELLED
    assert cancelled.cancelled_by is CancelledBy.US
    assert len(cancelled.operations) == 2


def test_a_cancel_that_the_platform_answers_otherwise_stays_open(world, scheduled, monkeypatch):
    monkeypatch.setattr(fakes.FakePlatform, "cancel", lambda self, ref, **_: self.status([ref])[ref])
    assert world.cancel(KEY).state is S.SCHEDULED
    assert latest(world).open_operation.kind is OperationKind.CANCEL
    assert "cancel is not finished" in latest(world).attention


@pytest.mark.parametrize("carry_on", ["advance", "repair", "publish", "cancel"])
def test_a_cancel_that_was_interrupted_is_carried_on(world, scheduled, carry_on):
    world.server.before["cancel"] = [fakes.down()]
    with pytest.raises(PlatformUnavailable):
        world.cancel(KEY)
    assert latest(world).state is S.SCHEDULED
    assert "repair" in latest(world).attention
    if carry_on == "publish":  # the earlier wish is finished first
        with pytest.raises(CampaignRejected, match="cancelled"):
            world.publish(fakes.campaign())
    else:
        {"advance": lambda: world.advance(scheduled.id), "repair": lambda: list(world.repair())}.get(
            carry_on, lambda: world.cancel(KEY)
        )()
    assert latest(world).state is S.CANCELLED
    assert latest(world).closed


def test_publishing_waits_for_a_cancel_that_does_not_come_to_an_end(world, scheduled, monkeypatch):
    monkeypatch.setattr(fakes.FakePlatform, "cancel", lambda self, ref, **_: self.status([ref])[ref])
    world.cancel(KEY)
    with pytest.raises(OutcomeUnknown):
        world.publish(fakes.campaign())
    assert len(world.repo.publications) == 1


def test_a_refusal_leaves_it_scheduled_and_says_so(world, scheduled):
    world.server.before["cancel"] = [AuthenticationFailed("Invalid API key", effect=Effect.NONE)]
    with pytest.raises(AuthenticationFailed):
        world.cancel(KEY)
    assert latest(world).state is S.SCHEDULED
    assert latest(world).open_operation is None
    assert latest(world).problem.title == "Invalid API key"


@pytest.mark.parametrize("refusal", [RequestRejected, AuthenticationFailed])
def test_a_cancel_that_was_taken_and_does_not_show_yet_stays_open(world, scheduled, refusal):
    """What was refused came after it, and the look that follows still finds the e-mail scheduled."""
    world.server.before["cancel"] = [refusal("no reading", effect=Effect.PARTIAL)]
    with pytest.raises(refusal):
        world.cancel(KEY)
    assert "cancel is not finished" in latest(world).attention
    assert world.advance(scheduled.id).cancelled_by is CancelledBy.US


def test_what_turns_out_deleted_is_closed_and_can_be_published_anew(world, scheduled):
    def deleted():
        world.server.campaigns.clear()
        raise RemoteNotFound("gone", effect=Effect.NONE)

    world.server.meanwhile["cancel"] = deleted
    with pytest.raises(RemoteNotFound):
        world.cancel(KEY)
    assert latest(world).state is S.MISSING
    assert latest(world).closed
    assert world.publish(fakes.campaign()).publication.id != scheduled.id


def test_cancel_takes_over_at_once_from_a_worker_that_hangs(world, scheduled):
    world.repo.claim(KEY)
    world.repo.held_until[KEY] += timedelta(hours=1)
    assert world.cancel(KEY).state is S.CANCELLED
    assert world.clock.slept == []
