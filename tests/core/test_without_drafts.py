"""A platform where creating is committing: at most one campaign, never lost, and nobody makes a second."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import draftless
import fakes
import pytest
from fakes import S

from glowtify_core.application.steps import LONGEST
from glowtify_core.domain.errors import (
    AuthenticationFailed,
    CampaignRejected,
    ClaimLost,
    Effect,
    GlowtifyError,
    OutcomeUnknown,
    PermissionDenied,
    PlatformUnavailable,
    RequestRejected,
    StateConflict,
)
from glowtify_core.domain.publication import CancelledBy, OperationKind
from glowtify_core.domain.schedule import SendAt

KEY = fakes.campaign().key
OLD = fakes.campaign().schedule
NEW = SendAt.at(datetime(2027, 1, 20, 9, 0), "America/Toronto")  # noqa: DTZ001 - a wall time
OTHER = SendAt.at(datetime(2027, 1, 25, 9, 0), "America/Toronto")  # noqa: DTZ001 - a wall time

TAKE_BACK = {"cancel": lambda world: world.cancel(KEY), "edit": lambda world: world.cancel.edit(KEY)}


@pytest.fixture
def world():
    return draftless.build()


@pytest.fixture
def scheduled(world):
    world.publish(fakes.campaign())
    world.server.calls.clear()
    return world


def latest(world):
    return world.repo.latest(KEY)


def tracked(world):
    return world.track([latest(world)])[0]


def times(world):
    return [campaign.scheduled_for for campaign in world.server.live]


def creations(world):
    return world.server.calls.count("create")


def lose_the_creation(world, *, made, act=None):
    """Creating is not answered; made or not, nothing shows of it."""
    (world.server.after if made else world.server.before)["create"] = [fakes.lost()]
    world.server.lag = timedelta(days=1)
    with pytest.raises(OutcomeUnknown):
        (act or (lambda: world.publish(fakes.campaign())))()


def show(world):
    world.server.lag = timedelta()


# --- publishing ---


def test_creating_is_committing(world):
    published = world.publish(fakes.campaign()).publication
    assert published.state is S.SCHEDULED
    assert world.server.calls == ["create", "read"]
    assert times(world) == [OLD.instant]


def test_a_creation_whose_answer_was_lost_is_adopted_when_it_shows(world):
    world.server.after["create"] = [fakes.lost()]
    world.server.lag = timedelta(seconds=6)
    assert world.publish(fakes.campaign()).publication.state is S.SCHEDULED
    assert creations(world) == 1
    assert times(world) == [OLD.instant]


def test_a_refusal_without_effect_fails_and_leaves_nothing(world):
    world.server.before["create"] = [fakes.refused()]
    with pytest.raises(RequestRejected):
        world.publish(fakes.campaign())
    assert latest(world).state is S.FAILED
    assert latest(world).closed
    assert world.publish(fakes.campaign()).publication.state is S.SCHEDULED


@pytest.mark.parametrize("made", [True, False])
def test_one_that_does_not_show_is_unknown_and_nobody_makes_another(world, made):
    lose_the_creation(world, made=made)
    unknown = latest(world)
    assert unknown.state is S.UNKNOWN
    for words in ("Run `glowtify repair`", unknown.marker, "If it is not there, cancel it", "--again"):
        assert words in unknown.attention
    for changes in ({}, {"again": True}, {"campaign": fakes.campaign(subject="Mended"), "again": True}):
        with pytest.raises(GlowtifyError):
            world.publish(**{"campaign": fakes.campaign()} | changes)
    list(world.repair())
    assert tracked(world).state is S.UNKNOWN
    assert creations(world) == 1


@pytest.mark.parametrize("carry_on", ["publish", "advance", "repair"])
@pytest.mark.parametrize("crash", [True, False])
def test_what_shows_later_is_adopted(world, crash, carry_on):
    if crash:
        world.server.after["create"] = [KeyboardInterrupt()]
        with pytest.raises(KeyboardInterrupt):
            world.publish(fakes.campaign())
    else:
        lose_the_creation(world, made=True)
        show(world)
    if carry_on == "publish":
        world.publish(fakes.campaign())
    elif carry_on == "advance":
        world.advance(latest(world).id)
    else:
        list(world.repair())
    assert latest(world).state is S.SCHEDULED
    assert latest(world).open_operation is None
    assert creations(world) == 1


def test_what_shows_later_is_seen_by_looking(world):
    lose_the_creation(world, made=True)
    show(world)
    assert tracked(world).state is S.SCHEDULED
    assert tracked(world).ref.id("campaign") == "C1"


def test_a_worker_that_was_replaced_hands_its_campaign_to_its_successor(world):
    def others():
        world.clock.move(timedelta(seconds=16))
        with pytest.raises(OutcomeUnknown):
            world.advance(latest(world).id)

    world.server.meanwhile["create"] = others
    with pytest.raises(ClaimLost):
        world.publish(fakes.campaign())
    assert world.publish(fakes.campaign()).publication.state is S.SCHEDULED
    assert creations(world) == 1
    assert times(world) == [OLD.instant]


# --- the way out of an unknown creation ---


@pytest.mark.parametrize("act", TAKE_BACK)
@pytest.mark.parametrize("again", ["asked", "repair"])
def test_what_never_shows_is_believed_not_to_be_there_after_five_minutes(world, act, again):
    lose_the_creation(world, made=False)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown) as unknown:
            TAKE_BACK[act](world)
        assert "five minutes" in unknown.value.remedy
        assert latest(world).state is S.UNKNOWN
        assert latest(world).open_operation
    world.clock.move(LONGEST)
    list(world.repair()) if again == "repair" else TAKE_BACK[act](world)
    ended = latest(world)
    assert (ended.state, ended.cancelled_by, ended.closed) == (S.CANCELLED, CancelledBy.US, True)
    assert ended.taken_back is (act == "edit")
    if act == "cancel":
        with pytest.raises(CampaignRejected, match="cancelled"):
            world.publish(fakes.campaign())
    assert world.publish(fakes.campaign(), again=act == "cancel").publication.state is S.SCHEDULED
    assert times(world) == [OLD.instant]


def test_nobody_publishes_while_the_cancel_waits(world):
    lose_the_creation(world, made=False)
    with pytest.raises(OutcomeUnknown):
        world.cancel(KEY)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            world.publish(fakes.campaign(), again=True)
    assert creations(world) == 1


@pytest.mark.parametrize("act", TAKE_BACK)
def test_what_shows_when_it_is_taken_back_is_removed_at_once(world, act):
    lose_the_creation(world, made=True)
    show(world)
    ended = TAKE_BACK[act](world)
    assert (ended.state, ended.cancelled_by, ended.closed) == (S.CANCELLED, CancelledBy.US, True)
    assert world.server.campaigns == {}


def test_an_unknown_one_that_somebody_cancelled_is_theirs(world):
    lose_the_creation(world, made=True)
    show(world)
    world.server.put("C1", state=S.CANCELLED)
    ended = world.cancel.edit(KEY)
    assert (ended.state, ended.cancelled_by, ended.taken_back) == (S.CANCELLED, CancelledBy.PERSON, False)


@pytest.mark.parametrize("act", TAKE_BACK)
def test_an_unknown_one_that_was_sent_is_told_so(world, act):
    lose_the_creation(world, made=True)
    show(world)
    world.server.put("C1", state=S.SENT)
    with pytest.raises(StateConflict):
        TAKE_BACK[act](world)
    assert latest(world).state is S.SENT
    assert latest(world).closed


def test_one_that_shows_after_all_is_over_is_removed_before_it_is_sent(world):
    lose_the_creation(world, made=True)
    world.clock.move(LONGEST)
    world.cancel(KEY)
    anew = world.publish(fakes.campaign(), again=True).publication
    assert len(world.server.live) == 2
    show(world)
    (repaired,) = world.repair()
    assert [remote.ref.id("campaign") for remote in repaired.removed] == ["C1"]
    assert [campaign.ref for campaign in world.server.live] == [anew.ref]


def test_one_that_shows_after_all_is_over_and_was_sent_is_told(world):
    lose_the_creation(world, made=True)
    world.clock.move(LONGEST)
    world.cancel(KEY)
    show(world)
    world.server.put("C1", state=S.SENT)
    (repaired,) = world.repair()
    assert [remote.ref.id("campaign") for remote in repaired.left] == ["C1"]


def test_what_a_worker_makes_after_all_is_over_it_takes_away_itself(world):
    """It was stopped right before its request, for longer than anybody thought possible."""

    def others():
        world.clock.move(LONGEST)
        world.cancel(KEY)

    world.server.meanwhile["create"] = others
    with pytest.raises(ClaimLost):
        world.publish(fakes.campaign())
    assert latest(world).state is S.CANCELLED
    assert world.server.campaigns == {}


# --- moving ---


def test_a_move_makes_it_anew_and_everything_then_goes_by_the_new_one(scheduled):
    moved = scheduled.reschedule(KEY, NEW).publication
    assert (moved.state, moved.schedule, moved.open_operation) == (S.SCHEDULED, NEW, None)
    assert moved.ref.id("campaign") == "C2"
    assert scheduled.server.writes == ["delete", "create"]
    assert times(scheduled) == [NEW.instant]
    assert tracked(scheduled) == moved
    assert scheduled.reschedule(KEY, OTHER).publication.ref.id("campaign") == "C3"
    assert scheduled.cancel(KEY).state is S.CANCELLED
    assert scheduled.server.campaigns == {}


def test_a_time_that_is_refused_puts_the_old_one_back_under_its_new_id(scheduled):
    scheduled.server.before["create"] = [fakes.refused("no Sundays")]
    kept = scheduled.reschedule(KEY, NEW).publication
    assert (kept.state, kept.schedule, kept.open_operation) == (S.SCHEDULED, OLD, None)
    assert kept.ref.id("campaign") == "C2"
    assert kept.problem.code == "reschedule_refused"
    assert times(scheduled) == [OLD.instant]
    assert scheduled.publish(fakes.campaign()).already
    assert scheduled.cancel(KEY).state is S.CANCELLED
    assert scheduled.server.campaigns == {}


def test_a_move_that_cannot_make_anything_any_more_has_failed_and_nobody_else_deleted_it(scheduled):
    scheduled.server.before["create"] = [fakes.refused("no credits"), fakes.refused("no credits")]
    with pytest.raises(RequestRejected) as refused:
        scheduled.reschedule(KEY, NEW)
    assert refused.value.effect is Effect.PARTIAL
    failed = latest(scheduled)
    assert (failed.state, failed.closed) == (S.FAILED, True)
    assert failed.problem.title == "no credits"
    assert failed.attention == "Not scheduled: look at the problem, mend it, and publish again."
    anew = scheduled.publish(fakes.campaign(schedule=NEW)).publication
    assert anew.id != failed.id
    assert times(scheduled) == [NEW.instant]


def test_a_scope_that_was_lost_in_the_middle_of_a_move_has_failed_it(scheduled):
    scheduled.server.before["create"] = [PermissionDenied("Scopes insufficient", effect=Effect.NONE)]
    with pytest.raises(PermissionDenied):
        scheduled.reschedule(KEY, NEW)
    assert latest(scheduled).state is S.FAILED


@pytest.mark.parametrize("trouble", [fakes.down(), AuthenticationFailed("revoked", effect=Effect.NONE)])
def test_trouble_in_the_middle_of_a_move_leaves_it_open_and_it_is_carried_on(scheduled, trouble):
    scheduled.server.before["create"] = [trouble]
    if isinstance(trouble, AuthenticationFailed):
        scheduled.server.meanwhile["create"] = lambda: scheduled.server.before.update(read=[trouble])
    with pytest.raises(type(trouble)):
        scheduled.reschedule(KEY, NEW)
    assert latest(scheduled).open_operation
    assert "may not be sent" in latest(scheduled).attention
    assert tracked(scheduled).state is S.SCHEDULED
    list(scheduled.repair())
    assert latest(scheduled).schedule == NEW
    assert times(scheduled) == [NEW.instant]


def test_what_others_deleted_before_it_was_moved_is_theirs(scheduled):
    scheduled.server.campaigns.clear()
    gone = scheduled.reschedule(KEY, NEW).publication
    assert (gone.state, gone.schedule, gone.closed) == (S.MISSING, OLD, True)
    assert creations(scheduled) == 0


@pytest.mark.parametrize("made", [True, False])
def test_a_move_whose_creation_is_lost_is_unknown_and_nobody_makes_another(scheduled, made):
    lose_the_creation(scheduled, made=made, act=lambda: scheduled.reschedule(KEY, NEW))
    for _ in range(2):
        unknown = tracked(scheduled)
        assert unknown.state is S.UNKNOWN
        assert unknown.open_operation.kind is OperationKind.RESCHEDULE
        assert "If it is not there, cancel it" in unknown.attention
        for act in ("publish", "publish again", "the same move", "another move", "advance"):
            with pytest.raises(GlowtifyError):
                ACTS[act](scheduled)
        list(scheduled.repair())
    assert creations(scheduled) == 1


@pytest.mark.parametrize("carry_on", ["publish", "advance", "repair", "look"])
def test_a_move_whose_creation_shows_later_is_finished(scheduled, carry_on):
    lose_the_creation(scheduled, made=True, act=lambda: scheduled.reschedule(KEY, NEW))
    show(scheduled)
    if carry_on == "publish":
        assert scheduled.publish(fakes.campaign(schedule=NEW)).already
    elif carry_on == "advance":
        scheduled.advance(latest(scheduled).id)
    else:
        if carry_on == "look":
            assert tracked(scheduled).ref.id("campaign") == "C2"
        list(scheduled.repair())
    moved = latest(scheduled)
    assert (moved.state, moved.schedule, moved.open_operation) == (S.SCHEDULED, NEW, None)
    assert moved.ref.id("campaign") == "C2"
    assert creations(scheduled) == 1


@pytest.mark.parametrize("act", TAKE_BACK)
@pytest.mark.parametrize("made", [True, False])
def test_a_move_whose_creation_is_lost_can_be_ended(scheduled, made, act):
    lose_the_creation(scheduled, made=made, act=lambda: scheduled.reschedule(KEY, NEW))
    with pytest.raises(OutcomeUnknown):
        TAKE_BACK[act](scheduled)
    assert tracked(scheduled).state is S.UNKNOWN
    if made:
        show(scheduled)
    else:
        scheduled.clock.move(LONGEST)
    ended = TAKE_BACK[act](scheduled)
    assert (ended.state, ended.cancelled_by, ended.closed) == (S.CANCELLED, CancelledBy.US, True)
    assert scheduled.server.campaigns == {}


def test_a_move_that_somebody_cancelled_when_it_showed_is_theirs(scheduled):
    lose_the_creation(scheduled, made=True, act=lambda: scheduled.reschedule(KEY, NEW))
    show(scheduled)
    scheduled.server.put("C2", state=S.CANCELLED)
    ended = scheduled.cancel.edit(KEY)
    assert (ended.state, ended.cancelled_by, ended.taken_back) == (S.CANCELLED, CancelledBy.PERSON, False)


def test_a_key_that_is_revoked_while_a_creation_is_unknown_loses_nothing(scheduled):
    revoked = AuthenticationFailed("Invalid API key", effect=Effect.NONE)
    lose_the_creation(scheduled, made=True, act=lambda: scheduled.reschedule(KEY, NEW))
    for act in (lambda: scheduled.advance(latest(scheduled).id), lambda: scheduled.cancel(KEY)):
        scheduled.server.before |= {"read": [revoked], "find": [revoked]}
        with pytest.raises((AuthenticationFailed, OutcomeUnknown)):
            act()
        assert latest(scheduled).state is S.UNKNOWN
        assert latest(scheduled).open_operation
    scheduled.server.before.clear()
    show(scheduled)
    assert scheduled.cancel(KEY).state is S.CANCELLED
    assert scheduled.server.campaigns == {}


def test_what_a_look_has_shown_since_is_taken_back_by_its_id(scheduled):
    lose_the_creation(scheduled, made=True, act=lambda: scheduled.reschedule(KEY, NEW))
    show(scheduled)
    assert tracked(scheduled).ref.id("campaign") == "C2"
    scheduled.server.lag = timedelta(days=1)  # lists show it no more
    assert scheduled.cancel(KEY).state is S.CANCELLED
    assert scheduled.server.campaigns == {}


def broken_off(problem):
    def refuse(*_, **__):
        raise problem

    return refuse


def test_a_new_one_that_somebody_cancelled_is_theirs_though_the_move_breaks_off(scheduled, monkeypatch):
    lose_the_creation(scheduled, made=True, act=lambda: scheduled.reschedule(KEY, NEW))
    show(scheduled)
    scheduled.server.put("C2", state=S.CANCELLED)
    monkeypatch.setattr(draftless.DraftlessPlatform, "reschedule", broken_off(fakes.refused()))
    with pytest.raises(RequestRejected):
        scheduled.advance(latest(scheduled).id)
    assert (latest(scheduled).state, latest(scheduled).cancelled_by) == (S.CANCELLED, CancelledBy.PERSON)


def test_an_old_one_that_is_still_listed_does_not_end_a_cancel_that_is_refused(scheduled, monkeypatch):
    old = scheduled.server.campaigns["C1"]
    lose_the_creation(scheduled, made=True, act=lambda: scheduled.reschedule(KEY, NEW))
    monkeypatch.setattr(draftless.DraftlessPlatform, "find_by_marker", lambda self, marker: [old])
    monkeypatch.setattr(draftless.DraftlessPlatform, "cancel", broken_off(fakes.refused()))
    with pytest.raises(RequestRejected):
        scheduled.cancel(KEY)
    assert latest(scheduled).open_operation.kind is OperationKind.CANCEL
    assert latest(scheduled).state is S.UNKNOWN


def test_a_connector_that_calls_a_lost_creation_missing_is_not_believed(scheduled, monkeypatch):
    lose_the_creation(scheduled, made=True, act=lambda: scheduled.reschedule(KEY, NEW))
    look = draftless.DraftlessPlatform._look
    monkeypatch.setattr(
        draftless.DraftlessPlatform, "reschedule", lambda self, ref, campaign, *, journal: look(self, ref)
    )
    with pytest.raises(OutcomeUnknown):
        scheduled.advance(latest(scheduled).id)
    assert latest(scheduled).state is S.UNKNOWN


def test_the_old_campaign_that_is_still_listed_is_not_taken_for_the_new_one(scheduled, monkeypatch):
    monkeypatch.setattr(draftless.DraftlessPlatform, "_find", lambda self, name: "C1")
    lose_the_creation(scheduled, made=False, act=lambda: scheduled.reschedule(KEY, NEW))
    assert latest(scheduled).state is S.UNKNOWN


def test_an_old_campaign_that_the_platform_calls_cancelled_is_no_end_of_its_move(scheduled, monkeypatch):
    """Some platforms keep what was deleted."""
    scheduled.server.before["create"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        scheduled.reschedule(KEY, NEW)
    look = draftless.DraftlessPlatform._look

    def keeping(self, ref):
        remote = look(self, ref)
        return replace(remote, state=S.CANCELLED) if remote.state is S.MISSING else remote

    monkeypatch.setattr(draftless.DraftlessPlatform, "_look", keeping)
    assert tracked(scheduled).state is S.SCHEDULED


# --- a crash in the middle of a move, and whatever anybody does then ---

CRASHES = [(moment, request) for request in ("delete", "create", "read") for moment in ("before", "after")]
ACTS = {
    "advance": lambda world: world.advance(latest(world).id),
    "repair": lambda world: list(world.repair()),
    "look": tracked,
    "the same move": lambda world: world.reschedule(KEY, NEW),
    "another move": lambda world: world.reschedule(KEY, OTHER),
    "cancel": lambda world: world.cancel(KEY),
    "edit": lambda world: world.cancel.edit(KEY),
    "publish": lambda world: world.publish(fakes.campaign()),
    "publish again": lambda world: world.publish(fakes.campaign(schedule=NEW), again=True),
}


def crash(world, moment, request):
    getattr(world.server, moment)[request] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        world.reschedule(KEY, NEW)


@pytest.mark.parametrize(("moment", "request_"), CRASHES)
@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("act", ACTS)
def test_after_a_crash_in_a_move_there_is_never_a_second_one_and_none_is_lost(
    scheduled, moment, request_, shown, act
):
    crash(scheduled, moment, request_)
    scheduled.server.lag = timedelta() if shown else timedelta(days=1)
    for _ in range(2):
        with suppress(GlowtifyError):
            ACTS[act](scheduled)
        assert len(scheduled.server.live) <= 1
        assert latest(scheduled).state in {S.SCHEDULED, S.UNKNOWN, S.CANCELLED}
    publication = latest(scheduled)
    if publication.closed:
        assert not scheduled.server.live
        perhaps_others = (moment, request_, act) == ("after", "delete", "edit")  # its result is not recorded
        assert publication.cancelled_by is (CancelledBy.PERSON if perhaps_others else CancelledBy.US)
    elif publication.open_operation is None:
        assert [campaign.ref for campaign in scheduled.server.live] == [publication.ref]
        assert times(scheduled) == [publication.schedule.instant]
    show(scheduled)
    scheduled.clock.move(LONGEST)
    if not publication.closed:
        scheduled.cancel(KEY)
    assert scheduled.server.campaigns == {}


@pytest.mark.parametrize("request_", ["create", "read"])
def test_a_cancel_after_a_crash_takes_away_the_new_one(scheduled, request_):
    """Where its record was written before the crash, and where it was not."""
    crash(scheduled, "after", request_)
    assert [campaign.ref.id("campaign") for campaign in scheduled.server.live] == ["C2"]
    assert scheduled.cancel(KEY).state is S.CANCELLED
    assert scheduled.server.campaigns == {}


def test_another_move_waits_for_what_became_of_the_first(scheduled):
    crash(scheduled, "before", "create")
    with pytest.raises(OutcomeUnknown):
        scheduled.reschedule(KEY, OTHER)
    assert creations(scheduled) == 1
    assert latest(scheduled).open_operation.schedule == NEW


def test_another_move_follows_one_that_crashed_when_its_campaign_shows(scheduled):
    crash(scheduled, "after", "create")
    assert scheduled.reschedule(KEY, OTHER).publication.schedule == OTHER
    assert times(scheduled) == [OTHER.instant]


def test_an_edit_after_a_move_that_had_taken_it_away_is_ours(scheduled):
    scheduled.server.before["create"] = [fakes.down()]
    with pytest.raises(PlatformUnavailable):
        scheduled.reschedule(KEY, NEW)
    assert scheduled.cancel.edit(KEY).taken_back
    assert scheduled.publish(fakes.campaign(subject="Mended")).publication.state is S.SCHEDULED


# --- taking back ---


def test_an_edit_takes_it_away_and_publishing_opens_a_new_one_unasked(scheduled):
    taken = scheduled.cancel.edit(KEY)
    assert (taken.state, taken.taken_back, taken.closed) == (S.CANCELLED, True, True)
    assert scheduled.server.writes == ["delete"]
    assert scheduled.publish(fakes.campaign(subject="Mended")).publication.id != taken.id
    assert [campaign.subject for campaign in scheduled.server.live] == ["Mended"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_edit_that_crashed_is_carried_on_and_stays_ours(scheduled, moment):
    getattr(scheduled.server, moment)["delete"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        scheduled.cancel.edit(KEY)
    (repaired,) = scheduled.repair()
    assert repaired.publication.taken_back
    assert scheduled.server.campaigns == {}


@pytest.mark.parametrize("deleted", [True, False])
def test_what_somebody_else_ended_is_not_taken_back_by_us(scheduled, deleted):
    if deleted:
        scheduled.server.campaigns.clear()
    else:
        scheduled.server.put("C1", state=S.CANCELLED)
    ended = scheduled.cancel.edit(KEY)
    assert (ended.state, ended.cancelled_by, ended.taken_back) == (S.CANCELLED, CancelledBy.PERSON, False)
    with pytest.raises(CampaignRejected, match="cancelled"):
        scheduled.publish(fakes.campaign())


def test_what_others_ended_after_a_move_is_not_taken_back_by_us(scheduled):
    scheduled.reschedule(KEY, NEW)
    scheduled.server.campaigns.clear()
    assert not scheduled.cancel.edit(KEY).taken_back
