"""Whether the e-mail itself was changed on the platform: looked at on request and before a move."""

from dataclasses import replace
from datetime import datetime, timedelta

import fakes
import pytest
from fakes import S

from glowtify_core.domain.connection import ConnectionState
from glowtify_core.domain.errors import AuthenticationFailed, Effect, RequestRejected
from glowtify_core.domain.publication import OperationKind
from glowtify_core.domain.remote import Drift
from glowtify_core.domain.schedule import SendAt

KEY = fakes.campaign().key
OLD = fakes.campaign().schedule
NEW = SendAt.at(datetime(2027, 1, 20, 9, 0), "America/Toronto")  # noqa: DTZ001 - a wall time
ANOTHER = {"content": "<p>Nothing must go</p>"}


@pytest.fixture
def world():
    made = fakes.build()
    made.publish(fakes.campaign())
    made.server.calls.clear()
    return made


def latest(world):
    return world.repo.latest(KEY)


def track(world, *, content):
    (tracked,) = world.track([latest(world)], content=content)
    return tracked


# --- On request ---


def test_it_is_read_on_request_only(world):
    world.server.put("C1", **ANOTHER)
    assert track(world, content=False).drift == set()
    assert world.server.calls == ["read"]
    assert track(world, content=True).drift == {Drift.CONTENT}
    assert world.server.calls == ["read", "read", "content"]


def test_what_was_changed_is_told_and_kept(world):
    world.server.put("C1", **ANOTHER)
    drifted = track(world, content=True)
    assert drifted.state is S.SCHEDULED
    assert drifted.attention == "Changed on the platform: content."
    assert drifted.problem is None
    assert latest(world) == drifted


def test_it_stays_noticed_until_it_is_read_again_and_equal(world):
    handed_over = world.server.campaigns["C1"]
    world.server.put("C1", **ANOTHER)
    track(world, content=True)
    world.server.campaigns["C1"] = handed_over
    assert track(world, content=False).drift == {Drift.CONTENT}
    mended = track(world, content=True)
    assert (mended.drift, mended.attention) == (set(), "")
    assert latest(world) == mended


def test_a_second_change_is_compared_with_what_was_handed_over(world):
    for _ in range(2):
        world.server.put("C1", **ANOTHER)
        assert track(world, content=True).drift == {Drift.CONTENT}


def test_what_stands_as_before_is_not_written(world):
    saves = world.repo.saves
    before = latest(world)
    assert replace(track(world, content=True), checked_at=before.checked_at) == before
    assert world.repo.saves == saves


def test_it_is_told_beside_other_changes(world):
    world.server.put("C1", subject="Buy now", scheduled_for=NEW.instant, **ANOTHER)
    tracked = track(world, content=True)
    assert tracked.attention == "Changed on the platform: content, subject, time (now 2027-01-20 14:00 UTC)."


def test_one_read_for_each_that_may_still_be_sent_and_none_for_the_others(world):
    for n in range(2, 6):
        world.publish(fakes.campaign(f"epic-{n}"))
    world.cancel(fakes.campaign("epic-2").key)
    world.server.put("C3", state=S.CANCELLED)
    del world.server.campaigns["C4"]
    world.server.calls.clear()
    tracked = world.track(world.repo.find(), content=True)
    assert [p.state for p in tracked] == [S.SCHEDULED, S.CANCELLED, S.CANCELLED, S.MISSING, S.SCHEDULED]
    assert world.server.calls == ["read", "content", "content"]
    assert {p.problem for p in tracked} == {None}


def test_what_was_sent_meanwhile_says_what_was_sent(world):
    world.server.put("C1", state=S.SENT, **ANOTHER)
    sent = track(world, content=True)
    assert (sent.state, sent.attention) == (S.SENT, "Changed on the platform: content.")


def test_what_is_unscheduled_says_both(world):
    world.server.put("C1", state=S.STAGED, **ANOTHER)
    tracked = track(world, content=True)
    assert tracked.drift == {Drift.CONTENT, Drift.UNSCHEDULED}
    assert tracked.attention.startswith("Unscheduled: this e-mail will not be sent.")
    assert tracked.attention.endswith("Changed on the platform: content.")


def test_what_was_changed_and_is_late_says_both(world):
    world.server.put("C1", **ANOTHER)
    world.clock.at = OLD.instant + timedelta(hours=3)
    assert track(world, content=True).attention == (
        "Changed on the platform: content. Overdue: look at it on the platform."
    )


def test_what_others_moved_is_not_late_by_the_old_time(world):
    world.server.put("C1", scheduled_for=NEW.instant)
    world.clock.at = OLD.instant + timedelta(hours=3)
    assert (
        track(world, content=False).attention == "Changed on the platform: time (now 2027-01-20 14:00 UTC)."
    )


def test_what_is_being_published_is_not_read():
    world = fakes.build()
    world.server.before["send"] = [fakes.down()]
    with pytest.raises(fakes.PlatformUnavailable):
        world.publish(fakes.campaign())
    world.server.calls.clear()
    assert track(world, content=True).problem.title == "unreachable"  # that of the publish
    assert "content" not in world.server.calls


def test_what_has_only_to_be_tidied_is_read():
    world = fakes.build()
    world.server.untidy = True
    world.publish(fakes.campaign())
    world.server.put("C1", **ANOTHER)
    assert track(world, content=True).drift == {Drift.CONTENT}


# --- Where it cannot be told ---


@pytest.mark.parametrize("known", [True, False])
def test_what_cannot_be_compared_says_so_and_is_no_change(world, known):
    if known:
        world.server.put("C1", content=None)
    else:
        before = latest(world)
        world.repo.publications[before.id] = replace(before, remote=replace(before.remote, content=None))
    tracked = track(world, content=True)
    assert (tracked.state, tracked.drift) == (S.SCHEDULED, set())
    assert tracked.problem.code == "content_unknown"
    assert world.server.calls.count("content") == known
    assert latest(world).problem is None
    assert track(world, content=False).problem is None


def test_a_connector_that_cannot_tell_says_so_and_the_rest_is_up_to_date():
    declared = {name: needs for name, needs in fakes.CAPABILITIES.items() if name != "content"}
    world = fakes.build(capabilities=declared)
    world.publish(fakes.campaign())
    world.server.calls.clear()
    world.server.put("C1", subject="Buy now", **ANOTHER)
    tracked = track(world, content=True)
    assert tracked.drift == {Drift.SUBJECT}
    assert (tracked.problem.code, tracked.problem.title) == ("unsupported", "Fake cannot do this: content")
    assert latest(world).drift == {Drift.SUBJECT}
    assert world.server.calls == ["read"]


def test_a_key_without_the_scope_says_which(world):
    connection = world.connections.get("default", "fake")
    account = replace(connection.account, missing=frozenset({"content:read"}))
    world.connections.save(replace(connection, account=account))
    tracked = track(world, content=True)
    assert tracked.problem.code == "scopes_insufficient"
    assert "content:read" in tracked.problem.detail
    assert world.server.calls == ["read"]


def test_a_read_that_fails_keeps_what_was_learned_until_then(world, monkeypatch):
    for n in (2, 3):
        world.publish(fakes.campaign(f"epic-{n}"))
        world.server.put(f"C{n}", subject="Buy now")

    def content(self, ref):
        if ref.id("campaign") == "C2":
            raise fakes.down()
        return ANOTHER["content"]

    monkeypatch.setattr(fakes.FakePlatform, "content", content)
    tracked = world.track(world.repo.find(), content=True)
    assert [p.drift for p in tracked] == [{Drift.CONTENT}, {Drift.SUBJECT}, {Drift.SUBJECT}]
    assert [p.problem and p.problem.title for p in tracked] == [None, "unreachable", "unreachable"]
    assert [p.problem for p in world.repo.find()] == [None] * 3


def test_a_key_that_was_revoked_meanwhile_is_noted(world):
    world.server.before["content"] = [AuthenticationFailed("Invalid API key", effect=Effect.NONE)]
    assert track(world, content=True).problem.title == "Invalid API key"
    assert world.connections.get("default", "fake").state is ConnectionState.RECONNECT_REQUIRED


# --- Before a move ---


def codes(moved):
    return [finding.code for finding in moved.findings]


def test_a_move_reads_it_once_and_has_nothing_to_say(world):
    moved = world.reschedule(KEY, NEW)
    assert (moved.findings, moved.publication.drift) == ([], set())
    assert world.server.calls.count("content") == 1
    assert world.server.calls.index("content") < world.server.calls.index("revert")


def test_a_move_keeps_what_others_changed_and_says_so(world):
    world.server.put("C1", **ANOTHER)
    moved = world.reschedule(KEY, NEW)
    assert codes(moved) == ["content_changed"]
    assert moved.findings[0].title == "The e-mail was changed in Fake"
    assert moved.publication.state is S.SCHEDULED
    assert moved.publication.schedule == NEW
    assert moved.publication.drift == {Drift.CONTENT}
    assert moved.publication.attention == "Changed on the platform: content."
    assert latest(world) == moved.publication
    assert world.server.campaigns["C1"].content == ANOTHER["content"]
    assert track(world, content=False).drift == {Drift.CONTENT}


def test_a_move_says_so_of_what_was_noticed_before_and_cannot_be_read_now(world):
    world.server.put("C1", **ANOTHER)
    track(world, content=True)
    world.server.before["content"] = [fakes.down()]
    moved = world.reschedule(KEY, NEW)
    assert codes(moved) == ["content_changed"]
    assert moved.publication.drift == {Drift.CONTENT}


def test_a_move_forgets_what_is_equal_again(world):
    handed_over = world.server.campaigns["C1"]
    world.server.put("C1", **ANOTHER)
    track(world, content=True)
    world.server.campaigns["C1"] = handed_over
    moved = world.reschedule(KEY, NEW)
    assert (codes(moved), moved.publication.drift) == ([], set())


@pytest.mark.parametrize(
    "trouble",
    [
        fakes.down(),
        fakes.lost(),
        RequestRejected("odd", effect=Effect.NONE),
        AuthenticationFailed("no", effect=Effect.NONE),
    ],
)
def test_a_read_that_fails_does_not_stop_a_move_and_is_a_warning(world, trouble):
    world.server.before["content"] = [trouble]
    moved = world.reschedule(KEY, NEW)
    assert (moved.publication.schedule, moved.publication.drift) == (NEW, set())
    assert codes(moved) == ["content_unknown"]


def test_a_move_on_a_connector_that_cannot_tell_has_nothing_to_say():
    declared = {name: needs for name, needs in fakes.CAPABILITIES.items() if name != "content"}
    world = fakes.build(capabilities=declared)
    world.publish(fakes.campaign())
    assert world.reschedule(KEY, NEW).findings == []
    assert "content" not in world.server.calls


def test_a_move_says_what_was_noticed_while_the_key_could_still_tell(world):
    world.server.put("C1", **ANOTHER)
    track(world, content=True)
    connection = world.connections.get("default", "fake")
    account = replace(connection.account, missing=frozenset({"content:read"}))
    world.connections.save(replace(connection, account=account))
    world.server.calls.clear()
    moved = world.reschedule(KEY, NEW)
    assert (codes(moved), moved.publication.drift) == (["content_changed"], {Drift.CONTENT})
    assert "content" not in world.server.calls


def test_a_refused_move_keeps_what_it_noticed(world):
    world.server.put("C1", **ANOTHER)
    world.server.before["patch"] = [fakes.refused()]
    with pytest.raises(RequestRejected):
        world.reschedule(KEY, NEW)
    assert Drift.CONTENT in latest(world).drift
    assert "content" in latest(world).attention


def test_a_move_that_is_under_way_keeps_what_it_noticed(world):
    world.server.put("C1", **ANOTHER)
    world.server.before["patch"] = [fakes.down()]
    with pytest.raises(fakes.PlatformUnavailable):
        world.reschedule(KEY, NEW)
    assert track(world, content=False).drift == {Drift.CONTENT}
    assert latest(world).open_operation.kind is OperationKind.RESCHEDULE
    moved = world.reschedule(KEY, NEW)
    assert (codes(moved), moved.publication.drift) == (["content_changed"], {Drift.CONTENT})


def test_the_same_time_is_not_written_again_over_a_changed_content(world):
    """No move brings it back."""
    world.server.put("C1", **ANOTHER)
    track(world, content=True)
    world.server.calls.clear()
    assert world.reschedule(KEY, OLD).publication.drift == {Drift.CONTENT}
    assert world.server.calls == []


def test_a_move_that_crashed_keeps_what_it_noticed(world):
    world.server.put("C1", **ANOTHER)
    world.server.before["patch"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        world.reschedule(KEY, NEW)
    (repaired,) = world.repair()
    assert (repaired.publication.state, repaired.publication.drift) == (S.SCHEDULED, {Drift.CONTENT})


def test_publishing_again_what_was_unscheduled_says_that_it_was_changed(world):
    world.server.put("C1", state=S.STAGED, **ANOTHER)
    track(world, content=False)
    published = world.publish(fakes.campaign())
    assert (published.publication.state, codes(published)) == (S.SCHEDULED, ["content_changed"])
    assert published.publication.drift == {Drift.CONTENT}
