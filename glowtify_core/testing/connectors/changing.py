"""The contracts of changing what was handed over: moving it, taking it back, stopping it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import Effect, GlowtifyError, PlatformError, StateConflict
from glowtify_core.domain.remote import same_second
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.platform import CancelMode, SupportsReschedule
from glowtify_core.testing.connectors.case import ConnectorCase, needs
from glowtify_core.testing.connectors.watching import TOO_LATE
from glowtify_core.testing.stage import faults
from glowtify_core.testing.stage.script import Deed, Fate
from glowtify_core.testing.stage.world import LATER, NINE, World

_S = PublicationState


class RescheduleContract(ConnectorCase):
    """Moving a campaign."""

    @needs(Capability.RESCHEDULE)
    def test_c44_it_is_moved_and_never_two(self, world: World) -> None:
        """C-44: After reschedule() one e-mail is due at the new time; at no moment were there two.

        Why: worst must be "unscheduled", never "sent twice".
        If this fails: take the old one back, read that it is, and only then schedule anew.
        """
        world.host.publish(world.campaign())
        moved = world.host.reschedule(world.key, LATER).publication
        mail = world.only()
        assert world.most_live == 1
        assert mail.due
        assert same_second(mail.due, LATER.instant)
        assert moved.schedule == LATER
        assert moved.ref
        assert moved.ref.id("campaign") == mail.id, "return the RemoteCampaign with its new id"
        assert not world.host.track([moved])[0].drift
        world.pass_until(NINE.instant + timedelta(hours=1))
        assert world.only().fate is Fate.SCHEDULED
        world.pass_until(LATER.instant + timedelta(days=1))
        assert world.only().fate is Fate.SENT

    @needs(Capability.RESCHEDULE)
    def test_c44_it_keeps_everything_else(self, world: World) -> None:
        """C-44: Moving changes the time and nothing else.

        Why: nobody asked for more.
        If this fails: send back what was there, or create anew from the campaign that you are given.
        """
        world.host.publish(world.campaign())
        before = world.only()
        world.host.reschedule(world.key, LATER)
        after = world.only()
        kept = ("name", "subject", "sender", "html", "included", "excluded", "smart_sending")
        assert [getattr(after, one) for one in kept] == [getattr(before, one) for one in kept]

    @TOO_LATE
    @needs(Capability.RESCHEDULE)
    def test_c45_what_was_sent_is_not_moved(self, world: World, after: timedelta) -> None:
        """C-45: Moving what has been sent, or is on its way, is a StateConflict, and sends nothing anew.

        Why: it would reach people a second time.
        If this fails: read the state before taking it back.
        """
        published = world.host.publish(world.campaign()).publication
        world.pass_until(NINE.instant + after)
        before = world.look()
        assert published.ref
        moved = world.campaign(schedule=LATER)
        with world.platform() as platform:
            assert isinstance(platform, SupportsReschedule)
            with pytest.raises(StateConflict) as refused:
                platform.reschedule(published.ref, moved, journal=world.journal("reschedule-1"))
        assert refused.value.effect is Effect.NONE
        assert world.look() == before

    @pytest.mark.parametrize("deed", [Deed.DELETE, Deed.CANCEL])
    @needs(Capability.RESCHEDULE)
    def test_c45_what_somebody_ended_is_not_moved(self, world: World, deed: Deed) -> None:
        """C-45: Moving what somebody has deleted or cancelled there sends nothing.

        Why: they ended it on purpose.
        If this fails: read before taking it back, and return what is there, or raise.
        """
        published = world.host.publish(world.campaign()).publication
        self.do(world, deed, world.only())
        assert published.ref
        with world.platform() as platform:
            assert isinstance(platform, SupportsReschedule)
            with suppress(PlatformError):
                moved = world.campaign(schedule=LATER)
                said = platform.reschedule(published.ref, moved, journal=world.journal("reschedule-1"))
                assert said.state in {_S.MISSING, _S.CANCELLED}
        assert world.live == []
        assert world.drafts == []

    @needs(Capability.RESCHEDULE)
    def test_c46_a_refused_time_leaves_the_old_one_or_says_that_nothing_is_sent(self) -> None:
        """C-46: If the platform refuses on the way, the old time stands, or we say that nothing is sent.

        Why: what nobody knows to be unscheduled is missed by everybody.
        If this fails: put the old time back, or raise with effect PARTIAL; never NONE once it was taken back.
        """
        for number in range(1, self._requests() + 1):
            with self.enter() as fresh:
                fresh.host.publish(fresh.campaign())
                fresh.wire.forget()
                fresh.wire.break_at(number, faults.refused)
                with suppress(GlowtifyError):
                    fresh.host.reschedule(fresh.key, LATER)
                self._told_as_it_is(fresh, f"request {number} refused")

    def _told_as_it_is(self, world: World, case: str) -> None:
        publication, live = world.publication, world.live
        assert len(live) <= 1, case
        if publication.open_operation is None and publication.state in {_S.SCHEDULED, _S.SUBMITTING}:
            assert live, f"{case}: {publication.state}, and nothing is due"
            assert live[0].due, case
            assert same_second(live[0].due, publication.schedule.latest_instant("UTC")), case
        else:
            assert publication.attention, f"{case}: nobody is told"

    def _requests(self) -> int:
        with self.enter() as world:
            world.host.publish(world.campaign())
            world.wire.forget()
            world.host.reschedule(world.key, LATER)
            return len(world.wire.exchanges)


class TakingBackContract(ConnectorCase):
    """Taking back for editing, and stopping what is on its way."""

    @needs(Capability.EDIT)
    def test_c47_what_is_taken_back_can_be_published_anew(self, world: World) -> None:
        """C-47: After an edit nothing is left that would be sent, and it can be published anew.

        Why: people correct a typing error after they scheduled.
        If this fails: with KEEP_DRAFT go back to a draft (and declare reconcile, so that it can be
        discarded), or, without drafts, remove the campaign in a step named DISCARD.
        """
        world.host.publish(world.campaign())
        first = world.only()
        taken = world.host.cancel.edit(world.key)
        assert taken.taken_back
        assert world.look() == [] or all(mail.fate is Fate.STOPPED for mail in world.look())
        world.host.publish(world.campaign(subject="Corrected"))
        mail = world.only()
        assert (mail.subject, mail.id == first.id) == ("Corrected", False)
        assert world.most_live == 1

    @TOO_LATE
    @needs(Capability.EDIT)
    def test_c48_what_is_on_its_way_is_not_taken_back(self, world: World, after: timedelta) -> None:
        """C-48: Taking back what is being sent, or was, is a StateConflict.

        Why: the next publish would reach the same people again.
        If this fails: read the state before taking it back, whatever the mode.
        """
        published = world.host.publish(world.campaign()).publication
        world.pass_until(NINE.instant + after)
        before = world.look()
        with world.platform() as platform, pytest.raises(StateConflict):
            platform.cancel(published.ref, mode=CancelMode.KEEP_DRAFT, journal=world.journal("edit-1"))
        assert world.look() == before

    @needs(Capability.STOP_SENDING)
    def test_c49_what_is_on_its_way_is_stopped_only_when_asked(self, world: World) -> None:
        """C-49: While it is being sent, FINAL is a StateConflict, and STOP_SENDING stops the rest.

        Why: some have received it; the person must know.
        If this fails: look at the mode once the platform says that sending has begun.
        """
        published = world.host.publish(world.campaign()).publication
        world.pass_until(NINE.instant + timedelta(seconds=30))
        if world.only().fate is not Fate.SENDING:
            pytest.skip(f"the script of {self.manifest.title} sends at once")
        with world.platform() as platform, pytest.raises(StateConflict):
            platform.cancel(published.ref, mode=CancelMode.FINAL, journal=world.journal("cancel-1"))
        world.host.track([published])
        stopped = world.host.cancel(world.key, stop_sending=True)
        assert stopped.state is _S.CANCELLED
        assert stopped.remote
        assert stopped.remote.partly_sent
