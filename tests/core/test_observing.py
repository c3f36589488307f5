"""What an observer is told of the work, and that nobody needs one."""

from __future__ import annotations

import fakes
import pytest
from watching import Watcher

from glowtify_core.application.advance_publication import AdvancePublication
from glowtify_core.domain.errors import OutcomeUnknown, RequestRejected
from glowtify_core.ports.observing import SILENT, observed_by, observer

S = fakes.S


@pytest.fixture
def watcher():
    return Watcher()


@pytest.fixture
def world(watcher):
    """Every use case, watched."""
    built = fakes.build()
    for use_case in (built.advance, built.track, built.performance, built.platforms):
        use_case._observer = watcher
    return built


def about(seen, *names):
    return {name: seen.attributes[name] for name in names}


def test_a_publication_is_one_piece_of_work_made_of_the_steps_that_were_done(world, watcher):
    published = world.publish(fakes.campaign()).publication
    (seen,) = watcher.root.named("publication")
    assert seen.attributes == {
        "store": "default",
        "campaign": "epic-1",
        "publication": published.id,
        "connector": "fake",
        "account": "ACC001",
        "operation": "publish",
        "state": "scheduled",
    }
    assert [(step.name, step.attributes) for step in seen.parts] == [
        ("step", {"step": "campaign", "kind": "create"}),
        ("step", {"step": "send", "kind": "commit"}),
    ]


def test_a_step_that_is_recorded_already_is_no_work(world, watcher):
    world.server.before["send"] = [fakes.down()]
    with pytest.raises(Exception, match="unreachable"):
        world.publish(fakes.campaign())
    world.publish(fakes.campaign())
    first, second = watcher.root.named("publication")
    assert [step.attributes["step"] for step in first.parts] == ["campaign", "send"]
    assert [step.attributes["step"] for step in second.parts] == ["send"]


def test_an_error_is_seen_in_the_step_and_in_the_publication_and_passes_on(world, watcher):
    world.server.before["create"] = [fakes.refused("Sender not authorized")]
    with pytest.raises(RequestRejected) as raised:
        world.publish(fakes.campaign())
    (seen,) = watcher.root.named("publication")
    assert seen.error is raised.value
    assert seen.named("step")[0].error is raised.value
    assert "state" not in seen.attributes


def test_looking_for_a_lost_answer_is_part_of_the_step(world, watcher):
    world.server.after["create"] = [fakes.lost()]
    world.publish(fakes.campaign())
    (seen,) = watcher.root.named("publication")
    assert [step.attributes["step"] for step in seen.parts] == ["campaign", "send"]
    assert not any(step.error for step in seen.parts)


def test_tracking_and_figures_are_one_piece_of_work_for_an_account(world, watcher):
    published = [world.publish(fakes.campaign(name)).publication for name in ("epic-1", "epic-2")]
    for campaign_id in world.server.campaigns:
        world.server.put(campaign_id, state=S.SENT, raw_state="Sent")
    world.performance(world.track(published))
    for name in ("track", "figures"):
        (seen,) = watcher.root.named(name)
        assert seen.attributes == {
            "store": "default",
            "connector": "fake",
            "account": "ACC001",
            "publications": "2",
        }


def test_an_account_that_cannot_be_asked_is_seen_though_the_error_ends_there(world, watcher):
    published = world.publish(fakes.campaign()).publication
    world.platforms.connections.delete("default", "fake")
    (tracked,) = world.track([published])
    assert tracked.problem.code == "not_connected"
    (seen,) = watcher.root.named("track")
    assert seen.error.code == "not_connected"


def test_what_a_platform_does_is_watched_by_whoever_opened_it(world, watcher):
    seen = []
    world.server.meanwhile["create"] = lambda: seen.append(observer())
    world.publish(fakes.campaign())
    assert seen == [watcher]
    assert observer() is SILENT


def test_watching_ends_with_the_block_whatever_happens(watcher):
    def fail():
        with observed_by(watcher):
            assert observer() is watcher
            raise fakes.lost()

    with pytest.raises(OutcomeUnknown):
        fail()
    assert observer() is SILENT


def test_without_an_observer_nothing_is_kept():
    with SILENT.span("publication", store="default") as note:
        note(state="scheduled")
    assert AdvancePublication(repo=None, platforms=None, clock=None, settle=None)._observer is SILENT
