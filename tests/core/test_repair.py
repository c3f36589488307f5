"""Bringing everything unfinished to its end, one by one."""

from dataclasses import replace
from datetime import timedelta

import fakes
import pytest
from fakes import S

from glowtify_core.domain.errors import PlatformUnavailable
from glowtify_core.domain.remote import RemoteCampaign, RemoteRef, remote_name


@pytest.fixture
def world():
    return fakes.build()


def interrupted(world, campaign_id="epic-1"):
    world.server.before["send"] = [fakes.down()]
    with pytest.raises(PlatformUnavailable):
        world.publish(fakes.campaign(campaign_id))
    return world.repo.latest(fakes.CampaignKey("default", campaign_id))


def test_nothing_unfinished_is_nothing_to_do(world):
    world.publish(fakes.campaign())
    world.server.calls.clear()
    assert list(world.repair()) == []
    assert world.server.calls == []


def test_open_operations_are_carried_on(world):
    words = []
    interrupted(world)
    (repaired,) = world.repair(report=words.append)
    assert repaired.publication.state is S.SCHEDULED
    assert repaired.error is None
    assert words[0] == "default/epic-1"


def test_one_that_fails_does_not_stop_the_others(world):
    first, second = interrupted(world, "epic-1"), interrupted(world, "epic-2")
    world.server.before["send"] = [fakes.down()]
    results = list(world.repair())
    assert [result.publication.id for result in results] == [first.id, second.id]
    assert isinstance(results[0].error, PlatformUnavailable)
    assert results[1].publication.state is S.SCHEDULED


def test_only_the_store_that_is_asked_for_is_repaired(world):
    interrupted(world)
    assert list(world.repair("north")) == []


def test_tries_that_failed_before_no_longer_count(world):
    stuck = replace(interrupted(world), attempts=9)
    world.repo.publications[stuck.id] = stuck
    (repaired,) = world.repair()
    assert repaired.publication.state is S.SCHEDULED


def test_an_unknown_outcome_is_learned(world):
    made = world.publish(fakes.campaign()).publication
    world.server.put("C1", state=S.UNKNOWN)
    world.track([made])
    world.server.put("C1", state=S.SENT)
    (repaired,) = world.repair()
    assert repaired.publication.state is S.SENT


def marked(publication, number, **changes):
    ref = RemoteRef("fake", (("campaign", f"D{number}"),))
    name = remote_name(publication.name, publication.marker)
    draft = RemoteCampaign(ref, S.STAGED, "Draft", name, created_at=publication.opened_at)
    return replace(draft, **changes)


def test_doubles_of_ours_are_removed_and_what_others_marked_is_only_listed(world):
    publication = interrupted(world)
    old = publication.opened_at - timedelta(days=1)
    double, clone, early, dateless, live = (
        marked(publication, 1),
        marked(publication, 2, name=f"Clone of {remote_name(publication.name, publication.marker)}"),
        marked(publication, 3, created_at=old),
        marked(publication, 4, created_at=None),
        marked(publication, 5, state=S.SCHEDULED),
    )
    for remote in (double, clone, early, dateless, live):
        world.server.campaigns[remote.ref.id("campaign")] = remote
    (repaired,) = world.repair()
    assert repaired.removed == [double]
    assert repaired.left == [clone, early, dateless]
    assert set(world.server.campaigns) == {"C1", "D2", "D3", "D4", "D5"}
    assert world.server.state("C1") is S.SCHEDULED
