"""The contract of looking and of cancelling: what is there is told as it is, and what is off stays off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import Effect, StateConflict
from glowtify_core.domain.remote import RemoteRef
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.platform import CancelMode
from glowtify_core.testing.connectors.case import ConnectorCase, needs
from glowtify_core.testing.stage import faults
from glowtify_core.testing.stage.script import Deed, Fate
from glowtify_core.testing.stage.world import NINE, World

_S = PublicationState
TOO_LATE = pytest.mark.parametrize(
    "after", [timedelta(seconds=30), timedelta(days=1)], ids=["while-it-is-sent", "once-it-is-sent"]
)


class StatusContract(ConnectorCase):
    """What ``status`` promises."""

    def test_c21_many_are_asked_at_once_and_nothing_is_changed(self, world: World) -> None:
        """C-21: status() answers every ref that it is asked about, and only reads.

        Why: hosts ask about hundreds, often.
        If this fails: return one entry a ref; what cannot be found is MISSING, not left out.
        """
        for number in range(3):
            key = type(world.key)(world.key.store, f"epic-{number}")
            world.host.publish(world.campaign(key=key))
        refs = [publication.ref for publication in world.host.repo.find() if publication.ref]
        assert len(refs) == 3
        world.pass_time(timedelta(minutes=2))
        unknown = RemoteRef(self.manifest.name, (("campaign", "nobody-has-this"),))
        world.wire.forget()
        with world.platform() as platform:
            assert platform.status([]) == {}
            said = platform.status([*refs, unknown])
        assert set(said) == {*refs, unknown}
        assert [said[ref].state for ref in refs] == [_S.SCHEDULED] * 3
        assert said[unknown].state is _S.MISSING
        assert [str(one) for one in world.wire.writes] == []

    def test_c22_what_is_sent_is_said_to_be_sent_and_never_before(self, world: World) -> None:
        """C-22: An e-mail is SENT, with the time at which sending began, once it is; and never before.

        Why: figures, and the end of the story, hang on it.
        If this fails: map the platform's statuses in one table, and read the time of sending.
        """
        world.host.publish(world.campaign())
        world.pass_until(NINE.instant - timedelta(minutes=10))
        assert world.host.track([world.publication])[0].state is _S.SCHEDULED
        world.pass_until(NINE.instant + timedelta(seconds=30))
        going = world.only().fate is Fate.SENDING
        (seen,) = world.host.track([world.publication])
        assert not going or seen.state is _S.SENDING
        world.pass_until(NINE.instant + timedelta(days=1))
        (sent,) = world.host.track([world.publication])
        assert sent.state is _S.SENT
        assert sent.remote
        assert sent.remote.sent_at
        assert abs(sent.remote.sent_at - NINE.instant) < timedelta(hours=1)

    def test_c23_a_status_that_nobody_knows_is_unknown(self, world: World) -> None:
        """C-23: A status that is not in the connector's table is UNKNOWN, with the platform's own word.

        Why: platforms add words. Taken for failed, it would be sent again; taken for sent, forgotten.
        If this fails: look the status up with UNKNOWN as the fallback, and keep the word in raw_state.
        """
        published = world.host.publish(world.campaign()).publication
        self.do(world, Deed.OBSCURE, world.only())
        with world.platform() as platform:
            assert published.ref
            said = platform.status([published.ref])[published.ref]
        assert said.state is _S.UNKNOWN
        assert said.raw_state

    def test_c24_what_was_deleted_there_is_missing(self, world: World) -> None:
        """C-24: An e-mail that somebody deleted on the platform is MISSING.

        Why: it will not be sent, and may be published anew.
        If this fails: answer MISSING when reading that one by its id says that it is gone, and only then.
        """
        world.host.publish(world.campaign())
        self.do(world, Deed.DELETE, world.only())
        assert world.host.track([world.publication])[0].state is _S.MISSING

    def test_c24_what_was_cancelled_there_is_cancelled(self, world: World) -> None:
        """C-24: An e-mail that somebody cancelled on the platform is CANCELLED, by a person.

        Why: the person who planned it must hear that it will not be sent.
        If this fails: map the platform's word for it, and leave reason empty unless the platform gave one.
        """
        world.host.publish(world.campaign())
        self.do(world, Deed.CANCEL, world.only())
        (seen,) = world.host.track([world.publication])
        assert seen.state is _S.CANCELLED
        assert seen.cancelled_by == "person"

    @pytest.mark.parametrize(
        ("deed", "drift"),
        [(Deed.MOVE, "time"), (Deed.CHANGE_SUBJECT, "subject"), (Deed.UNSCHEDULE, "unscheduled")],
    )
    def test_c25_what_others_changed_is_noticed(self, world: World, deed: Deed, drift: str) -> None:
        """C-25: status() tells time, subject, sender and audience as they are now, where that shows.

        Why: people change e-mails in the platform's own app, and must be told that it shows.
        If this fails: fill RemoteCampaign from the answer; leave None what it does not tell.
        """
        world.host.publish(world.campaign())
        self.do(world, deed, world.only())
        (seen,) = world.host.track([world.publication])
        assert drift in seen.drift
        if deed is Deed.UNSCHEDULE:
            assert seen.state is _S.STAGED


class CancelContract(ConnectorCase):
    """What ``cancel`` promises."""

    @needs(Capability.CANCEL)
    def test_c26_what_is_cancelled_is_not_sent(self, world: World) -> None:
        """C-26: After cancel() the e-mail will not be sent, reading has confirmed it, and again is a success.

        Why: it is called in a hurry, and called again.
        If this fails: read after the write; treat what is cancelled or gone already as done.
        """
        world.host.publish(world.campaign())
        cancelled = world.host.cancel(world.key)
        assert cancelled.state is _S.CANCELLED
        assert cancelled.cancelled_by == "us"
        assert world.live == []
        world.wire.forget()
        with world.platform() as platform:
            ended = platform.cancel(
                cancelled.ref, mode=CancelMode.FINAL, journal=world.journal("cancel-again")
            )
        assert ended.state is _S.CANCELLED
        assert world.live == []
        world.pass_until(NINE.instant + timedelta(days=1))
        assert world.live == []

    @needs(Capability.CANCEL)
    def test_c26_what_is_a_draft_again_leaves_nothing(self, world: World) -> None:
        """C-26: Cancelling what somebody has unscheduled removes the draft.

        Why: a draft that lies about is sent by somebody one day.
        If this fails: look at what is there, and delete it where it is a draft.
        """
        world.host.publish(world.campaign())
        self.do(world, Deed.UNSCHEDULE, world.only())
        assert world.host.cancel(world.key).state is _S.CANCELLED
        assert world.drafts == []

    @needs(Capability.CANCEL)
    def test_c26_what_is_gone_is_cancelled(self, world: World) -> None:
        """C-26: Cancelling what somebody has deleted is a success.

        Why: there is nothing left to do, and nothing to worry about.
        If this fails: take a 404 for an answer.
        """
        published = world.host.publish(world.campaign()).publication
        self.do(world, Deed.DELETE, world.only())
        with world.platform() as platform:
            ended = platform.cancel(published.ref, mode=CancelMode.FINAL, journal=world.journal("cancel-1"))
        assert ended.state is _S.CANCELLED

    @TOO_LATE
    @needs(Capability.CANCEL)
    def test_c27_what_was_sent_cannot_be_cancelled(self, world: World, after: timedelta) -> None:
        """C-27: Cancelling what is being sent, or has been, is a StateConflict without effect.

        Why: "cancelled" would be a lie about an e-mail that people have read.
        If this fails: read the state before, and raise StateConflict(effect=Effect.NONE).
        """
        published = world.host.publish(world.campaign()).publication
        world.pass_until(NINE.instant + after)
        before = world.look()
        with world.platform() as platform, pytest.raises(StateConflict) as refused:
            platform.cancel(published.ref, mode=CancelMode.FINAL, journal=world.journal("cancel-1"))
        assert refused.value.effect is Effect.NONE
        assert refused.value.remedy
        assert world.look() == before

    @needs(Capability.CANCEL)
    def test_c29_a_copy_that_a_person_made_is_never_ours(self) -> None:
        """C-29: What a person copied on the platform is neither adopted, sent nor removed by us.

        Why: the copy is theirs, and bears our marker only because it is a copy.
        If this fails: compare the whole name (glowtify_core.kit.marks.adopt does), not only its end.
        """
        with self.enter() as world:
            world.host.publish(world.campaign())
            count = len(world.wire.exchanges)
        for number in range(1, count + 1):
            with self.enter() as world:
                world.wire.break_at(number, faults.died_after)
                with world.mortal():
                    world.host.publish(world.campaign())
                for mail in world.look():
                    self.do(world, Deed.CLONE, mail)
                copies = {mail.id: mail.name for mail in world.look() if not mail.name.startswith("Winter")}
                world.pass_time(timedelta(minutes=1))
                world.host.publish(world.campaign())
                assert world.only().id not in copies, f"request {number}"
                world.host.cancel(world.key)
                list(world.host.repair())
                left = {mail.id for mail in world.drafts}
                assert left == set(copies), f"request {number}: the copy of a person is gone"

    def test_c28_what_was_never_begun_is_cancelled_without_a_write(self, world: World) -> None:
        """C-28: cancel() of a publication that has begun nothing is a success, and writes nothing.

        Why: a publish may be cancelled before its first request.
        If this fails: go by journal.steps(); without a ref and without a step there is nothing to do.
        """
        journal = world.opened("cancel-1")
        world.wire.forget()
        with world.platform() as platform:
            ended = platform.cancel(None, mode=CancelMode.FINAL, journal=journal)
        assert ended.state is _S.CANCELLED
        assert world.wire.writes == []
