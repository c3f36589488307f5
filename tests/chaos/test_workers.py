"""Workers under fire in short: real processes, on both databases; longer with `make chaos ARGS=workers`."""

from __future__ import annotations

from datetime import timedelta

import pytest
from arena import shut_down, warm_up
from background import Workers, ended, fleet_on
from boundaries import Act
from fleet import until, wishes
from test_crashes import failures

pytestmark = [
    pytest.mark.block_network(
        allowed_hosts=[r"127\.0\.0\.1", "localhost", r"/.*/pymp-"]  # the last is the fork server
    ),
    pytest.mark.timeout(300),
]

databases = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


@pytest.fixture(scope="module", autouse=True)
def fork_server():
    """One for all, gone afterwards."""
    warm_up()
    yield
    shut_down()


@databases
def test_killed_at_random_moments_and_replaced_each_campaign_is_done_once(kind):
    verdicts = Workers(kind, publications=20, workers=3, kills=6).run()

    assert failures(verdicts) == []
    assert len(verdicts) == 20


@pytest.mark.parametrize(("kind", "seconds"), [("sqlite", 11), ("postgresql", 10)])
def test_cut_off_from_the_database_workers_go_on_when_it_is_back(kind, seconds):
    """On SQLite for longer than a write waits; on PostgreSQL nobody waits for a server that refuses."""
    verdicts = Workers(kind, publications=15, workers=2, cut=seconds).run()

    assert failures(verdicts) == []
    assert len(verdicts) == 15


@databases
def test_a_worker_that_was_away_for_longer_than_its_claims_does_nothing_twice(kind):
    with fleet_on(kind) as (fleet, _):
        left = wishes(10)
        for wish in left:
            fleet.publish(wish)
        vanished = fleet.start()
        fleet.pause(vanished)
        fleet.start()
        fleet.wait()  # the other one does everything
        assert fleet.claims_of(vanished) == 0
        vanished.resume()
        for wish in left:
            if wish.then:
                fleet.follow_up(wish)

        assert failures(ended(fleet, left)) == []


@databases
def test_killed_between_taking_a_job_and_claiming_its_campaign_it_holds_up_nobody(kind):
    with fleet_on(kind) as (fleet, _):
        left = [wish for wish in wishes(10) if not wish.then]
        for wish in left:
            fleet.publish(wish)
        killed = fleet.start(acts={"before claim": Act.KILL})
        assert killed.wait().code == -Act.KILL.value
        fleet.workers.remove(killed)
        fleet.start()

        assert failures(ended(fleet, left)) == []


@databases
def test_jobs_that_a_worker_was_given_and_never_learned_of_hold_up_nobody(kind):
    with fleet_on(kind) as (fleet, _):
        left = [wish for wish in wishes(10) if not wish.then]
        for wish in left:
            fleet.publish(wish)
        fleet.start(acts={"after taking jobs": Act.FAIL})

        assert failures(ended(fleet, left)) == []


def test_records_that_cannot_be_written_or_may_have_been_end_with_each_campaign_done_once():
    """Around every write of a publish, the platform's answer in hand or not; whatever the database."""
    writes = [f"{write} {step}" for write in ("begin", "record") for step in ("template", "campaign", "send")]
    writes.append("save publication")
    around = ["before claim", *(f"{when} {write}" for write in writes for when in ("before", "after"))]
    with fleet_on("sqlite", concurrency=16) as (fleet, _):
        left = [wish for wish in wishes(30) if not wish.then]
        for wish in left:
            fleet.publish(wish)
        worker = fleet.start(acts=dict.fromkeys(around, Act.FAIL))
        fleet.wait()
        assert set(around) <= set(worker.trace)

        assert failures(ended(fleet, left)) == []


@databases
def test_told_to_stop_workers_finish_what_is_under_way_and_leave_nothing_to_wait_for(kind):
    with fleet_on(kind) as (fleet, _):
        left = [wish for wish in wishes(20) if not wish.then]
        for wish in left:
            fleet.publish(wish)
        for _ in range(2):
            fleet.start()
        workers = list(fleet.workers)
        until(lambda: all(fleet.claims_of(worker) for worker in workers), every=0.01)
        assert fleet.stop() == [0, 0]
        assert fleet.alive(60) == []
        assert [fleet.claims_of(worker) for worker in workers] == [0, 0]
        done = [one for one in fleet.publications().values() if not one.open_operation]
        begun = [one for one in fleet.publications().values() if one.open_operation and one.ref]
        assert done
        assert not begun
        fleet.start()

        assert failures(ended(fleet, left)) == []


@databases
def test_told_to_stop_a_worker_ends_in_time_though_its_work_or_its_database_does_not_let_it(kind):
    with fleet_on(kind) as (fleet, proxy):
        left = [wish for wish in wishes(10) if not wish.then]
        for wish in left:
            fleet.publish(wish)
        hold = {"method": "POST", "path": "/api/campaigns$", "seconds": 20.0}
        for sandbox in fleet.arena.sandboxes:
            sandbox.add_fault("delay", **hold)
        worker = fleet.start(patience=timedelta(seconds=1))
        until(lambda: fleet.claims_of(worker) > 0, every=0.01)
        if proxy:
            proxy.cut()
        assert fleet.stop() == [0]
        if proxy:
            proxy.mend()
        fleet.start()

        assert failures(ended(fleet, left)) == []
