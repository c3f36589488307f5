from datetime import timedelta
from typing import Any

import pytest
from klaviyo_world import World

from glowtify_core.application.steps import StepRunner
from glowtify_core.domain.errors import Effect, OutcomeUnknown, PlatformError, StateConflict
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.domain.state import PublicationState as S


def move(world: World, ref: RemoteRef, *, to: Any, journal: StepRunner | None = None) -> RemoteCampaign:
    wanted = world.campaign(schedule=to)
    return world.platform.reschedule(ref, wanted, journal=journal or world.journal("reschedule-1"))


def test_it_is_reverted_changed_read_back_and_sent_again(world: World) -> None:
    ref, later = world.published(), world.in_(days=9)
    remote = move(world, ref, to=later)
    assert world.calls == [
        "GET campaigns",
        "PATCH campaign-send-jobs",
        "GET campaigns",
        "PATCH campaigns",
        "GET campaigns",
        "POST campaign-send-jobs",
        "GET campaigns",
    ]
    assert (remote.ref, remote.state, remote.scheduled_for) == (ref, S.SCHEDULED, later.instant)
    assert world.statuses() == ["Scheduled"]
    world.clock.move(timedelta(days=8))
    assert world.sandbox.sent == []
    world.clock.move(timedelta(days=2))
    assert len(world.sandbox.sent) == 1


def test_moving_twice_works(world: World) -> None:
    ref = world.published()
    move(world, ref, to=world.in_(days=9))
    third = world.in_(days=3)
    assert move(world, ref, to=third, journal=world.journal("reschedule-2")).scheduled_for == third.instant


def test_asked_again_after_it_was_done_it_only_reads(world: World) -> None:
    ref, later = world.published(), world.in_(days=9)
    move(world, ref, to=later)
    world.sandbox.clear_requests()
    assert move(world, ref, to=later).scheduled_for == later.instant
    assert set(world.calls) == {"GET campaigns"}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", "send-jobs/"), ("PATCH", "campaigns/"), ("POST", "send-jobs$")]
)
def test_a_lost_answer_moves_it_once(world: World, method: str, path: str, when: str) -> None:
    ref, later = world.published(), world.in_(days=9)
    world.sandbox.add_fault("drop", method=method, path=path, when=when)
    remote = move(world, ref, to=later)
    assert (remote.state, remote.scheduled_for) == (S.SCHEDULED, later.instant)
    world.clock.move(timedelta(days=10))
    assert len(world.sandbox.sent) == 1


def test_a_process_that_dies_in_the_middle_is_resumed(world: World) -> None:
    ref, later = world.published(), world.in_(days=9)
    world.sandbox.add_fault("throttle", method="PATCH", path="campaigns/", retry_after=900)
    with pytest.raises(PlatformError) as paused:
        move(world, ref, to=later)
    assert paused.value.effect is Effect.PARTIAL
    assert world.statuses() == ["Draft"]
    assert move(world, ref, to=later).scheduled_for == later.instant


def test_a_refused_revert_leaves_it_at_the_old_time(world: World) -> None:
    ref = world.published()
    world.sandbox.configure(guesses={"revert_refused_in": ["Scheduled"]})
    with pytest.raises(StateConflict) as refused:
        move(world, ref, to=world.in_(days=9))
    assert refused.value.effect is Effect.NONE
    assert "at the time it had" in refused.value.remedy
    assert world.statuses() == ["Scheduled"]


def test_a_revert_that_does_not_show_is_unknown(world: World) -> None:
    ref = world.published()
    world.sandbox.configure(guesses={"action_lag": 90.0})
    with pytest.raises(OutcomeUnknown):
        move(world, ref, to=world.in_(days=9))


def test_a_quarter_of_an_hour_before_sending_it_is_too_late(world: World) -> None:
    ref = world.published()
    world.clock.move(timedelta(days=7) - timedelta(minutes=14))
    with pytest.raises(StateConflict) as refused:
        move(world, ref, to=world.in_(days=9))
    assert refused.value.code == "too_close"
    assert world.calls == ["GET campaigns"]


@pytest.mark.parametrize(
    ("days", "title"), [(8, "This e-mail has been sent"), (0, "This e-mail was cancelled, which is for good")]
)
def test_what_is_over_is_not_moved(world: World, days: int, title: str) -> None:
    ref = world.published()
    if days:
        world.clock.move(timedelta(days=days))
    else:
        world.sandbox.act(world.only().id, "cancel")
    with pytest.raises(StateConflict) as refused:
        move(world, ref, to=world.in_(days=20))
    assert refused.value.title == title


def test_a_refused_new_time_puts_the_old_one_back(world: World) -> None:
    ref = world.published()
    old = world.campaign().schedule.latest_instant("UTC")
    world.sandbox.add_fault("error", method="PATCH", path="campaigns/", status=400, body={"errors": []})
    remote = move(world, ref, to=world.in_(days=9))
    assert (remote.state, remote.scheduled_for) == (S.SCHEDULED, old)
    assert world.statuses() == ["Scheduled"]


def test_a_refused_send_job_puts_the_old_time_back(world: World) -> None:
    ref = world.published()
    old = world.campaign().schedule.latest_instant("UTC")
    world.sandbox.add_fault("error", method="POST", path="send-jobs$", status=400, body={"errors": []})
    remote = move(world, ref, to=world.in_(days=9))
    assert (remote.state, remote.scheduled_for) == (S.SCHEDULED, old)


def test_a_new_time_that_came_too_near_puts_the_old_one_back(world: World) -> None:
    ref = world.published()
    old = world.campaign().schedule.latest_instant("UTC")
    assert move(world, ref, to=world.in_(minutes=3)).scheduled_for == old
    assert world.count("POST campaign-send-jobs") == 1


def test_the_old_time_is_put_back_after_a_crash_too(world: World) -> None:
    ref = world.published()
    old = world.campaign().schedule.latest_instant("UTC")
    world.sandbox.add_fault("throttle", method="POST", path="send-jobs$", retry_after=900)
    with pytest.raises(PlatformError):
        move(world, ref, to=world.in_(days=9))
    world.sandbox.add_fault("error", method="POST", path="send-jobs$", status=400, body={"errors": []})
    remote = world.connected().reschedule(
        ref, world.campaign(schedule=world.in_(days=9)), journal=world.journal("reschedule-1")
    )
    assert (remote.state, remote.scheduled_for) == (S.SCHEDULED, old)


def test_without_an_old_time_to_put_back_it_stays_a_draft(world: World) -> None:
    ref = world.staged()
    world.sandbox.add_fault("error", method="POST", path="send-jobs$", status=400, body={"errors": []})
    assert move(world, ref, to=world.in_(days=9)).state is S.STAGED
    assert world.statuses() == ["Draft"]


def test_a_draft_is_only_changed_and_sent(world: World) -> None:
    ref, later = world.staged(), world.in_(days=9)
    remote = move(world, ref, to=later)
    assert (remote.state, remote.scheduled_for) == (S.SCHEDULED, later.instant)
    assert world.count("PATCH campaign-send-jobs") == 0


def test_one_that_leaves_draft_before_the_change_is_reverted_again(world: World) -> None:
    ref, later = world.published(), world.in_(days=9)
    journal = world.journal("reschedule-1")
    forget, seen = journal.forget, []

    def meanwhile(name: str) -> None:
        forget(name)
        if name == "strategy" and not seen:
            seen.append(name)
            world.sandbox.act(world.only().id, "reschedule", datetime="2026-12-24T10:00:00+00:00")

    journal.forget = meanwhile  # type: ignore[method-assign]  # the moment between revert and change
    assert move(world, ref, to=later, journal=journal).scheduled_for == later.instant
    assert seen


def test_a_deleted_campaign_is_missing(world: World) -> None:
    ref = world.published()
    world.sandbox.act(world.only().id, "delete")
    assert move(world, ref, to=world.in_(days=9)).state is S.MISSING
