"""Handing over while things break: scheduled exactly once, or failed and gone, or known to be open."""

from dataclasses import replace
from datetime import timedelta

import fakes
import pytest
from fakes import S

from glowtify_core.domain.errors import (
    AuthenticationFailed,
    CampaignRejected,
    ClaimLost,
    Effect,
    MalformedResponse,
    OutcomeUnknown,
    PlatformUnavailable,
    PublicationBusy,
    RateLimited,
    RemoteNotFound,
    RepositoryError,
    RequestRejected,
    ScheduleRejected,
    StateConflict,
)
from glowtify_core.domain.publication import MAX_ATTEMPTS, OperationKind


@pytest.fixture
def world():
    return fakes.build()


def latest(world):
    return world.repo.latest(fakes.campaign().key)


def scheduled_once(world):
    return [campaign.state for campaign in world.server.campaigns.values()] == [S.SCHEDULED]


BOUNDARIES = [(moment, request) for moment in ("before", "after") for request in ("create", "send", "read")]


@pytest.mark.parametrize("request_", ["create", "send"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("times", [1, 3])
def test_lost_answers_end_scheduled_exactly_once(world, moment, request_, times):
    getattr(world.server, moment)[request_] = [fakes.lost() for _ in range(times)]
    assert world.publish(fakes.campaign()).publication.state is S.SCHEDULED
    assert scheduled_once(world)


@pytest.mark.parametrize(("moment", "request_"), BOUNDARIES)
@pytest.mark.parametrize("crash", [KeyboardInterrupt, SystemExit])
def test_after_a_crash_anywhere_publishing_again_schedules_once(world, moment, request_, crash):
    getattr(world.server, moment)[request_] = [crash()]
    with pytest.raises(crash):
        world.publish(fakes.campaign())
    assert latest(world).open_operation
    again = world.publish(fakes.campaign()).publication
    assert again.state is S.SCHEDULED
    assert again.open_operation is None
    assert scheduled_once(world)


@pytest.mark.parametrize(("moment", "request_"), BOUNDARIES)
@pytest.mark.parametrize("carry_on", ["advance", "repair"])
def test_after_a_crash_anywhere_a_worker_or_repair_carries_on(world, moment, request_, carry_on):
    getattr(world.server, moment)[request_] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        world.publish(fakes.campaign())
    if carry_on == "advance":
        world.advance(latest(world).id)
    else:
        (repaired,) = world.repair()
        assert repaired.error is None
    assert latest(world).state is S.SCHEDULED
    assert scheduled_once(world)


def test_a_campaign_that_shows_late_is_adopted_and_not_made_twice(world):
    world.server.lag = timedelta(seconds=6)
    world.server.after["create"] = [fakes.lost()]
    world.publish(fakes.campaign())
    assert scheduled_once(world)


@pytest.mark.parametrize("request_", ["create", "send"])
@pytest.mark.parametrize("kind", [RequestRejected, StateConflict, AuthenticationFailed])
def test_a_refusal_for_good_fails_at_once_and_leaves_nothing(world, request_, kind):
    world.server.before[request_] = [kind("Sender not authorized", effect=Effect.NONE, remedy="Go there.")]
    with pytest.raises(kind):
        world.publish(fakes.campaign())
    failed = latest(world)
    assert failed.state is S.FAILED
    assert failed.closed
    assert (failed.problem.title, failed.problem.remedy) == ("Sender not authorized", "Go there.")
    assert failed.attention
    assert world.server.campaigns == {}
    anew = world.publish(fakes.campaign(subject="Mended")).publication
    assert anew.id != failed.id
    assert scheduled_once(world)


def test_a_refusal_that_left_parts_fails_and_removes_them(world):
    world.server.before["send"] = [RequestRejected("half", effect=Effect.PARTIAL)]
    with pytest.raises(RequestRejected):
        world.publish(fakes.campaign())
    assert latest(world).state is S.UNKNOWN  # a commit that may have had an effect is never called failed
    assert world.publish(fakes.campaign()).publication.state is S.SCHEDULED


def test_what_a_failure_left_is_removed_by_the_next_call_when_it_cannot_be_at_once(world):
    world.server.before |= {"send": [fakes.refused()], "delete": [fakes.down(), fakes.down()]}
    with pytest.raises(RequestRejected):
        world.publish(fakes.campaign())
    failed = latest(world)
    assert failed.state is S.FAILED
    assert failed.open_operation.kind is OperationKind.CLEANUP
    assert "removed" in failed.attention
    assert failed.problem.title == "refused"
    with pytest.raises(PlatformUnavailable):
        world.publish(fakes.campaign())
    assert len(world.repo.publications) == 1
    assert world.publish(fakes.campaign()).publication.id != failed.id
    assert world.repo.get(failed.id).closed
    assert scheduled_once(world)


def test_a_clean_up_is_done_only_when_the_platform_says_gone(world, monkeypatch):
    world.server.before["send"] = [fakes.refused()]
    real = fakes.FakePlatform.cancel
    monkeypatch.setattr(fakes.FakePlatform, "cancel", lambda self, ref, **_: self.status([ref])[ref])
    with pytest.raises(RequestRejected):
        world.publish(fakes.campaign())
    with pytest.raises(OutcomeUnknown):
        world.publish(fakes.campaign())
    assert not latest(world).closed
    monkeypatch.setattr(fakes.FakePlatform, "cancel", real)
    world.publish(fakes.campaign())
    assert scheduled_once(world)


@pytest.mark.parametrize("request_", ["create", "send", "read"])
@pytest.mark.parametrize(
    "trouble", [fakes.down(), RateLimited("slow", effect=Effect.NONE, retry_after=timedelta(hours=1))]
)
def test_passing_trouble_leaves_it_open_and_loses_nothing(world, request_, trouble):
    world.server.before[request_] = [trouble] * 7
    for _ in range(7):
        with pytest.raises(type(trouble)):
            world.publish(fakes.campaign())
    waiting = latest(world)
    assert waiting.state is {"create": S.OPENED, "send": S.STAGED, "read": S.SUBMITTING}[request_]
    assert waiting.open_operation.name == "publish"
    assert waiting.problem.title == trouble.title
    assert waiting.attempts == 0
    assert "repair" in waiting.attention
    published = world.publish(fakes.campaign()).publication
    assert published.id == waiting.id
    assert published.problem is None
    assert scheduled_once(world)


def test_tries_that_fail_for_unclear_reasons_are_counted_and_then_wait_for_a_person(world):
    world.server.before["create"] = [MalformedResponse("what?", effect=Effect.NONE)] * MAX_ATTEMPTS
    with pytest.raises(MalformedResponse):
        world.publish(fakes.campaign())
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(MalformedResponse):
            world.advance(latest(world).id)
    assert latest(world).attempts == MAX_ATTEMPTS
    assert "tries failed" in latest(world).attention
    world.server.calls.clear()
    assert world.advance(latest(world).id).state is S.OPENED
    assert world.server.calls == []
    assert world.advance(latest(world).id, insist=True).state is S.SCHEDULED


def test_a_fault_of_the_connector_is_raised_counted_and_shown(world):
    world.server.before["create"] = [ZeroDivisionError("with a secret"), ZeroDivisionError()]
    for tries in (1, 2):
        with pytest.raises(ZeroDivisionError):
            world.publish(fakes.campaign())
        assert latest(world).attempts == tries
    assert latest(world).problem.title == "The connector failed"
    assert latest(world).problem.detail == "ZeroDivisionError"
    world.publish(fakes.campaign())
    assert scheduled_once(world)


def test_what_the_connector_itself_refuses_on_the_way_fails(world):
    world.server.before["send"] = [ScheduleRejected("Scheduled datetime must be in the future")]
    with pytest.raises(CampaignRejected):
        world.publish(fakes.campaign())
    assert latest(world).state is S.FAILED
    assert latest(world).closed
    assert world.server.campaigns == {}


def undecided(world):
    """A send whose answer was lost while the platform could not be read either."""
    world.server.after["send"] = [fakes.lost()]
    world.server.before["read"] = [fakes.down()]
    with pytest.raises(OutcomeUnknown, match="unreachable"):
        world.publish(fakes.campaign())
    assert latest(world).state is S.UNKNOWN
    assert "not known whether" in latest(world).attention
    return latest(world)


def test_an_unknown_outcome_is_learned_by_publishing_again(world):
    before = undecided(world)
    after = world.publish(fakes.campaign()).publication
    assert after.id == before.id
    assert after.state is S.SCHEDULED
    assert scheduled_once(world)


@pytest.mark.parametrize("learn", ["track", "repair"])
def test_an_unknown_outcome_is_learned_by_looking(world, learn):
    before = undecided(world)
    if learn == "track":
        (tracked,) = world.track([before])
        assert tracked.state is S.SCHEDULED
    else:
        (repaired,) = world.repair()
        assert repaired.publication.state is S.SCHEDULED
        assert repaired.publication.open_operation is None
    assert scheduled_once(world)


def unreadable(world):
    """Scheduled, then in a state that no table knows."""
    made = world.publish(fakes.campaign()).publication
    world.server.put("C1", state=S.UNKNOWN, raw_state="Levitating")
    (tracked,) = world.track([made])
    assert tracked.state is S.UNKNOWN
    return tracked


@pytest.mark.parametrize("subject", ["Everything must go", "Changed"])
def test_nothing_is_published_while_the_outcome_stays_unknown(world, subject):
    unreadable(world)
    with pytest.raises(OutcomeUnknown) as unknown:
        world.publish(fakes.campaign(subject=subject), again=True)
    assert unknown.value.remedy
    assert len(world.repo.publications) == 1


def test_an_unknown_outcome_that_turns_out_deleted_is_published_anew(world):
    before = unreadable(world)
    world.server.campaigns.clear()
    assert world.publish(fakes.campaign(subject="Changed")).publication.id != before.id
    assert world.repo.get(before.id).state is S.MISSING
    assert scheduled_once(world)


def test_an_unknown_outcome_is_never_learned_from_another_account(world):
    before = unreadable(world)
    world.server.campaigns.clear()
    connection = world.connections.get("default", "fake")
    world.connections.save(replace(connection, account=replace(connection.account, id="ACC002")))
    with pytest.raises(CampaignRejected, match="Another account"):
        world.publish(fakes.campaign())
    assert latest(world) == before


def test_committed_and_still_a_draft_is_unknown(world, monkeypatch):
    monkeypatch.setattr(fakes.FakePlatform, "_send", lambda self, campaign_id: campaign_id)
    assert world.publish(fakes.campaign()).publication.state is S.UNKNOWN
    assert latest(world).open_operation


def test_what_is_deleted_while_its_send_is_open_is_missing(world):
    world.server.before["send"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        world.publish(fakes.campaign())
    world.server.campaigns.clear()
    with pytest.raises(RemoteNotFound):
        world.advance(latest(world).id)
    assert latest(world).state is S.MISSING
    assert latest(world).closed
    world.publish(fakes.campaign())
    assert scheduled_once(world)


def test_a_worker_that_comes_back_late_removes_its_double(world):
    def others():
        """Our claim runs out while the request is on its way, and another worker takes over."""
        world.clock.move(timedelta(seconds=16))
        world.advance(latest(world).id)

    world.server.meanwhile["create"] = others
    published = world.publish
    with pytest.raises(ClaimLost):
        published(fakes.campaign())
    assert world.server.calls.count("create") == 2
    assert scheduled_once(world)
    assert latest(world).state is S.SCHEDULED


def test_a_worker_that_was_fenced_writes_no_error_over_what_the_other_did(world):
    def others():
        world.clock.move(timedelta(seconds=16))
        world.advance(latest(world).id)
        world.server.before["send"] = [fakes.refused()]

    world.server.meanwhile["send"] = others
    with pytest.raises(ClaimLost):
        world.publish(fakes.campaign())
    assert latest(world).state is S.SCHEDULED
    assert scheduled_once(world)


# --- what changes no result ---


def untidy(world):
    world.server.untidy = True
    made = world.publish(fakes.campaign()).publication
    assert made.state is S.SCHEDULED
    assert made.tidying
    assert "still to be removed" in made.attention
    return made


def test_what_is_left_to_tidy_is_tidied_by_the_next_call(world):
    made = untidy(world)
    world.server.untidy = False
    tidied = world.advance(made.id)
    assert tidied.open_operation is None
    assert tidied.state is S.SCHEDULED
    assert tidied.attention == ""
    assert world.server.writes == ["create", "send"]


def test_trouble_while_tidying_takes_nothing_back(world):
    made = untidy(world)
    world.server.before["read"] = [fakes.down()]
    with pytest.raises(PlatformUnavailable):
        world.advance(made.id)
    assert latest(world).state is S.SCHEDULED


@pytest.mark.parametrize("state", [S.SENT, S.CANCELLED])
def test_a_publication_that_ended_untidied_can_still_be_closed(world, state):
    made = untidy(world)
    world.server.put("C1", state=state)
    (ended,) = world.track([made])
    assert ended.state is state
    assert not ended.closed
    world.server.untidy = False
    assert world.advance(made.id).closed
    assert latest(world).state is state


def test_what_was_cancelled_untidied_is_tidied_before_it_is_published_again(world):
    made = untidy(world)
    world.server.put("C1", state=S.CANCELLED)
    world.track([made])
    with pytest.raises(PublicationBusy):
        world.publish(fakes.campaign(), again=True)
    world.server.untidy = False
    assert world.publish(fakes.campaign(), again=True).publication.id != made.id


@pytest.mark.parametrize("state", [S.STAGED, S.MISSING])
def test_what_others_do_meanwhile_is_seen_while_tidying(world, state):
    made = untidy(world)
    if state is S.STAGED:
        world.server.put("C1", state=state)
    else:
        world.server.campaigns.clear()
    (tracked,) = world.track([made])
    assert tracked.state is state


def test_what_was_deleted_untidied_is_closed_when_nothing_is_left_to_tidy(world):
    made = untidy(world)
    world.server.campaigns.clear()
    world.track([made])
    with pytest.raises(fakes.PlatformError):
        world.advance(made.id)
    assert latest(world).closed
    assert world.publish(fakes.campaign()).publication.id != made.id


@pytest.mark.parametrize("trouble", [RepositoryError("the disk is full"), ZeroDivisionError()])
def test_our_own_trouble_after_the_commit_is_never_called_nothing(world, trouble, monkeypatch):
    def fail(*_):
        raise trouble

    world.server.meanwhile["send"] = lambda: monkeypatch.setattr(fakes.FakePlatform, "_read", fail)
    with pytest.raises(OutcomeUnknown) as unknown:
        world.publish(fakes.campaign())
    assert unknown.value.effect is Effect.UNKNOWN
    monkeypatch.undo()
    assert world.publish(fakes.campaign()).publication.state is S.SCHEDULED
    assert scheduled_once(world)
