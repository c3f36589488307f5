"""A worker that was stopped in the middle of a request, and wakes after another has finished the work."""

from dataclasses import replace
from datetime import datetime, timedelta

import fakes
import pytest
from fakes import S

from glowtify_core.domain.errors import ClaimLost, GlowtifyError
from glowtify_core.domain.schedule import SendAt

KEY = fakes.campaign().key
NEW = SendAt.at(datetime(2027, 1, 20, 9, 0), "America/Toronto")  # noqa: DTZ001 - a wall time


@pytest.fixture
def world():
    world = fakes.build()
    world.publish(fakes.campaign())
    world.server.calls.clear()
    return world


def latest(world):
    return world.repo.latest(KEY)


def stopped_at(world, request, *successor):
    """The next request of this kind leaves only after its worker's claim ran out and others did that."""

    def meanwhile():
        world.clock.move(timedelta(seconds=16))
        for act in successor:
            act()

    world.server.meanwhile[request] = meanwhile


def test_a_revert_that_undid_the_finished_move_is_made_good(world):
    stopped_at(world, "revert", lambda: world.advance(latest(world).id))
    with pytest.raises(ClaimLost):
        world.reschedule(KEY, NEW)
    assert world.server.state("C1") is S.SCHEDULED
    assert [campaign.scheduled_for for campaign in world.server.live] == [NEW.instant]
    publication = latest(world)
    assert (publication.state, publication.schedule) == (S.SCHEDULED, NEW)
    assert publication.open_operation is None


def test_what_a_person_takes_back_is_left_alone_by_a_worker_that_was_replaced_between_two_requests(world):
    """Its own revert was done and recorded before: the draft is not its doing."""

    def others(word):
        if word == "patch" and latest(world).open_operation:
            world.clock.move(timedelta(seconds=16))
            world.advance(latest(world).id)
            world.server.put("C1", state=S.STAGED)

    with pytest.raises(ClaimLost):
        world.reschedule(KEY, NEW, report=others)
    assert world.server.state("C1") is S.STAGED


def test_a_move_that_its_successor_still_works_at_is_left_to_it(world):
    def successor():
        world.server.before["patch"] = [fakes.down()]
        with pytest.raises(type(fakes.down())):
            world.advance(latest(world).id)

    stopped_at(world, "revert", successor)
    with pytest.raises(ClaimLost):
        world.reschedule(KEY, NEW)
    assert world.server.state("C1") is S.STAGED
    assert latest(world).open_operation
    list(world.repair())
    assert world.server.state("C1") is S.SCHEDULED


def test_a_cancel_that_took_over_stays_a_cancel(world):
    stopped_at(world, "revert", lambda: world.cancel(KEY))
    with pytest.raises(ClaimLost):
        world.reschedule(KEY, NEW)
    assert latest(world).state is S.CANCELLED
    assert not world.server.live


@pytest.mark.parametrize("request_", ["create", "send"])
def test_a_publish_that_a_cancel_took_over_leaves_nothing_that_sends(request_):
    world = fakes.build()
    stopped_at(world, request_, lambda: world.cancel(KEY))
    with pytest.raises(GlowtifyError):
        world.publish(fakes.campaign())
    assert latest(world).state is S.CANCELLED
    assert not world.server.campaigns


@pytest.mark.parametrize("request_", ["create", "send"])
def test_what_the_worker_alone_made_is_removed_and_what_its_successor_adopted_is_not(request_):
    world = fakes.build()
    stopped_at(world, request_, lambda: world.advance(latest(world).id))
    with pytest.raises(ClaimLost):
        world.publish(fakes.campaign())
    assert latest(world).state is S.SCHEDULED
    assert [one.state for one in world.server.campaigns.values()] == [S.SCHEDULED]


def test_a_late_revert_that_takes_a_while_to_show_is_made_good_too(world, monkeypatch):
    """The platform shows it only on the third look."""
    looks = iter([S.SCHEDULED, S.SCHEDULED])
    status = fakes.FakePlatform.status

    def behind(platform, refs):
        shown = status(platform, refs)
        return {ref: replace(one, state=next(looks, one.state)) for ref, one in shown.items()}

    stopped_at(world, "revert", lambda: world.advance(latest(world).id))
    monkeypatch.setattr(fakes.FakePlatform, "status", behind)
    with pytest.raises(ClaimLost):
        world.reschedule(KEY, NEW)
    assert [campaign.scheduled_for for campaign in world.server.live] == [NEW.instant]


def test_a_worker_that_sent_nothing_makes_nothing_good(world):
    """It was stopped right before its request, and the look at the claim kept that from leaving."""

    def others(*_):
        world.clock.move(timedelta(seconds=16))
        world.advance(latest(world).id)
        world.server.put("C1", state=S.STAGED)
        raise ClaimLost("another worker took over")

    world.server.meanwhile["revert"] = others
    with pytest.raises(ClaimLost):
        world.reschedule(KEY, NEW)
    assert world.server.state("C1") is S.STAGED


def test_what_a_person_was_told_is_unscheduled_stays_so(world):
    def successor():
        world.advance(latest(world).id)
        world.server.put("C1", state=S.STAGED)
        assert "Unscheduled" in world.track([latest(world)])[0].attention

    stopped_at(world, "revert", successor)
    with pytest.raises(ClaimLost):
        world.reschedule(KEY, NEW)
    assert world.server.state("C1") is S.STAGED
