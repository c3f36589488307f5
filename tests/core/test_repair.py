"""Bringing everything unfinished to its end, one by one."""

from dataclasses import replace
from datetime import timedelta

import fakes
import pytest
from fakes import S

from glowtify_core.domain.errors import PlatformUnavailable
from glowtify_core.domain.remote import RemoteCampaign, RemotePart, RemoteRef, remote_name
from glowtify_core.ports.credentials import Secret

KEY = fakes.CampaignKey("default", "epic-1")


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
    assert world.server.calls == ["read"]


def test_what_looks_finished_and_is_not_as_we_think_is_told(world):
    world.publish(fakes.campaign())
    world.server.put("C1", state=S.STAGED)
    (repaired,) = world.repair()
    assert repaired.publication.state is S.STAGED
    assert "Unscheduled" in repaired.publication.attention
    assert world.server.state("C1") is S.STAGED


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
    assert repaired.left == [clone, early, dateless, live]
    assert set(world.server.campaigns) == {"C1", "D2", "D3", "D4", "D5"}
    assert world.server.state("C1") is S.SCHEDULED


def late_double(world, publication, number=9):
    """A draft of ours that shows only now."""
    double = marked(publication, number, created_at=world.clock.now())
    world.server.campaigns[double.ref.id("campaign")] = double
    return double


def cancelled_after_a_lost_create(world):
    world.server.after["create"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        world.publish(fakes.campaign())
    world.server.campaigns.clear()
    publication = world.cancel(KEY)
    assert publication.closed
    return publication


def test_a_draft_that_shows_after_all_is_closed_is_removed_all_the_same(world):
    double = late_double(world, cancelled_after_a_lost_create(world))
    (repaired,) = world.repair()
    assert repaired.removed == [double]
    assert not world.server.campaigns


def test_a_double_of_a_create_that_was_begun_again_is_removed(world):
    world.server.before["create"] = [fakes.lost(), fakes.lost()]
    publication = world.publish(fakes.campaign()).publication
    assert publication.state is S.SCHEDULED
    double = late_double(world, publication)
    (repaired,) = world.repair()
    assert repaired.removed == [double]
    assert world.server.state("C1") is S.SCHEDULED


def test_what_was_made_at_once_is_not_visited(world):
    publication = world.publish(fakes.campaign()).publication
    late_double(world, publication)
    world.server.calls.clear()
    assert list(world.repair()) == []
    assert world.server.calls == ["read"]


def test_a_doubt_is_forgotten_after_a_day(world):
    publication = cancelled_after_a_lost_create(world)
    world.clock.move(timedelta(days=1, seconds=1))
    late_double(world, publication)
    assert list(world.repair()) == []


def test_nothing_is_removed_while_another_worker_may_be_recording_it(world):
    publication = cancelled_after_a_lost_create(world)
    late_double(world, publication)
    assert world.repo.claim(KEY)
    assert list(world.repair()) == []
    assert "C9" not in world.server.campaigns
    assert "D9" in world.server.campaigns


def test_a_live_campaign_of_our_whole_name_that_is_not_ours_is_told(world):
    publication = cancelled_after_a_lost_create(world)
    double = late_double(world, publication)
    world.server.put("D9", state=S.SCHEDULED)
    (repaired,) = world.repair()
    assert repaired.left == [replace(double, state=S.SCHEDULED)]
    assert "D9" in world.server.campaigns


def test_parts_that_a_lost_answer_left_are_removed_by_the_same_rule(world):
    publication = cancelled_after_a_lost_create(world)
    name = remote_name(publication.name, publication.marker)
    made = {"name": name, "created_at": world.clock.now()}
    ours = RemotePart(RemoteRef("fake", (("campaign", "P1"),)), **made)
    other_kind = RemotePart(RemoteRef("fake", (("folder", "P2"),)), **made)
    world.server.parts += [ours, other_kind]
    (repaired,) = world.repair()
    assert (repaired.removed, repaired.left) == ([ours], [other_kind])
    assert world.server.parts == [other_kind]


def test_another_account_is_never_swept(world):
    publication = cancelled_after_a_lost_create(world)
    late_double(world, publication)
    world.server.account = replace(world.server.account, id="ACC002")
    world.disconnect("default", "fake")
    world.connect("default", "fake", {"api_key": Secret("another-long-enough-key")})
    assert list(world.repair()) == []
    assert "D9" in world.server.campaigns


def test_a_persons_draft_of_a_later_day_is_left_though_it_bears_our_whole_name(world):
    publication = cancelled_after_a_lost_create(world)
    world.clock.move(timedelta(hours=20))
    draft = late_double(world, publication)
    (repaired,) = world.repair()
    assert (repaired.removed, repaired.left) == ([], [draft])


def test_an_account_that_cannot_be_asked_is_told_once(world):
    for number in range(3):
        world.publish(fakes.campaign(f"epic-{number}"))
    world.server.before["read"] = [fakes.down()]
    (repaired,) = world.repair()
    assert repaired.unasked
    assert repaired.publication.problem.code == "platform_unavailable"
