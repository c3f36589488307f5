"""Taking a scheduled e-mail back, and publishing it changed."""

import fakes
import pytest
from fakes import S

from glowtify_core.domain.errors import (
    CampaignRejected,
    Effect,
    OutcomeUnknown,
    PlatformUnavailable,
    StateConflict,
)
from glowtify_core.domain.publication import OperationKind

KEY = fakes.campaign().key


@pytest.fixture
def world():
    world = fakes.build()
    world.publish(fakes.campaign())
    world.server.calls.clear()
    return world


def latest(world):
    return world.repo.latest(KEY)


def test_it_is_reverted_and_removed(world):
    taken = world.cancel.edit(KEY)
    assert taken.state is S.CANCELLED
    assert taken.taken_back
    assert taken.closed
    assert world.server.writes == ["revert", "delete"]
    assert world.server.campaigns == {}


@pytest.mark.parametrize("subject", ["Everything must go", "Mended"])
def test_the_next_publish_opens_a_new_one_unasked(world, subject):
    taken = world.cancel.edit(KEY)
    anew = world.publish(fakes.campaign(subject=subject)).publication
    assert anew.id != taken.id
    assert anew.state is S.SCHEDULED
    assert [campaign.subject for campaign in world.server.live] == [subject]


def test_what_was_cancelled_is_not_called_taken_back(world):
    world.cancel(KEY)
    world.server.calls.clear()
    with pytest.raises(CampaignRejected, match="nothing to take back") as refused:
        world.cancel.edit(KEY)
    assert "--again" in refused.value.remedy
    assert world.server.calls == []


@pytest.mark.parametrize("request_", ["revert", "delete"])
def test_an_edit_that_was_interrupted_is_carried_on(world, request_):
    world.server.before[request_] = [fakes.down()]
    with pytest.raises(PlatformUnavailable):
        world.cancel.edit(KEY)
    assert latest(world).open_operation.kind is OperationKind.EDIT
    (repaired,) = world.repair()
    assert repaired.publication.closed
    assert repaired.publication.taken_back
    assert world.server.campaigns == {}


def test_an_edit_whose_answers_are_lost_is_unknown_and_then_known(world):
    world.server.after["revert"] = [fakes.lost() for _ in range(4)]
    with pytest.raises(OutcomeUnknown):
        world.cancel.edit(KEY)
    assert latest(world).state is S.UNKNOWN
    assert world.cancel.edit(KEY).taken_back


@pytest.mark.parametrize("state", [S.SENDING, S.SENT])
def test_what_is_being_sent_cannot_be_taken_back(world, state):
    world.server.put("C1", state=state)
    with pytest.raises(StateConflict):
        world.cancel.edit(KEY)
    assert latest(world).state is state
    assert latest(world).open_operation is None


def test_a_refused_revert_leaves_it_scheduled(world):
    world.server.before["revert"] = [StateConflict("too late", effect=Effect.NONE)]
    with pytest.raises(StateConflict):
        world.cancel.edit(KEY)
    assert latest(world).state is S.SCHEDULED
    assert latest(world).open_operation is None


def test_a_draft_that_cannot_be_removed_is_not_called_scheduled(world):
    world.server.before["delete"] = [StateConflict("no", effect=Effect.NONE)]
    with pytest.raises(StateConflict):
        world.cancel.edit(KEY)
    assert latest(world).state is S.STAGED
    assert latest(world).open_operation.kind is OperationKind.EDIT


def test_a_cancel_after_an_edit_that_is_open_wins(world):
    world.server.before["revert"] = [fakes.down()]
    with pytest.raises(PlatformUnavailable):
        world.cancel.edit(KEY)
    cancelled = world.cancel(KEY)
    assert cancelled.state is S.CANCELLED
    assert not cancelled.taken_back
