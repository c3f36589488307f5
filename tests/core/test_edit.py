"""Taking a scheduled e-mail back, and publishing it changed."""

from datetime import datetime, timedelta

import fakes
import pytest
from fakes import S

from glowtify_core.domain.errors import (
    CampaignRejected,
    Effect,
    OutcomeUnknown,
    PlatformUnavailable,
    RequestRejected,
    StateConflict,
)
from glowtify_core.domain.publication import CancelledBy, OperationKind
from glowtify_core.domain.schedule import SendAt

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


# --- What is not ours to have taken back ---


def refused(world, **options):
    with pytest.raises(CampaignRejected) as said:
        world.publish(fakes.campaign(subject="Mended"), **options)
    return said.value.code


@pytest.mark.parametrize("partly", [False, True])
def test_what_somebody_cancelled_before_the_edit_is_not_sent_again_unasked(world, partly):
    world.server.put("C1", state=S.CANCELLED, partly_sent=partly)
    ended = world.cancel.edit(KEY)
    assert (ended.state, ended.cancelled_by, ended.taken_back) == (S.CANCELLED, CancelledBy.PERSON, False)
    assert refused(world) == ("partly_sent" if partly else "cancelled")
    assert world.publish(fakes.campaign(), again=True).publication.state is S.SCHEDULED


def test_what_somebody_cancelled_while_the_edit_failed_is_not_ours_either(world):
    world.server.before["revert"] = [fakes.refused()]
    world.server.meanwhile["revert"] = lambda: world.server.put("C1", state=S.CANCELLED)
    with pytest.raises(RequestRejected):
        world.cancel.edit(KEY)
    assert not latest(world).taken_back
    assert refused(world) == "cancelled"


def test_what_is_cancelled_after_it_was_taken_back_is_cancelled_for_good(world):
    taken = world.cancel.edit(KEY)
    assert "Taken back" in taken.attention
    ended = world.cancel(KEY)
    assert (ended.state, ended.taken_back, ended.closed) == (S.CANCELLED, False, True)
    assert refused(world) == "cancelled"


def test_a_cancel_that_is_not_tidied_yet_cannot_become_an_edit():
    world = fakes.build()
    world.server.untidy = True
    world.publish(fakes.campaign())
    world.server.put("C1", state=S.CANCELLED)
    world.track([latest(world)])
    assert not latest(world).closed
    with pytest.raises(CampaignRejected, match="nothing to take back"):
        world.cancel.edit(KEY)


def test_a_publish_that_was_taken_back_before_it_was_committed_opens_unasked():
    world = fakes.build()
    world.server.before["send"] = [fakes.down()]
    with pytest.raises(PlatformUnavailable):
        world.publish(fakes.campaign())
    assert world.cancel.edit(KEY).taken_back
    assert world.publish(fakes.campaign(subject="Mended")).publication.state is S.SCHEDULED


@pytest.mark.parametrize(("passed", "known"), [(timedelta(days=-1), True), (timedelta(minutes=1), False)])
def test_what_was_found_deleted_after_its_time_may_have_been_sent(world, passed, known):
    schedule = fakes.campaign().schedule
    world.clock.at = schedule.instant + passed
    world.server.campaigns.clear()
    (gone,) = world.track([latest(world)])
    assert gone.state is S.MISSING
    assert ("will not be sent" in gone.attention) is known
    later = SendAt.at(datetime(2027, 2, 1, 9, 0), "America/Toronto")  # noqa: DTZ001 - a wall time
    if not known:
        with pytest.raises(CampaignRejected) as said:
            world.publish(fakes.campaign(schedule=later))
        assert said.value.code == "maybe_sent"
    assert world.publish(fakes.campaign(schedule=later), again=not known).publication.state is S.SCHEDULED
