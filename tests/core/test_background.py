"""Work that nobody waits for: handed out once, done whatever the queue does with it, and never for ever."""

import json
from dataclasses import asdict
from datetime import timedelta
from itertools import pairwise

import fakes
import pytest
from fakes import S

from glowtify_core.application.background import AGAIN, CHECK_EVERY, Background, Job, JobKind
from glowtify_core.domain.connection import ConnectionState
from glowtify_core.domain.errors import (
    AuthenticationFailed,
    CampaignRejected,
    Effect,
    MalformedResponse,
    RateLimited,
)
from glowtify_core.domain.publication import MAX_ATTEMPTS
from glowtify_core.domain.schedule import SendAt

DAY = timedelta(days=1)


@pytest.fixture
def world():
    world = fakes.build()
    world.background = Background(
        repo=world.repo,
        connections=world.connections,
        advance=world.advance,
        track=world.track,
        collect=world.performance,
        connect=world.connect,
        clock=world.clock,
    )
    return world


def work(world):
    """Hand out and do everything that is due now; the kinds of the jobs."""
    jobs = world.background.hand_out()
    for job in jobs:
        world.background.perform(job)
    return [job.kind for job in jobs]


def latest(world, campaign_id="epic-1"):
    return world.repo.latest(fakes.CampaignKey("default", campaign_id))


# --- what is left for later ---


def test_publishing_later_asks_the_platform_for_nothing(world):
    published = world.publish(fakes.campaign(), later=True)
    assert published.publication.state is S.OPENED
    assert published.publication.open_operation
    assert world.server.calls == []
    assert work(world) == [JobKind.ADVANCE]
    assert latest(world).state is S.SCHEDULED


def test_publishing_later_twice_is_one_publication(world):
    first = world.publish(fakes.campaign(), later=True).publication
    assert world.publish(fakes.campaign(), later=True).publication == first
    work(world)
    assert world.publish(fakes.campaign(), later=True).already


def test_what_cannot_be_published_is_refused_at_once(world):
    with pytest.raises(CampaignRejected):
        world.publish(fakes.campaign(subject=""), later=True)
    assert work(world) == []


def test_moving_later(world):
    world.publish(fakes.campaign())
    new = SendAt.at(fakes.campaign().schedule.wall + DAY, "America/Toronto")
    moved = world.reschedule(fakes.campaign().key, new, later=True)
    assert moved.publication.schedule != new
    assert work(world) == [JobKind.ADVANCE]
    assert latest(world).schedule == new
    assert latest(world).state is S.SCHEDULED


def test_cancelling_later_fences_off_who_is_at_work(world):
    opened = world.publish(fakes.campaign(), later=True).publication
    at_work = world.repo.claim(opened.key)
    cancelled = world.cancel(opened.key, later=True)
    assert cancelled.state is S.OPENED
    assert not at_work.current
    work(world)
    assert latest(world).state is S.CANCELLED
    assert world.server.campaigns == {}


def test_taking_back_later(world):
    world.publish(fakes.campaign())
    world.server.calls.clear()
    asked = world.cancel.edit(fakes.campaign().key, later=True)
    assert asked.open_operation
    assert world.server.calls == []
    work(world)
    assert latest(world).taken_back


# --- jobs ---


def test_a_job_survives_any_queue(world):
    world.publish(fakes.campaign(), later=True)
    (job,) = world.background.hand_out()
    sent = json.loads(json.dumps(asdict(job)))
    assert Job.of(sent) == job


def test_a_job_that_is_done_twice_does_no_harm(world):
    world.publish(fakes.campaign(), later=True)
    (job,) = world.background.hand_out()
    for _ in range(3):
        world.background.perform(job)
    assert len(world.server.campaigns) == 1


def test_a_lost_job_comes_back_as_the_same(world):
    world.publish(fakes.campaign(), later=True)
    (lost,) = world.background.hand_out()
    assert work(world) == []
    world.clock.move(AGAIN)
    assert world.background.hand_out() == [lost]


def test_the_next_try_is_another_job(world):
    world.publish(fakes.campaign(), later=True)
    (first,) = world.background.hand_out()
    world.server.before["create"] = [fakes.down()]
    world.background.perform(first)
    world.clock.move(AGAIN)
    (second,) = world.background.hand_out()
    assert second.id != first.id
    assert second.publications == first.publications


def test_what_somebody_is_at_work_on_is_left_to_them(world):
    opened = world.publish(fakes.campaign(), later=True).publication
    (job,) = world.background.hand_out()
    claim = world.repo.claim(opened.key)
    before = world.clock.monotonic()
    world.background.perform(job)
    assert world.clock.monotonic() == before
    assert world.server.calls == []
    claim.release()


def test_an_accounts_campaigns_are_asked_about_in_one_job(world):
    for number in range(3):
        world.publish(fakes.campaign(f"epic-{number}"))
    world.clock.move(7 * timedelta(hours=1))
    world.server.calls.clear()
    (job,) = world.background.hand_out()
    assert (job.kind, len(job.publications)) == (JobKind.TRACK, 3)
    world.background.perform(job)
    assert world.server.calls == ["read"]


# --- what fails ---


def test_what_fails_is_due_again_later_and_later(world):
    world.publish(fakes.campaign(), later=True)
    world.server.before["create"] = [fakes.down() for _ in range(99)]
    tries = []
    for _ in range(4 * 60):
        if work(world):
            tries.append(world.clock.monotonic())
        world.clock.move(timedelta(minutes=1))
    gaps = [after - before for before, after in pairwise(tries)]
    assert gaps == sorted(gaps)
    assert len(tries) < 12


def test_a_wait_that_the_platform_asked_for_is_kept(world):
    world.publish(fakes.campaign(), later=True)
    world.server.before["create"] = [
        RateLimited("Too many", effect=Effect.NONE, retry_after=timedelta(hours=3))
    ]
    assert work(world) == [JobKind.ADVANCE]
    world.clock.move(timedelta(hours=3) - timedelta(seconds=1))
    assert work(world) == []
    world.clock.move(timedelta(seconds=1))
    assert work(world) == [JobKind.ADVANCE]
    assert latest(world).state is S.SCHEDULED


def test_what_waits_for_a_person_is_handed_out_no_more(world):
    world.publish(fakes.campaign(), later=True)
    refused = MalformedResponse("what?", effect=Effect.NONE)
    world.server.before["create"] = [refused] * (2 * MAX_ATTEMPTS)
    tries = 0
    for _ in range(100):
        tries += work(world).count(JobKind.ADVANCE)
        world.clock.move(timedelta(hours=1))
    assert tries == MAX_ATTEMPTS
    assert "5 tries failed" in latest(world).attention


def test_an_account_that_is_gone_is_not_asked_every_minute(world):
    world.publish(fakes.campaign(), later=True)
    world.disconnect("default", "fake")
    assert sum(len(work(world)) or world.clock.move(timedelta(minutes=1)) or 0 for _ in range(300)) < 12
    assert world.server.calls == []


def test_a_platform_that_cannot_be_asked_is_asked_less_and_less(world):
    world.publish(fakes.campaign())
    world.clock.move(timedelta(hours=7))
    world.server.before["read"] = [fakes.down() for _ in range(999)]
    asked = 0
    for _ in range(6 * 60):
        asked += len(work(world))
        world.clock.move(timedelta(minutes=1))
    assert 0 < asked < 12


def test_a_failure_of_one_stops_no_other(world):
    world.publish(fakes.campaign("epic-1"), later=True)
    world.publish(fakes.campaign("epic-2"), later=True)
    world.server.before["create"] = [fakes.down()]
    work(world)
    assert sorted([latest(world, "epic-1").state, latest(world, "epic-2").state]) == [S.OPENED, S.SCHEDULED]


# --- until the end ---


def test_a_campaign_is_followed_to_its_end_in_few_requests(world):
    world.publish(fakes.campaign())
    world.server.calls.clear()
    looks = []
    while world.clock.now() < fakes.campaign().schedule.instant + timedelta(hours=1):
        if JobKind.TRACK in work(world):
            looks.append(fakes.campaign().schedule.instant - world.clock.now())
        if world.clock.now() >= fakes.campaign().schedule.instant and world.server.state("C1") is S.SCHEDULED:
            world.server.put("C1", state=S.SENT)
        world.clock.move(timedelta(minutes=1))
    assert latest(world).state is S.SENT
    assert len(looks) < 150
    assert min(map(abs, looks)) <= timedelta(minutes=2)


# --- connections ---


def test_connections_are_checked_once_a_day(world):
    assert work(world) == []
    world.clock.move(CHECK_EVERY)
    assert work(world) == [JobKind.CHECK]
    world.clock.move(CHECK_EVERY - timedelta(hours=1))
    assert work(world) == []


def test_a_connection_that_cannot_be_checked_is_not_checked_all_the_time(world):
    world.server.connect_error = fakes.down()
    world.clock.move(CHECK_EVERY)
    checks = 0
    for _ in range(60):
        checks += len(work(world))
        world.clock.move(timedelta(minutes=1))
    assert 0 < checks <= 6


def test_a_key_that_was_revoked_is_found_out(world):
    world.clock.move(CHECK_EVERY)
    world.server.connect_error = AuthenticationFailed("Invalid API key", effect=Effect.NONE)
    work(world)
    assert world.connections.get("default", "fake").state is ConnectionState.RECONNECT_REQUIRED


# --- turns ---


def test_an_account_has_so_many_lanes_and_one_for_figures():
    def lanes(kind):
        jobs = [Job(f"{kind}:{number}", kind, "default", "fake", "ACC001") for number in range(200)]
        return {job.lane(8) for job in jobs}

    assert lanes(JobKind.ADVANCE) == lanes(JobKind.TRACK) == {f"fake:ACC001:{lane}" for lane in range(8)}
    assert lanes(JobKind.COLLECT) == {"fake:ACC001:collect"}


def test_accounts_share_no_lane():
    one, other = (Job("advance:1:1", JobKind.ADVANCE, "default", "fake", account) for account in "AB")
    assert one.lane(8) != other.lane(8)
