from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from klaviyo_world import World

from glowtify_core.application.steps import StepRunner
from glowtify_core.domain.errors import (
    AuthenticationFailed,
    Effect,
    OutcomeUnknown,
    PermissionDenied,
    Phase,
    PlatformError,
    RateLimited,
    RequestRejected,
    StateConflict,
)
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.domain.state import PublicationState as S
from glowtify_core.ports.campaigns import StepKind, StepRecord
from glowtify_klaviyo.reverting import OLD_TIME, asked_last


def move(world: World, ref: RemoteRef, *, to: Any, journal: StepRunner | None = None) -> RemoteCampaign:
    wanted = world.campaign(schedule=to)
    return world.platform.reschedule(ref, wanted, journal=journal or world.journal("reschedule-1"))


NOT_ALLOWED: dict[str, Any] = {
    "kind": "error",
    "status": 403,
    "body": {"errors": [{"code": "permission_denied", "detail": "You do not have permission."}]},
}

WRONG_KEY: dict[str, Any] = {
    "kind": "error",
    "status": 401,
    "body": {"errors": [{"code": "authentication_failed", "detail": "Incorrect."}]},
}


def reason(status: int, detail: str) -> dict[str, Any]:
    return {"status": status, "body": {"errors": [{"code": "invalid", "title": "No", "detail": detail}]}}


def old_time(world: World) -> datetime:
    """When a published campaign is sent, at the time of publishing."""
    return world.campaign().schedule.latest_instant("UTC")


def after_the_job(world: World, then: Callable[[], Any]) -> None:
    """Let something happen right after the next send job."""
    create = world.platform._client.create_send_job

    def create_and_more(campaign_id: str, **options: Any) -> Any:
        try:
            return create(campaign_id, **options)
        finally:
            world.platform._client.create_send_job = create  # type: ignore[method-assign]  # once
            then()

    world.platform._client.create_send_job = create_and_more  # type: ignore[method-assign]  # the moment after


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


@pytest.mark.parametrize(("method", "path"), [("PATCH", "campaigns/"), ("POST", "send-jobs$")])
def test_a_refusal_of_the_new_time_or_its_job_is_told_once_the_old_time_is_back(
    world: World, method: str, path: str
) -> None:
    ref, old = world.published(), old_time(world)
    world.sandbox.add_fault("error", method=method, path=path, **reason(400, "Not at that hour"))
    journal = world.journal("reschedule-1")
    with pytest.raises(RequestRejected) as refused:
        move(world, ref, to=world.in_(days=9), journal=journal)
    assert refused.value.effect is Effect.NONE
    assert "Not at that hour" in refused.value.detail
    assert refused.value.remedy.endswith("It is still scheduled at the old time.")
    assert (world.statuses(), world.platform.status([ref])[ref].scheduled_for) == (["Scheduled"], old)
    assert not [
        step for step in journal.steps() if step.name in {"send", "send_old"} and step.operation != "publish"
    ]


@pytest.mark.parametrize(("action", "state"), [("cancel", S.CANCELLED), ("reschedule", S.SCHEDULED)])
def test_what_a_person_did_while_the_old_time_was_put_back_is_told_as_it_is(
    world: World, action: str, state: S
) -> None:
    ref, cid = world.published(), world.only().id
    other = {"datetime": "2026-12-24T10:00:00+00:00"} if action == "reschedule" else {}
    world.sandbox.add_fault("error", method="PATCH", path="campaigns/", **reason(400, "Not at that hour"))
    after_the_job(world, lambda: world.sandbox.act(cid, action, **other))
    assert move(world, ref, to=world.in_(days=9)).state is state


@pytest.mark.parametrize(("method", "path"), [("PATCH", "campaigns/"), ("POST", "send-jobs$")])
def test_a_missing_permission_is_told(world: World, method: str, path: str) -> None:
    ref = world.published()
    world.sandbox.add_fault(method=method, path=path, **NOT_ALLOWED)
    with pytest.raises(PermissionDenied) as refused:
        move(world, ref, to=world.in_(days=9))
    assert (refused.value.effect, world.statuses()) == (Effect.NONE, ["Scheduled"])


def test_sender_trouble_is_told_and_leaves_an_unscheduled_draft(world: World) -> None:
    ref = world.published()
    world.sandbox.configure(sender_trouble=["send_job"])
    with pytest.raises(RequestRejected) as refused:
        move(world, ref, to=world.in_(days=9))
    assert (refused.value.code, refused.value.effect) == ("sender_not_authorized", Effect.PARTIAL)
    assert refused.value.remedy.endswith("Klaviyo shows it as an unscheduled draft now.")
    assert world.statuses() == ["Draft"]


def test_a_new_time_that_klaviyo_ignores_is_told(world: World) -> None:
    ref, old = world.published(), old_time(world)
    world.platform._client.patch_campaign = lambda *_, **__: None  # type: ignore[assignment, method-assign]  # as if taken
    with pytest.raises(RequestRejected) as refused:
        move(world, ref, to=world.in_(days=9))
    assert (refused.value.code, refused.value.effect) == ("reschedule_refused", Effect.NONE)
    assert world.platform.status([ref])[ref].scheduled_for == old


def test_a_new_time_that_came_too_near_puts_the_old_one_back(world: World) -> None:
    ref, old = world.published(), old_time(world)
    with pytest.raises(RequestRejected) as refused:
        move(world, ref, to=world.in_(minutes=3))
    assert (refused.value.code, refused.value.effect) == ("schedule_in_past", Effect.NONE)
    assert world.platform.status([ref])[ref].scheduled_for == old
    assert world.count("POST campaign-send-jobs") == 1


@pytest.mark.parametrize("operation", ["reschedule-1", "reschedule-2"])
def test_the_old_time_is_put_back_after_a_crash_too(world: World, operation: str) -> None:
    """Also by another operation, which finds a draft."""
    ref, old = world.published(), old_time(world)
    world.sandbox.add_fault("throttle", method="POST", path="send-jobs$", retry_after=900)
    with pytest.raises(PlatformError):
        move(world, ref, to=world.in_(days=9))
    world.sandbox.add_fault("error", method="POST", path="send-jobs$", status=400, body={"errors": []})
    with pytest.raises(RequestRejected) as refused:
        world.connected().reschedule(
            ref, world.campaign(schedule=world.in_(days=9)), journal=world.journal(operation)
        )
    assert refused.value.effect is Effect.NONE
    assert world.platform.status([ref])[ref].scheduled_for == old


def test_the_time_before_an_earlier_move_is_never_put_back(world: World) -> None:
    ref = world.published()
    move(world, ref, to=world.in_(days=9))
    world.sandbox.act(world.only().id, "revert")
    world.sandbox.add_fault("error", method="PATCH", path="campaigns/", status=400, body={"errors": []})
    with pytest.raises(RequestRejected):
        move(world, ref, to=world.in_(days=20), journal=world.journal("reschedule-2"))
    assert world.statuses() == ["Draft"]


def test_a_put_back_that_broke_off_is_done_anew(world: World) -> None:
    """The old time's send job is recorded, and the campaign reverted again: another one is needed."""
    ref, old = world.published(), old_time(world)
    refusal = {"method": "PATCH", "path": "campaigns/", **reason(400, "Not at that hour")}
    world.sandbox.add_fault("error", **refusal)
    after_the_job(
        world,
        lambda: world.sandbox.add_fault("status", method="GET", path="campaigns/", status=503, count=None),
    )
    with pytest.raises(PlatformError) as broken:
        move(world, ref, to=world.in_(days=9))
    assert broken.value.effect is Effect.PARTIAL
    world.sandbox.clear_faults()
    world.sandbox.add_fault("error", **refusal)
    with pytest.raises(RequestRejected):
        move(world, ref, to=world.in_(days=9))
    assert (world.statuses(), world.platform.status([ref])[ref].scheduled_for) == (["Scheduled"], old)


def test_without_an_old_time_to_put_back_it_stays_a_draft(world: World) -> None:
    ref = world.staged()
    world.sandbox.add_fault("error", method="POST", path="send-jobs$", status=400, body={"errors": []})
    with pytest.raises(RequestRejected) as refused:
        move(world, ref, to=world.in_(days=9))
    assert (refused.value.effect, world.statuses()) == (Effect.PARTIAL, ["Draft"])


@pytest.mark.parametrize("lag", [30.0, 45.0])
def test_a_send_job_that_shows_within_a_minute_has_moved_it(world: World, lag: float) -> None:
    ref, later = world.published(), world.in_(days=9)
    world.sandbox.configure(guesses={"job_lag": lag})
    remote = move(world, ref, to=later)
    assert (remote.state, remote.scheduled_for) == (S.SCHEDULED, later.instant)


def test_a_send_job_that_shows_later_is_unknown_until_then(world: World) -> None:
    ref, later = world.published(), world.in_(days=9)
    world.sandbox.configure(guesses={"job_lag": 90.0})
    with pytest.raises(OutcomeUnknown):
        move(world, ref, to=later)
    assert move(world, ref, to=later).state is S.SCHEDULED
    assert world.count("POST campaign-send-jobs") == 1


def test_one_that_a_person_moved_while_the_answer_was_lost_gets_no_second_job(world: World) -> None:
    ref = world.published()
    world.sandbox.configure(guesses={"second_send_job": "accept"})
    world.sandbox.add_fault("drop", method="POST", path="send-jobs$", when="after")
    cid = world.only().id
    after_the_job(world, lambda: world.sandbox.act(cid, "reschedule", datetime="2026-12-24T10:00:00+00:00"))
    with pytest.raises(OutcomeUnknown):
        move(world, ref, to=world.in_(days=9))
    assert world.count("POST campaign-send-jobs") == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (NOT_ALLOWED, PermissionDenied),
        (WRONG_KEY, AuthenticationFailed),
        ({"kind": "throttle", "retry_after": 900}, RateLimited),
    ],
)
def test_a_revert_that_was_not_allowed_changed_nothing(
    world: World, fault: dict[str, Any], error: type[PlatformError]
) -> None:
    ref = world.published()
    world.sandbox.add_fault(method="PATCH", path="send-jobs/", **fault)
    with pytest.raises(error) as refused:
        move(world, ref, to=world.in_(days=9))
    assert (refused.value.effect, world.statuses()) == (Effect.NONE, ["Scheduled"])


def test_a_read_that_fails_after_the_revert_is_half_done(world: World) -> None:
    ref = world.published()
    world.sandbox.add_fault("status", method="GET", path="campaigns/", status=503, nth=2, count=None)
    with pytest.raises(PlatformError) as broken:
        move(world, ref, to=world.in_(days=9))
    assert (broken.value.effect, broken.value.phase) == (Effect.PARTIAL, Phase.RESCHEDULE)
    assert world.statuses() == ["Draft"]


def test_an_error_after_the_new_job_does_not_look_like_a_failure(world: World) -> None:
    ref, later = world.published(), world.in_(days=9)
    after_the_job(
        world,
        lambda: world.sandbox.add_fault("status", method="GET", path="campaigns", status=503, count=None),
    )
    with pytest.raises(PlatformError) as broken:
        move(world, ref, to=later)
    assert (broken.value.effect, broken.value.phase) == (Effect.DONE, Phase.POST_HANDOFF)
    world.sandbox.clear_faults()
    assert move(world, ref, to=later).state is S.SCHEDULED


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


def test_writing_down_the_old_time_does_not_hide_that_a_revert_was_just_asked_for() -> None:
    """A revert whose answer was lost may still take effect: it is waited for before it is asked for again."""

    class Known:
        def __init__(self, *steps: tuple[str, int]) -> None:
            self._steps = [
                StepRecord(
                    "reschedule-1", name, StepKind.REPEATABLE, datetime.now(UTC), timedelta(seconds=age)
                )
                for name, age in steps
            ]

        def steps(self, name: str | None = None) -> list[StepRecord]:
            return [step for step in self._steps if name in (None, step.name)]

    assert asked_last(Known(("revert", 9), (OLD_TIME, 1)), "revert")  # type: ignore[arg-type]  # only steps() is asked
    assert not asked_last(Known(("revert", 9), ("strategy", 1)), "revert")  # type: ignore[arg-type]  # the same


def test_a_move_whose_send_job_never_left_ends_unscheduled_once_both_times_are_past(world: World) -> None:
    ref = world.published(schedule=world.in_(hours=1))
    later = world.campaign(schedule=world.in_(hours=2))
    journal = world.journal("reschedule-1")
    world.sandbox.add_fault("drop", method="POST", path="send-jobs$", count=None)
    with pytest.raises(OutcomeUnknown):
        world.platform.reschedule(ref, later, journal=journal)
    world.sandbox.clear_faults()
    world.clock.move(timedelta(days=1))
    with pytest.raises(RequestRejected) as refused:
        world.platform.reschedule(ref, later, journal=journal)
    assert (refused.value.code, refused.value.effect) == ("schedule_in_past", Effect.PARTIAL)
    assert world.statuses() == ["Draft"]
    assert not [step for step in journal.steps("send") if step.remote_id is None]


def test_a_lost_send_job_of_a_move_that_may_still_show_is_not_given_up(world: World) -> None:
    """It was made in time; then it is too late for another, and for the old time too."""
    ref = world.published(schedule=world.in_(minutes=16))
    world.clock.move(timedelta(seconds=41))
    wanted = world.in_(minutes=7)  # a little over 6 minutes
    world.sandbox.add_fault("throttle", method="POST", path="send-jobs$", retry_after=70)
    world.sandbox.add_fault("drop", method="POST", path="send-jobs$", nth=2, when="after")
    world.sandbox.configure(guesses={"job_lag": 15.0})
    with pytest.raises(OutcomeUnknown):
        move(world, ref, to=wanted)
    world.clock.move(timedelta(seconds=10))
    moved = move(world, ref, to=wanted)
    assert (moved.state, moved.scheduled_for) == (S.SCHEDULED, wanted.instant)
    assert world.statuses() == ["Scheduled"]
