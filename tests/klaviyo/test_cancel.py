from datetime import timedelta

import pytest
from klaviyo_world import HTML, MARKER, World

from glowtify_core.domain.errors import (
    Effect,
    OutcomeUnknown,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
    StateConflict,
)
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef
from glowtify_core.domain.state import PublicationState as S
from glowtify_core.ports.campaigns import StepKind
from glowtify_core.ports.platform import CancelMode


def cancel(
    world: World, ref: RemoteRef | None, mode: CancelMode = CancelMode.FINAL, operation: str = "cancel"
) -> RemoteCampaign:
    return world.platform.cancel(ref, mode=mode, journal=world.journal(operation))


def test_a_scheduled_campaign_is_cancelled_and_that_is_read(world: World) -> None:
    ref = world.published()
    remote = cancel(world, ref)
    assert world.calls == ["GET campaigns", "PATCH campaign-send-jobs", "GET campaigns"]
    assert (remote.ref, remote.state, remote.raw_state) == (ref, S.CANCELLED, "Cancelled")
    assert (remote.reason, remote.partly_sent) == ("", False)
    assert world.statuses() == ["Cancelled"]


def test_cancelling_again_is_a_success_and_writes_nothing(world: World) -> None:
    ref = world.published()
    cancel(world, ref)
    world.sandbox.clear_requests()
    assert cancel(world, ref, operation="cancel-2").state is S.CANCELLED
    assert world.calls == ["GET campaigns"]


def test_a_refused_cancel_of_what_is_cancelled_is_a_success(world: World) -> None:
    """A person cancels between our read and our request."""
    ref = world.published()
    world.sandbox.add_fault("error", method="PATCH", path="send-jobs/", status=409, body={"errors": []})
    journal = world.journal("cancel")
    forget = journal.forget

    def meanwhile(name: str) -> None:
        forget(name)
        world.sandbox.act(world.only().id, "cancel")

    journal.forget = meanwhile  # type: ignore[method-assign]  # the moment between read and write
    assert world.platform.cancel(ref, mode=CancelMode.FINAL, journal=journal).state is S.CANCELLED


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_of_the_cancel_is_asked_again(world: World, when: str) -> None:
    ref = world.published()
    world.sandbox.add_fault("drop", method="PATCH", path="send-jobs/", when=when)
    assert cancel(world, ref).state is S.CANCELLED


def test_a_cancel_that_takes_a_while_is_waited_for(world: World) -> None:
    ref = world.published()
    world.sandbox.configure(guesses={"action_lag": 8.0})
    assert cancel(world, ref).state is S.CANCELLED


def test_a_cancel_that_does_not_show_is_unknown_and_can_be_asked_again(world: World) -> None:
    ref = world.published()
    world.sandbox.configure(guesses={"action_lag": 90.0})
    with pytest.raises(OutcomeUnknown):
        cancel(world, ref)
    world.sandbox.configure(guesses={"action_lag": None})
    world.clock.move(timedelta(minutes=2))
    assert cancel(world, ref).state is S.CANCELLED


def test_a_refusal_is_told_with_klaviyos_words(world: World) -> None:
    ref = world.published()
    world.sandbox.configure(guesses={"cancel_refused_in": ["Scheduled"]})
    with pytest.raises(StateConflict) as refused:
        cancel(world, ref)
    assert refused.value.title == "Klaviyo refused to cancel it"
    assert "'Scheduled'" in refused.value.remedy
    assert refused.value.detail


def test_what_has_been_sent_is_refused(world: World) -> None:
    ref = world.published()
    world.clock.move(timedelta(days=8))
    with pytest.raises(StateConflict) as refused:
        cancel(world, ref, CancelMode.STOP_SENDING)
    assert refused.value.title == "This e-mail has been sent"


def sending(world: World) -> RemoteRef:
    """A campaign that is being sent."""
    ref = world.published()
    campaign = world.only()
    campaign.job.phases = [*campaign.job.phases[:1], (world.clock.now(), "Sending")]
    return ref


def test_what_is_being_sent_is_only_stopped_on_request(world: World) -> None:
    ref = sending(world)
    with pytest.raises(StateConflict) as refused:
        cancel(world, ref)
    assert refused.value.title == "This e-mail is being sent"
    assert world.calls == ["GET campaigns"]
    remote = cancel(world, ref, CancelMode.STOP_SENDING, "cancel-2")
    assert (remote.state, remote.partly_sent) == (S.CANCELLED, True)


def test_a_draft_that_was_never_sent_off_is_deleted_with_its_template(world: World) -> None:
    ref = world.staged()
    remote = cancel(world, ref)
    assert world.calls == [
        "GET campaigns",
        "GET campaigns",
        "DELETE campaigns",
        "GET campaigns",
        "DELETE templates",
    ]
    assert (remote.state, remote.raw_state, remote.reason) == (S.CANCELLED, "Deleted", "")
    assert (world.ours(), world.templates()) == ([], [])


def test_a_draft_whose_send_job_was_begun_is_cancelled_deleted_and_watched(world: World) -> None:
    ref = world.staged()
    world.claim.log("publication-1", "publish").begin("send", StepKind.COMMIT)
    begun = world.clock.now()
    remote = cancel(world, ref)
    assert world.calls[1] == "PATCH campaign-send-jobs"
    assert remote.raw_state == "Deleted"
    assert world.clock.now() - begun >= timedelta(seconds=10)


def test_a_send_job_that_takes_effect_late_is_cancelled_too(world: World) -> None:
    world.sandbox.configure(guesses={"job_lag": 5.0})
    world.sandbox.add_fault("drop", method="POST", path="send-jobs$", when="after")
    world.sandbox.add_fault("status", method="GET", path="campaigns/", status=503, nth=2, count=None)
    with pytest.raises(PlatformError):
        world.platform.publish(world.campaign(), journal=world.journal())
    world.sandbox.clear_faults()
    ref = RemoteRef("klaviyo", (("campaign", world.only().id),))
    assert cancel(world, ref).state is S.CANCELLED
    world.clock.move(timedelta(days=8))
    assert world.sandbox.sent == []


def test_nothing_begun_is_nothing_to_do(world: World) -> None:
    assert cancel(world, None).state is S.CANCELLED
    assert world.calls == []


@pytest.mark.parametrize("lag", [0, 6])
def test_a_create_whose_answer_was_lost_is_found_and_removed(world: World, lag: float) -> None:
    """Also when the campaign shows late."""
    world.sandbox.configure(guesses={"collection_lag": float(lag)})
    world.sandbox.add_fault("drop", method="POST", path="campaigns$", when="after")
    world.sandbox.add_fault("status", method="GET", path="campaigns$", status=503, count=4)
    with pytest.raises(PlatformError):
        world.platform.publish(world.campaign(), journal=world.journal())
    assert len(world.ours()) == 1
    remote = cancel(world, None)
    assert (remote.state, remote.raw_state) == (S.CANCELLED, "Deleted")
    assert (world.ours(), world.templates()) == ([], [])


def test_a_template_whose_answer_was_lost_is_found_and_removed(world: World) -> None:
    world.sandbox.add_fault("drop", method="POST", path="templates$", when="after")
    world.sandbox.add_fault("status", method="GET", path="templates$", status=503, count=4)
    with pytest.raises(PlatformError):
        world.platform.publish(world.campaign(), journal=world.journal())
    assert len(world.templates()) == 1
    assert cancel(world, None).state is S.CANCELLED
    assert world.templates() == []


def test_what_somebody_else_scheduled_is_not_cancelled_for_a_create_that_was_lost(world: World) -> None:
    world.published()
    rows = world.repo.rows["publication-1"]
    for name in [key for key in rows if key[1] == "send"]:
        del rows[name]
    for row in rows.values():
        row.remote_id = None
    with pytest.raises(OutcomeUnknown, match="scheduled by somebody else") as unknown:
        cancel(world, None)
    assert "https://www.klaviyo.com/campaign/" in unknown.value.remedy
    assert world.statuses() == ["Scheduled"]


def test_a_404_that_is_not_klaviyos_is_not_believed(world: World) -> None:
    ref = world.published()
    world.sandbox.add_fault("html", method="GET", path="campaigns/", status=404, count=None)
    with pytest.raises(PlatformUnavailable):
        cancel(world, ref)
    assert world.statuses() == ["Scheduled"]


def test_a_persons_clone_is_left_alone(world: World) -> None:
    world.staged()
    world.only().name = f"Clone of Winter sale {MARKER}"
    for row in world.repo.rows["publication-1"].values():
        row.remote_id = None
    assert cancel(world, None).state is S.CANCELLED
    assert world.statuses() == ["Draft"]


def test_a_read_that_fails_after_the_draft_was_removed_is_half_done(world: World) -> None:
    ref = world.staged()
    world.sandbox.add_fault("throttle", method="GET", path="campaigns/", retry_after=900, nth=3)
    with pytest.raises(RateLimited) as paused:
        cancel(world, ref)
    assert paused.value.effect is Effect.PARTIAL
    assert world.ours() == []


def test_what_is_gone_counts_as_cancelled(world: World) -> None:
    ref = world.published()
    world.sandbox.act(world.only().id, "delete")
    assert cancel(world, ref).raw_state == "Deleted"


def test_what_klaviyo_ended_keeps_its_reason(world: World) -> None:
    ref = world.published()
    world.sandbox.act(world.only().id, "end_as", status="Cancelled: Billing Limit", now=True)
    remote = cancel(world, ref)
    assert (remote.state, remote.reason) == (S.CANCELLED, "Billing Limit")


def test_a_template_that_cannot_be_removed_leaves_the_cancel_unfinished(world: World) -> None:
    ref = world.staged()
    world.sandbox.add_fault("status", method="DELETE", path="templates/", status=503, count=None)
    remote = cancel(world, ref)
    assert (remote.state, remote.unfinished) == (S.CANCELLED, True)
    world.sandbox.clear_faults()
    assert cancel(world, ref).unfinished is False
    assert world.templates() == []


def test_a_scheduled_campaign_can_be_kept_as_a_draft(world: World) -> None:
    ref = world.published()
    remote = cancel(world, ref, CancelMode.KEEP_DRAFT, "edit")
    assert (remote.state, world.statuses()) == (S.STAGED, ["Draft"])
    world.platform.discard(ref)
    assert world.ours() == []
    world.platform.discard(ref)


def test_a_revert_that_klaviyo_refuses_leaves_it_scheduled(world: World) -> None:
    ref = world.published()
    world.sandbox.configure(guesses={"revert_refused_in": ["Scheduled"]})
    with pytest.raises(StateConflict) as refused:
        cancel(world, ref, CancelMode.KEEP_DRAFT, "edit")
    assert refused.value.title == "Klaviyo refused to take it back"
    assert world.statuses() == ["Scheduled"]


def test_every_campaign_with_the_marker_is_listed_archived_ones_too(world: World) -> None:
    ref = world.published()
    world.sandbox.act(world.only().id, "archive")
    (found,) = world.platform.find_by_marker(MARKER)
    assert found.ref.id("campaign") == ref.id("campaign")
    assert found.name == f"Winter sale {MARKER}"
    assert found.created_at is not None


def test_templates_are_found_by_the_marker_and_removed_like_drafts(world: World) -> None:
    client = world.platform._client  # no port stores a lone template
    ours = client.create_template(name=f"Winter sale {MARKER}", html=HTML, text="").id
    client.create_template(name=f"{MARKER} is not at the end", html=HTML, text="")
    (part,) = world.platform.parts_by_marker(MARKER)
    assert (part.ref, part.name) == (RemoteRef("klaviyo", (("template", ours),)), f"Winter sale {MARKER}")
    assert part.created_at is not None
    for _ in range(2):  # gone already is done
        world.platform.discard(part.ref)
    assert world.platform.parts_by_marker(MARKER) == []


def test_a_persons_template_that_only_names_the_marker_is_left(world: World) -> None:
    """Ours was lost; what is removed in its place ends in the marker and is no older than our try."""
    world.sandbox.add_fault("drop", method="POST", path="templates$", when="before", count=None)
    with pytest.raises(OutcomeUnknown):
        world.platform.publish(world.campaign(), journal=world.journal())
    world.sandbox.clear_faults()
    client = world.platform._client  # no port stores a lone template
    theirs = client.create_template(name=f"Winter sale {MARKER} - my layout {MARKER}x", html=HTML, text="").id
    cancel(world, None)
    assert theirs in world.sandbox.state.templates


def test_what_was_sent_already_still_loses_its_throw_away_template(world: World) -> None:
    """It was not removed after the publish, and nobody else would."""
    world.sandbox.add_fault("status", method="DELETE", path="templates", status=503, count=None)
    ref = world.published(schedule=world.in_(hours=1))
    world.sandbox.clear_faults()
    assert len(world.templates()) == 1
    world.clock.move(timedelta(hours=2))
    with pytest.raises(StateConflict):
        cancel(world, ref, CancelMode.KEEP_DRAFT, "edit-1")
    assert world.templates() == []
