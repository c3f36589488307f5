"""Moving a scheduled e-mail."""

from datetime import datetime, timedelta

import fakes
import pytest
from fakes import S

from glowtify_core.domain.errors import (
    CampaignNotFound,
    CampaignRejected,
    OutcomeUnknown,
    PlatformUnavailable,
    RequestRejected,
    ScheduleRejected,
    StateConflict,
    Unsupported,
)
from glowtify_core.domain.remote import Drift
from glowtify_core.domain.schedule import SendAt
from glowtify_core.ports.platform import Finding, Level

KEY = fakes.campaign().key
OLD = fakes.campaign().schedule
NEW = SendAt.at(datetime(2027, 1, 20, 9, 0), "America/Toronto")  # noqa: DTZ001 - a wall time


@pytest.fixture
def world():
    world = fakes.build()
    world.publish(fakes.campaign())
    world.server.calls.clear()
    return world


def latest(world):
    return world.repo.latest(KEY)


def test_it_is_moved(world):
    moved = world.reschedule(KEY, NEW).publication
    assert moved.state is S.SCHEDULED
    assert moved.schedule == NEW
    assert moved.open_operation is None
    assert moved.problem is None
    assert world.server.writes == ["revert", "patch", "send"]
    assert [campaign.scheduled_for for campaign in world.server.live] == [NEW.instant]
    assert world.repo.content(moved.id).schedule == NEW


def test_a_move_can_be_checked_without_making_it(world):
    before = latest(world)
    assert world.reschedule.check(KEY, NEW) == []
    with pytest.raises(ScheduleRejected, match="future"):
        world.reschedule.check(KEY, SendAt.at(datetime(2020, 1, 1, 9, 0), "America/Toronto"))  # noqa: DTZ001
    world.server.put(next(iter(world.server.campaigns)), state=S.SENT)
    world.track([before])
    with pytest.raises(CampaignRejected, match="cannot be moved"):
        world.reschedule.check(KEY, NEW)
    assert world.server.writes == []
    assert not latest(world).movable


def test_the_moved_campaign_is_the_wish_from_then_on(world):
    world.reschedule(KEY, NEW)
    assert world.publish(fakes.campaign(schedule=NEW)).already
    with pytest.raises(CampaignRejected, match="changed"):
        world.publish(fakes.campaign())
    assert world.track([latest(world)])[0].drift == set()


def test_the_same_time_is_no_write(world):
    before = latest(world)
    assert world.reschedule(KEY, OLD).publication == before
    assert world.server.writes == []


def test_the_same_time_is_written_again_over_a_change_made_by_others(world):
    world.server.put("C1", scheduled_for=NEW.instant)
    (drifted,) = world.track([latest(world)])
    assert drifted.drift == {Drift.TIME}
    back = world.reschedule(KEY, OLD).publication
    assert back.drift == set()
    assert [campaign.scheduled_for for campaign in world.server.live] == [OLD.instant]


def test_a_short_lead_is_a_warning(world):
    soon = SendAt.at((fakes.START + timedelta(minutes=10)).replace(tzinfo=None), "UTC")
    moved = world.reschedule(KEY, soon)
    assert moved.publication.schedule == soon
    assert [finding.code for finding in moved.findings] == ["short_lead"]


def test_a_past_time_is_refused_before_any_request(world):
    with pytest.raises(ScheduleRejected, match="future"):
        world.reschedule(KEY, SendAt.at(datetime(2026, 1, 1, 9, 0), "UTC"))  # noqa: DTZ001 - a wall time
    assert world.server.calls == []
    assert latest(world).open_operation is None


def test_a_time_that_the_connector_refuses_takes_nothing_down(world):
    too_near = Finding(Level.ERROR, "schedule_in_past", "too near", field="schedule.at")
    braces = Finding(Level.ERROR, "braces", "of no concern to the time", field="html")
    world.server.findings = [braces, too_near]
    with pytest.raises(CampaignRejected, match="too near"):
        world.reschedule(KEY, NEW)
    assert world.server.calls == []
    world.server.findings = [braces]
    assert world.reschedule(KEY, NEW).publication.schedule == NEW


def test_a_new_time_that_the_platform_does_not_take_keeps_the_old_one_and_says_so(world):
    world.server.keeps_time = True
    kept = world.reschedule(KEY, NEW).publication
    assert kept.state is S.SCHEDULED
    assert kept.schedule == OLD
    assert kept.open_operation is None
    assert kept.problem.code == "reschedule_refused"
    assert world.publish(fakes.campaign()).already


def test_a_refused_revert_keeps_the_old_time(world):
    world.server.before["revert"] = [StateConflict("too late", effect=fakes.Effect.NONE)]
    with pytest.raises(StateConflict):
        world.reschedule(KEY, NEW)
    assert latest(world).state is S.SCHEDULED
    assert latest(world).schedule == OLD
    assert latest(world).open_operation is None
    assert latest(world).problem.title == "too late"


def test_a_revert_that_was_taken_and_does_not_show_yet_keeps_the_move_open(world):
    """What was refused came after it, and the look that follows still finds the e-mail scheduled."""
    world.server.before["revert"] = [RequestRejected("no reading", effect=fakes.Effect.PARTIAL)]
    with pytest.raises(RequestRejected):
        world.reschedule(KEY, NEW)
    assert latest(world).state is S.SCHEDULED
    assert "may not be sent" in latest(world).attention
    assert world.advance(latest(world).id).schedule == NEW


@pytest.mark.parametrize("request_", ["patch", "send"])
def test_what_is_refused_after_the_revert_is_unscheduled_and_says_so(world, request_):
    world.server.before[request_] = [fakes.refused()]
    with pytest.raises(RequestRejected):
        world.reschedule(KEY, NEW)
    unscheduled = latest(world)
    assert unscheduled.state is S.STAGED
    assert unscheduled.open_operation is None
    assert unscheduled.attention.startswith("Unscheduled: this e-mail will not be sent")
    assert world.publish(fakes.campaign()).publication.state is S.SCHEDULED
    assert [campaign.scheduled_for for campaign in world.server.live] == [OLD.instant]


def test_what_is_unscheduled_can_be_given_another_time(world):
    world.server.before["patch"] = [fakes.refused()]
    with pytest.raises(RequestRejected):
        world.reschedule(KEY, NEW)
    assert world.reschedule(KEY, NEW).publication.state is S.SCHEDULED
    assert [campaign.scheduled_for for campaign in world.server.live] == [NEW.instant]


@pytest.mark.parametrize("request_", ["revert", "patch", "send"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_lost_answers_end_moved_and_once(world, moment, request_):
    getattr(world.server, moment)[request_] = [fakes.lost()]
    assert world.reschedule(KEY, NEW).publication.schedule == NEW
    assert [campaign.scheduled_for for campaign in world.server.live] == [NEW.instant]


@pytest.mark.parametrize("request_", ["revert", "patch", "send"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("carry_on", ["advance", "reschedule", "repair"])
def test_a_move_that_crashed_is_carried_on(world, moment, request_, carry_on):
    getattr(world.server, moment)[request_] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        world.reschedule(KEY, NEW)
    if carry_on == "advance":
        world.advance(latest(world).id)
    elif carry_on == "reschedule":
        world.reschedule(KEY, NEW)
    else:
        list(world.repair())
    assert latest(world).schedule == NEW
    assert latest(world).open_operation is None
    assert [campaign.scheduled_for for campaign in world.server.live] == [NEW.instant]


def test_the_same_move_asked_for_again_is_the_same_operation(world):
    world.server.before["patch"] = [fakes.down()]
    with pytest.raises(PlatformUnavailable):
        world.reschedule(KEY, NEW)
    moved = world.reschedule(KEY, NEW).publication
    assert moved.schedule == NEW
    assert [operation.name for operation in moved.operations] == ["publish", "reschedule-1"]


def test_a_move_under_way_is_no_drift_and_says_that_it_may_not_be_sent(world):
    world.server.before["patch"] = [fakes.down()]
    with pytest.raises(PlatformUnavailable):
        world.reschedule(KEY, NEW)
    (tracked,) = world.track([latest(world)])
    assert tracked.state is S.STAGED
    assert tracked.drift == set()
    assert "may not be sent" in latest(world).attention
    assert world.advance(tracked.id).schedule == NEW


def test_a_send_job_that_cannot_be_read_is_unknown_and_then_known(world):
    world.server.after["send"] = [fakes.lost()]
    world.server.before["read"] = [fakes.down()]
    with pytest.raises(OutcomeUnknown):
        world.reschedule(KEY, NEW)
    assert latest(world).state is S.UNKNOWN
    assert world.advance(latest(world).id).schedule == NEW


def test_a_send_job_refused_after_one_that_was_lost_stays_open(world):
    world.server.before["send"] = [fakes.lost(), fakes.refused()]
    with pytest.raises(RequestRejected):
        world.reschedule(KEY, NEW)
    assert latest(world).state is S.UNKNOWN
    assert latest(world).open_operation.name == "reschedule-1"
    assert world.advance(latest(world).id).schedule == NEW


def test_trouble_after_the_new_send_job_keeps_the_operation_open(world):
    world.server.before["read"] = [fakes.refused()]
    with pytest.raises(RequestRejected):
        world.reschedule(KEY, NEW)
    assert latest(world).open_operation.name == "reschedule-1"
    assert world.advance(latest(world).id).schedule == NEW


@pytest.mark.parametrize("state", [S.SENDING, S.SENT, S.CANCELLED])
def test_what_is_no_longer_waiting_cannot_be_moved(world, state):
    world.server.put("C1", state=state)
    world.track([latest(world)])
    world.server.calls.clear()
    with pytest.raises(CampaignRejected) as refusal:
        world.reschedule(KEY, NEW)
    assert refusal.value.code == "not_movable"
    assert world.server.calls == []


def test_what_is_still_being_published_cannot_be_moved(world):
    world.server.before["create"] = [fakes.down()]
    with pytest.raises(PlatformUnavailable):
        world.publish(fakes.campaign("epic-2"))
    with pytest.raises(CampaignRejected, match="cannot be moved"):
        world.reschedule(fakes.CampaignKey("default", "epic-2"), NEW)


def test_what_has_only_to_be_tidied_is_tidied_and_moved():
    world = fakes.build()
    world.server.untidy = True
    world.publish(fakes.campaign())
    world.server.untidy = False
    moved = world.reschedule(KEY, NEW).publication
    assert moved.schedule == NEW
    assert moved.open_operation is None


def test_what_was_sent_before_it_was_tidied_is_not_moved():
    world = fakes.build()
    world.server.untidy = True
    world.publish(fakes.campaign())
    world.server.untidy = False
    world.server.put("C1", state=S.SENT)
    with pytest.raises(CampaignRejected, match="sent and cannot be moved"):
        world.reschedule(KEY, NEW)
    assert latest(world).closed


def test_a_connector_that_cannot_move_is_not_called():
    declared = {name: needs for name, needs in fakes.CAPABILITIES.items() if name != "reschedule"}
    world = fakes.build(capabilities=declared)
    world.publish(fakes.campaign())
    world.server.calls.clear()
    with pytest.raises(Unsupported):
        world.reschedule(KEY, NEW)
    assert world.server.calls == []


def test_what_was_never_published_cannot_be_moved(world):
    with pytest.raises(CampaignNotFound):
        world.reschedule(fakes.CampaignKey("default", "other"), NEW)


def test_a_move_under_way_is_told_while_its_worker_still_holds_it(world):
    """Also after that worker was killed, until its claim runs out."""
    shown = []
    world.server.meanwhile["revert"] = lambda: shown.extend(world.track([latest(world)]))
    world.reschedule(KEY, NEW)
    assert "The move is not finished" in shown[0].attention
    assert latest(world).attention == ""
