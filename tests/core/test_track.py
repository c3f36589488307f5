"""Asking platforms how publications stand."""

from dataclasses import replace
from datetime import datetime, timedelta

import fakes
import pytest
from fakes import S

from glowtify_core.domain.errors import AuthenticationFailed, Effect
from glowtify_core.domain.publication import CancelledBy
from glowtify_core.domain.remote import Drift
from glowtify_core.domain.schedule import SendAtRecipientTime
from glowtify_core.ports.credentials import Secret


@pytest.fixture
def world():
    return fakes.build()


@pytest.fixture
def scheduled(world):
    made = world.publish(fakes.campaign()).publication
    world.server.calls.clear()
    return made


def track(world, publication):
    (tracked,) = world.track([publication])
    return tracked


def test_what_stands_as_before_is_not_written(world, scheduled):
    saves = world.repo.saves
    world.clock.move(timedelta(minutes=1))
    assert track(world, scheduled) == replace(scheduled, checked_at=world.clock.now())
    assert world.repo.saves == saves


@pytest.mark.parametrize(
    ("changes", "drift"),
    [
        ({"scheduled_for": fakes.START + timedelta(days=30)}, Drift.TIME),
        ({"included": frozenset({"LIST02"})}, Drift.AUDIENCE),
        ({"subject": "Buy now"}, Drift.SUBJECT),
        ({"sender_email": "b@example.com"}, Drift.SENDER),
        ({"state": S.STAGED}, Drift.UNSCHEDULED),
    ],
)
def test_what_others_changed_is_drift_and_mended_it_is_gone(world, scheduled, changes, drift):
    before = world.server.campaigns["C1"]
    world.server.put("C1", **changes)
    drifted = track(world, scheduled)
    assert drifted.drift == {drift}
    assert drifted.attention
    assert world.repo.get(scheduled.id) == drifted
    world.server.campaigns["C1"] = before
    mended = track(world, drifted)
    assert mended.drift == set()
    assert mended.attention == ""


def test_what_was_deleted_is_missing(world, scheduled):
    world.server.campaigns.clear()
    missing = track(world, scheduled)
    assert missing.state is S.MISSING
    assert missing.closed
    assert "Deleted on the platform" in missing.attention


@pytest.mark.parametrize(
    ("reason", "by", "words"),
    [
        ("", CancelledBy.PERSON, "Cancelled on the platform."),
        ("No Recipients", CancelledBy.PLATFORM, "Cancelled by the platform: No Recipients."),
    ],
)
def test_who_cancelled_and_why_is_told(world, scheduled, reason, by, words):
    world.server.put("C1", state=S.CANCELLED, reason=reason)
    cancelled = track(world, scheduled)
    assert cancelled.state is S.CANCELLED
    assert cancelled.cancelled_by is by
    assert cancelled.attention == words


def test_sent_is_learned_by_asking_and_asked_no_more(world, scheduled):
    world.server.put("C1", state=S.SENT)
    sent = track(world, scheduled)
    assert sent.state is S.SENT
    world.server.calls.clear()
    assert track(world, sent) == sent
    assert world.server.calls == []


def test_what_cannot_follow_is_unknown(world, scheduled):
    world.server.put("C1", state=S.SENDING)
    sending = track(world, scheduled)
    world.server.put("C1", state=S.SCHEDULED)
    assert track(world, sending).state is S.UNKNOWN


def test_overdue_needs_attention(world, scheduled):
    world.clock.at = scheduled.schedule.instant + timedelta(hours=2)
    assert track(world, scheduled).attention == ""
    world.clock.move(timedelta(minutes=1))
    assert track(world, scheduled).attention.startswith("Overdue")


def test_recipient_time_is_overdue_only_when_its_hour_has_passed_everywhere(world):
    wall = SendAtRecipientTime.at(datetime(2027, 1, 15, 9, 0))  # noqa: DTZ001 - a wall time
    made = world.publish(fakes.campaign(schedule=wall)).publication
    world.clock.at = wall.latest_instant("UTC") + timedelta(hours=38)
    assert track(world, made).attention == ""
    world.clock.move(timedelta(minutes=1))
    assert track(world, made).attention.startswith("Overdue")


def test_many_are_asked_in_one_request_and_come_back_in_order(world):
    made = [world.publish(fakes.campaign(f"epic-{n}")).publication for n in range(5)]
    world.server.put("C3", state=S.SENT)
    world.server.calls.clear()
    tracked = world.track(reversed(made))
    assert [publication.id for publication in tracked] == [publication.id for publication in reversed(made)]
    assert [publication.state for publication in tracked].count(S.SENT) == 1
    assert world.server.calls == ["read"]


def test_another_account_is_not_asked_about_it(world, scheduled):
    world.server.account = replace(world.server.account, id="ACC002")
    world.connect("default", "fake", {"api_key": Secret("of-another-account")}, other_account=True)
    world.server.campaigns.clear()
    seen = track(world, scheduled)
    assert replace(seen, problem=None) == scheduled
    assert seen.problem.code == "another_account"
    assert world.server.calls == []


@pytest.mark.parametrize(
    "trouble", [fakes.down(), AuthenticationFailed("Invalid API key", effect=Effect.NONE)]
)
def test_an_account_that_cannot_be_reached_keeps_the_state_and_shows_the_problem(world, scheduled, trouble):
    world.server.before["read"] = [trouble]
    shown = track(world, scheduled)
    assert shown.state is S.SCHEDULED
    assert shown.problem.title == trouble.title
    assert world.repo.get(scheduled.id) == scheduled


def test_an_account_that_is_not_connected_keeps_the_state_and_shows_the_problem(world, scheduled):
    world.disconnect("default", "fake")
    shown = track(world, scheduled)
    assert shown.state is S.SCHEDULED
    assert shown.problem.code == "not_connected"


def test_one_account_that_is_down_does_not_hide_the_others(world, scheduled):
    world.connect("north", "fake", {"api_key": Secret("another-long-key")})
    north = world.publish(fakes.campaign(key=fakes.CampaignKey("north", "epic-1"))).publication
    world.server.put("C2", state=S.SENT)
    world.server.before["read"] = [fakes.down()]  # meets the first store asked
    tracked = {publication.id: publication for publication in world.track([north, scheduled])}
    assert tracked[scheduled.id].problem
    assert tracked[north.id].state is S.SENT


def test_what_has_no_known_id_is_looked_for_by_its_marker(world):
    world.server.after["send"] = [fakes.lost()]
    world.server.before["read"] = [fakes.down(), fakes.down()]  # the look for the link fails too
    with pytest.raises(fakes.OutcomeUnknown):
        world.publish(fakes.campaign())
    unknown = world.repo.latest(fakes.campaign().key)
    assert unknown.ref is None
    clone = replace(world.server.campaigns["C1"], name=f"Clone of {world.server.campaigns['C1'].name}")
    world.server.campaigns = {"C0": replace(clone, state=S.SENT), **world.server.campaigns}
    found = track(world, unknown)
    assert found.state is S.SCHEDULED
    assert found.ref.id("campaign") == "C1"


def test_a_draft_of_ours_that_is_being_published_is_no_news(world):
    world.server.before["send"] = [fakes.down()]
    with pytest.raises(fakes.PlatformUnavailable):
        world.publish(fakes.campaign())
    staged = world.repo.latest(fakes.campaign().key)
    assert track(world, staged) == replace(staged, checked_at=world.clock.now())


def test_what_another_worker_holds_is_left_to_it(world, scheduled):
    world.repo.claim(scheduled.key)
    world.server.put("C1", state=S.SENT)
    assert track(world, scheduled) == scheduled


def test_what_another_worker_wrote_meanwhile_is_believed(world, scheduled):
    world.server.meanwhile["read"] = lambda: world.cancel(scheduled.key)
    assert track(world, scheduled).state is S.CANCELLED
    assert world.repo.get(scheduled.id).cancelled_by is CancelledBy.US


def test_when_it_was_asked_is_kept_though_nothing_is_new(world):
    made = world.publish(fakes.campaign()).publication
    world.clock.move(timedelta(hours=3))
    saves = world.repo.saves
    world.track([made])
    assert world.repo.get(made.id) == replace(made, checked_at=world.clock.now())
    assert world.repo.saves == saves
