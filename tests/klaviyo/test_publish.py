from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from klaviyo_world import MARKER, World

from glowtify_core.domain.campaign import Options, Utm
from glowtify_core.domain.errors import ClaimLost, Effect, OutcomeUnknown, PlatformError, RequestRejected
from glowtify_core.domain.schedule import SendAt, SendAtRecipientTime
from glowtify_core.domain.state import PublicationState as S
from glowtify_core.ports.campaigns import StepKind
from glowtify_klaviyo.sandbox import Guesses, Sandbox

UP_TO_SEND = [
    "POST templates",
    "POST campaigns",
    "POST campaign-message-assign-template",
    "GET campaigns",
    "POST campaign-send-jobs",
]


def test_four_writes_and_one_read_lead_to_the_send_job_then_it_is_confirmed_and_tidied(world: World) -> None:
    remote = world.platform.publish(world.campaign(), journal=world.journal())
    assert world.calls == [*UP_TO_SEND, "GET campaigns", "DELETE templates"]
    assert (remote.state, remote.raw_state, remote.unfinished) == (S.SCHEDULED, "Scheduled", False)
    assert remote.scheduled_for == world.campaign().schedule.latest_instant("UTC")
    assert remote.name == f"Winter sale {MARKER}"
    assert remote.url == f"https://www.klaviyo.com/campaign/{remote.ref.id('campaign')}/wizard"
    assert world.templates() == []


def test_what_the_person_wrote_is_what_klaviyo_has(world: World) -> None:
    wanted = world.campaign(
        preheader="Only today",
        include=(world.list_ref(0), world.segment_ref(0)),
        exclude=(world.list_ref(1),),
        options=Options(smart_sending=False),
        html="<p>{{}}</p>",
    )
    world.platform.publish(wanted, journal=world.journal())
    made = world.only()
    message = world.sandbox.state.messages[made.message_id]
    assert made.audiences == {
        "included": [ref.id for ref in wanted.included],
        "excluded": [ref.id for ref in wanted.excluded],
    }
    assert made.send_options["use_smart_sending"] is False
    assert message.content["preview_text"] == "Only today"
    copy = world.sandbox.state.templates[message.template_id]
    assert "&#123;&#123;&#125;&#125;" in copy.html
    assert copy.text == wanted.text


@pytest.mark.parametrize(
    ("utm", "expected"),
    [
        (Utm.ON, [("utm_source", "klaviyo"), ("utm_medium", "email"), ("utm_campaign", "Winter sale")]),
        (Utm.OFF, []),
    ],
)
def test_links_carry_the_clean_name_or_nothing(
    world: World, utm: Utm, expected: list[tuple[str, str]]
) -> None:
    world.platform.publish(world.campaign(options=Options(utm=utm)), journal=world.journal())
    tracking = world.only().tracking_options
    assert tracking["add_tracking_params"] is (utm is Utm.ON)
    assert [(one["name"], one["value"]) for one in tracking["custom_tracking_params"]] == expected


def test_a_recipient_local_time_is_sent_as_a_wall_time(world: World) -> None:
    wall = datetime(2026, 12, 1, 9, 0)  # noqa: DTZ001 - a wall time
    wanted = world.campaign(schedule=SendAtRecipientTime.at(wall))
    remote = world.platform.publish(wanted, journal=world.journal())
    strategy = world.only().send_strategy
    assert strategy["datetime"] == "2026-12-01T09:00:00+00:00"
    assert strategy["options"] == {"is_local": True, "send_past_recipients_immediately": False}
    assert (remote.state, remote.recipient_wall, remote.scheduled_for) == (S.SCHEDULED, wall, None)


def test_publishing_again_writes_nothing_more(world: World) -> None:
    first = world.platform.publish(world.campaign(), journal=world.journal())
    world.sandbox.clear_requests()
    again = world.platform.publish(world.campaign(), journal=world.journal())
    assert again.ref == first.ref
    assert set(world.calls) == {"GET campaigns"}


@pytest.mark.parametrize("path", ["templates", "campaigns", "campaign-message-assign-template"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_before_the_commit_doubles_nothing(world: World, path: str, when: str) -> None:
    world.sandbox.add_fault("drop", method="POST", path=f"{path}$", when=when)
    remote = world.platform.publish(world.campaign(), journal=world.journal())
    assert remote.state is S.SCHEDULED
    assert len(world.ours()) == 1
    assert world.templates() == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_of_the_send_job_sends_once(world: World, when: str) -> None:
    world.sandbox.add_fault("drop", method="POST", path="campaign-send-jobs$", when=when)
    remote = world.platform.publish(world.campaign(), journal=world.journal())
    assert remote.state is S.SCHEDULED
    assert len(world.ours()) == 1
    world.clock.move(timedelta(days=8))
    assert [one["campaign_id"] for one in world.sandbox.sent] == [remote.ref.id("campaign")]


def test_a_doubled_draft_is_removed(world: World) -> None:
    world.sandbox.add_fault("drop", method="POST", path="campaigns$", when="after")
    world.sandbox.add_fault("lag", path="campaigns", seconds=15)
    world.platform.publish(world.campaign(), journal=world.journal())
    twins = len(world.ours())
    assert twins == 2  # the lag was longer than the settle time: nobody could have known
    world.sandbox.clear_faults()
    other = World(world.sandbox)
    other.claim.log("publication-1", "publish").begin("campaign", StepKind.CREATE)
    other.clock.move(timedelta(seconds=30))
    other.platform.publish(world.campaign(), journal=other.journal())
    assert other.statuses() == ["Scheduled"]


def test_a_process_that_dies_after_the_create_is_resumed_with_one_more_read(world: World) -> None:
    world.sandbox.add_fault("status", method="POST", path="assign-template$", status=503, count=None)
    with pytest.raises(OutcomeUnknown):
        world.platform.publish(world.campaign(), journal=world.journal())
    world.sandbox.clear_faults()
    world.sandbox.clear_requests()
    remote = world.connected().publish(world.campaign(), journal=world.journal())
    assert remote.state is S.SCHEDULED
    assert world.calls[:2] == ["GET campaigns", "POST campaign-message-assign-template"]
    assert len(world.ours()) == 1


def test_a_campaign_that_is_stored_differently_never_reaches_the_send_job(world: World) -> None:
    journal = world.journal()
    world.sandbox.add_fault("status", method="GET", path="campaigns/", status=503, count=None)
    with pytest.raises(PlatformError):
        world.platform.publish(world.campaign(), journal=journal)
    world.sandbox.clear_faults()
    changes = {"send_strategy": {"method": "static", "datetime": "2026-12-24T10:00:00+00:00"}}
    world.sandbox.act(world.only().id, "edit", **changes, content={"subject": "Other"})
    with pytest.raises(RequestRejected) as refused:
        world.platform.publish(world.campaign(), journal=journal)
    assert (refused.value.code, refused.value.effect) == ("readback_differs", Effect.PARTIAL)
    assert refused.value.detail == "Different: send time, subject."
    assert world.count("POST campaign-send-jobs") == 0
    assert world.statuses() == ["Draft"]


@pytest.mark.parametrize(("minutes", "behind"), [(4, 0), (30, 40)])
def test_a_time_that_came_too_near_is_not_sent_and_leaves_nothing(
    world: World, minutes: int, behind: int
) -> None:
    """Also when our own clock is behind: Klaviyo's Date header counts then."""
    schedule = world.in_(minutes=minutes)
    world.clock.behind = timedelta(minutes=behind)
    if behind:
        schedule = replace(schedule, instant=world.clock.now() + timedelta(minutes=minutes))
    journal = world.journal()
    with pytest.raises(RequestRejected) as refused:
        world.platform.publish(world.campaign(schedule=schedule), journal=journal)
    assert refused.value.title == "Scheduled datetime must be in the future"
    assert (refused.value.code, refused.value.effect) == ("schedule_in_past", Effect.NONE)
    assert (world.ours(), world.templates()) == ([], [])
    assert world.count("POST campaign-send-jobs") == 0
    assert not [step for step in journal.steps() if step.remote_id]


def six_minutes_and_a_quarter(world: World) -> SendAt:
    world.clock.move(timedelta(seconds=45))
    return world.in_(minutes=7)


def test_a_send_job_is_not_made_again_once_its_time_is_near(world: World) -> None:
    """Its first request waits for over a minute, and its answer is lost: no other is sent."""
    schedule = six_minutes_and_a_quarter(world)
    world.sandbox.add_fault("throttle", method="POST", path="send-jobs$", retry_after=70)
    world.sandbox.add_fault("drop", method="POST", path="send-jobs$", nth=2)
    journal = world.journal()
    with pytest.raises(RequestRejected) as refused:
        world.platform.publish(world.campaign(schedule=schedule), journal=journal)
    assert refused.value.code == "schedule_in_past"
    assert world.count("POST campaign-send-jobs") == 2
    assert (world.ours(), world.templates()) == ([], [])
    assert journal.steps() == []


@pytest.mark.parametrize("crash_at", ["discard", "delete_template"])
def test_a_crash_while_a_draft_that_came_too_late_is_removed_is_carried_on(
    world: World, crash_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = {"discard": world.platform._watcher, "delete_template": world.platform._client}[crash_at]
    real, crashes = getattr(owner, crash_at), [KeyboardInterrupt]

    def crashing(*args: str, **options: Any) -> None:
        real(*args, **options)
        while crashes:
            raise crashes.pop()

    monkeypatch.setattr(owner, crash_at, crashing)
    late = world.campaign(schedule=world.in_(minutes=2))
    with pytest.raises(KeyboardInterrupt):
        world.platform.publish(late, journal=world.journal())
    with pytest.raises(RequestRejected) as refused:
        world.platform.publish(late, journal=world.journal())
    assert refused.value.code == "schedule_in_past"
    assert (world.ours(), world.templates()) == ([], [])
    assert world.journal().steps() == []


def test_a_lost_send_job_that_shows_while_its_late_draft_is_removed_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was made in time and taken; only its answer got lost."""
    schedule = six_minutes_and_a_quarter(world)
    world.sandbox.add_fault("throttle", method="POST", path="send-jobs$", retry_after=70)
    world.sandbox.add_fault("drop", method="POST", path="send-jobs$", nth=2, when="after")
    world.sandbox.configure(guesses={"job_lag": 10.5})
    discard = world.platform._watcher.discard

    def a_second_later(campaign_id: str, **options: Any) -> None:
        world.clock.move(timedelta(seconds=1))
        discard(campaign_id, **options)

    monkeypatch.setattr(world.platform._watcher, "discard", a_second_later)
    remote = world.platform.publish(world.campaign(schedule=schedule), journal=world.journal())
    assert remote.state is S.SCHEDULED
    assert world.statuses() == ["Scheduled"]


def test_a_send_job_that_waits_for_its_turn_until_its_time_is_near_does_not_leave(world: World) -> None:
    schedule = world.in_(minutes=6)
    world.sandbox.add_fault("throttle", method="POST", path="send-jobs$", retry_after=70)
    with pytest.raises(RequestRejected) as refused:
        world.platform.publish(world.campaign(schedule=schedule), journal=world.journal())
    assert (refused.value.code, refused.value.effect) == ("schedule_in_past", Effect.NONE)
    assert world.count("POST campaign-send-jobs") == 1
    assert (world.ours(), world.templates()) == ([], [])


def test_a_worker_that_is_replaced_while_its_send_job_waits_for_its_turn_does_not_send(world: World) -> None:
    world.sandbox.add_fault("throttle", method="POST", path="send-jobs$", retry_after=30)
    sleep = world.clock.sleep

    def replaced_meanwhile(seconds: float) -> None:
        sleep(seconds)
        if seconds >= 30:
            world.repo.claim(world.campaign().key, take_over=True)

    world.clock.sleep = replaced_meanwhile  # type: ignore[method-assign]  # what happens in that wait
    with pytest.raises(ClaimLost):
        world.platform.publish(world.campaign(), journal=world.journal())
    assert world.count("POST campaign-send-jobs") == 1
    assert world.statuses() == ["Draft"]


def test_a_draft_that_cannot_be_removed_is_told(world: World) -> None:
    world.sandbox.add_fault("error", method="DELETE", path="campaigns/", status=403, body={"errors": []})
    with pytest.raises(RequestRejected) as refused:
        world.platform.publish(world.campaign(schedule=world.in_(minutes=2)), journal=world.journal())
    assert (refused.value.code, refused.value.effect) == ("schedule_in_past", Effect.PARTIAL)


def test_a_refused_send_job_is_told_with_what_is_left(world: World) -> None:
    world.sandbox.configure(sender_trouble=["send_job"])
    journal = world.journal()
    with pytest.raises(RequestRejected) as refused:
        world.platform.publish(world.campaign(), journal=journal)
    assert refused.value.title == "Sender not authorized"
    assert refused.value.effect is Effect.PARTIAL
    assert journal.steps("send") == []
    assert world.calls[-2:] == ["POST campaign-send-jobs", "GET campaigns"]


def test_a_refusal_of_a_job_that_was_taken_is_no_refusal(world: World) -> None:
    """The first answer is lost, the job is made again after the settle time, and refused as a second one."""
    world.sandbox.add_fault("drop", method="POST", path="send-jobs$", when="after")
    world.sandbox.configure(guesses={"job_lag": 15.0})
    remote = world.platform.publish(world.campaign(), journal=world.journal())
    assert remote.state is S.SCHEDULED


def test_a_refused_create_leaves_only_the_template(world: World) -> None:
    world.sandbox.configure(sender_trouble=["create"])
    with pytest.raises(RequestRejected) as refused:
        world.platform.publish(world.campaign(), journal=world.journal())
    assert (refused.value.title, refused.value.effect) == ("Sender not authorized", Effect.PARTIAL)
    assert world.ours() == []


def test_a_refused_template_leaves_nothing(world: World) -> None:
    world.sandbox.configure(guesses={"template_limit": 1})
    with pytest.raises(RequestRejected) as refused:
        world.platform.publish(world.campaign(), journal=world.journal())
    assert (refused.value.title, refused.value.effect) == ("Too many templates in Klaviyo", Effect.NONE)


def test_a_template_that_was_deleted_meanwhile_is_stored_anew(world: World) -> None:
    journal = world.journal()
    world.sandbox.configure(sender_trouble=["create"])
    with pytest.raises(RequestRejected):
        world.platform.publish(world.campaign(), journal=journal)
    world.sandbox.configure(sender_trouble=[])
    (template,) = world.templates()
    del world.sandbox.state.templates[template.id]
    assert world.platform.publish(world.campaign(), journal=journal).state is S.SCHEDULED


def test_a_draft_that_was_deleted_before_the_send_job_is_missing(world: World) -> None:
    world.staged()
    world.sandbox.act(world.only().id, "delete")
    remote = world.platform.publish(world.campaign(), journal=world.journal())
    assert remote.state is S.MISSING
    assert world.templates() == []


def test_a_campaign_that_was_sent_in_klaviyo_meanwhile_gets_no_second_job(world: World) -> None:
    world.staged()
    world.sandbox.act(world.only().id, "reschedule", datetime="2026-12-24T10:00:00+00:00")
    remote = world.platform.publish(world.campaign(), journal=world.journal())
    assert remote.scheduled_for == datetime(2026, 12, 24, 10, tzinfo=UTC)
    assert world.count("POST campaign-send-jobs") == 0


@pytest.mark.parametrize(
    ("chosen", "word"), [("schedule", "Scheduled"), ("send", "Queued without Recipients")]
)
def test_a_real_walk_is_accepted_first_and_confirmed_later(chosen: str, word: str) -> None:
    guesses = Guesses(recipients_chosen=chosen)  # type: ignore[arg-type]  # both are its words
    with Sandbox(now=datetime(2026, 11, 23, 10, 0, tzinfo=UTC), walk="real", guesses=guesses) as sandbox:
        world = World(sandbox)
        remote = world.platform.publish(world.campaign(), journal=world.journal())
        assert (remote.state, world.templates()) == (S.SUBMITTING, [])
        world.clock.move(timedelta(seconds=60))
        remote = world.platform.status([remote.ref])[remote.ref]
        world.platform.close()
    assert (remote.state, remote.raw_state) == (S.SCHEDULED, word)


def test_the_confirming_reads_end_when_klaviyo_is_slow(world: World) -> None:
    world.sandbox.configure(guesses={"job_lag": 30.0})
    world.platform.publish(world.campaign(), journal=world.journal())
    reads = world.calls[len(UP_TO_SEND) : -1]
    assert reads == ["GET campaigns"] * 5
    assert world.clock.slept[-5:] == [2, 3, 5, 10, 20]


def test_a_template_that_cannot_be_removed_is_left_for_the_next_call(world: World) -> None:
    world.sandbox.add_fault("status", method="DELETE", path="templates/", status=503, count=None)
    remote = world.platform.publish(world.campaign(), journal=world.journal())
    assert (remote.state, remote.unfinished) == (S.SCHEDULED, True)
    world.sandbox.clear_faults()
    remote = world.platform.publish(world.campaign(), journal=world.journal())
    assert (remote.state, remote.unfinished) == (S.SCHEDULED, False)
    assert world.templates() == []


def test_an_error_after_the_commit_does_not_look_like_a_failure(world: World) -> None:
    world.sandbox.add_fault("status", method="GET", path="campaigns", status=503, nth=2, count=None)
    with pytest.raises(PlatformError) as failed:
        world.platform.publish(world.campaign(), journal=world.journal())
    assert failed.value.effect is Effect.DONE
    assert world.statuses() == ["Scheduled"]


def test_a_worker_that_lost_its_claim_writes_nothing(world: World) -> None:
    journal = world.journal()
    world.repo.claim(world.campaign().key, take_over=True)
    with pytest.raises(ClaimLost):
        world.platform.publish(world.campaign(), journal=journal)
    assert world.calls == []
