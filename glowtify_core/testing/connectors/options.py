"""The contracts of what a connector may be able to do besides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from glowtify_core.domain.campaign import Options
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import StateConflict
from glowtify_core.domain.remote import RemoteRef
from glowtify_core.domain.schedule import SendAtRecipientTime
from glowtify_core.ports.campaigns import StepKind
from glowtify_core.ports.platform import (
    Level,
    SupportsContent,
    SupportsPreflight,
    SupportsReconcile,
)
from glowtify_core.testing.connectors.case import ConnectorCase, needs
from glowtify_core.testing.stage.script import Deed, Fate
from glowtify_core.testing.stage.world import NINE, World


class OptionsContract(ConnectorCase):
    """What a campaign may ask for besides: exclusions, the recipient's own time, smart sending."""

    @needs(Capability.EXCLUDE)
    def test_c34_excluded_audiences_are_left_out(self, world: World) -> None:
        """C-34: Excluded audiences reach the platform as excluded.

        Why: people who were left out on purpose would get the e-mail.
        If this fails: send campaign.excluded.
        """
        excluded = world.script.another
        assert excluded, "the script names no second audience"
        world.host.publish(world.campaign(exclude=(excluded,)))
        assert world.only().excluded == {excluded.id}
        assert not world.host.track([world.publication])[0].drift

    @needs(Capability.RECIPIENT_TIME)
    def test_c35_each_recipient_gets_it_at_that_wall_time(self, world: World) -> None:
        """C-35: A recipient-local schedule reaches the platform as that wall time, converted by nobody.

        Why: nine in the morning is meant for each of them.
        If this fails: send schedule.wall as the platform wants a local time; report it as recipient_wall.
        """
        published = world.host.publish(world.campaign(schedule=SendAtRecipientTime.at(NINE.wall))).publication
        assert world.only().wall == NINE.wall
        assert published.remote
        assert published.remote.recipient_wall == NINE.wall
        assert not world.host.track([published])[0].drift

    @needs(Capability.SMART_SENDING)
    @pytest.mark.parametrize("smart", [True, False])
    def test_c36_smart_sending_is_as_the_person_set_it(self, world: World, smart: bool) -> None:
        """C-36: Smart sending is on or off as the campaign says, explicitly.

        Why: an account's default would decide otherwise.
        If this fails: always send the option, also when it is true.
        """
        world.host.publish(world.campaign(options=Options(smart_sending=smart)))
        assert world.only().smart_sending is smart


class PreflightContract(ConnectorCase):
    """Checks before anything is written."""

    @needs(Capability.PREFLIGHT)
    def test_c37_offline_it_asks_nothing_and_online_it_only_reads(self, world: World) -> None:
        """C-37: preflight() sends no request unless online, and never a write.

        Why: it runs while a person types.
        If this fails: ask the platform only when online is true.
        """
        world.wire.forget()
        with world.platform() as platform:
            assert isinstance(platform, SupportsPreflight)
            platform.preflight(world.campaign(), online=False)
            assert world.wire.exchanges == []
            platform.preflight(world.campaign(), online=True)
        assert [str(one) for one in world.wire.writes] == []

    @needs(Capability.PREFLIGHT)
    def test_c37_a_good_campaign_has_no_errors(self, world: World) -> None:
        """C-37: A campaign that can be published has no finding of level error; each finding says what it is.

        Why: an error stops publishing.
        If this fails: make it a warning, or mend the check.
        """
        with world.platform() as platform:
            assert isinstance(platform, SupportsPreflight)
            findings = platform.preflight(world.campaign(), online=True)
        assert [one for one in findings if one.level is Level.ERROR] == []
        assert all(one.code and one.title for one in findings)


class ContentContract(ConnectorCase):
    """Telling whether the e-mail itself was changed."""

    @needs(Capability.CONTENT)
    def test_c38_the_content_stays_the_same_until_somebody_changes_it(self, world: World) -> None:
        """C-38: content() is what publish() returned as content, until the e-mail is changed on the platform.

        Why: a difference is shown to people as a change by somebody else.
        If this fails: make both fingerprints of what the platform stores, in the same words.
        """
        published = world.host.publish(world.campaign()).publication
        assert published.remote
        assert published.ref
        handed_over = published.remote.content
        with world.platform() as platform:
            assert isinstance(platform, SupportsContent)
            assert handed_over
            assert platform.content(published.ref) == handed_over
            self.do(world, Deed.CHANGE_CONTENT, world.only())
            assert platform.content(published.ref) != handed_over


class ReconcileContract(ConnectorCase):
    """Finding by the marker, and removing drafts."""

    @needs(Capability.RECONCILE)
    def test_c39_what_is_ours_is_found_by_its_marker(self, world: World) -> None:
        """C-39: find_by_marker() gives every campaign whose name ends in the marker, and no other.

        Why: what a lost answer left is found by it.
        If this fails: search by the marker, then keep the names that end in a space and the marker.
        """
        published = world.host.publish(world.campaign()).publication
        other = world.campaign(key=type(world.key)(world.key.store, "epic-2"))
        world.host.publish(other)
        with world.platform() as platform:
            assert isinstance(platform, SupportsReconcile)
            found = platform.find_by_marker(published.marker)
            assert [one.ref.ids[0] for one in found] == [published.ref.ids[0] if published.ref else None]
            assert found[0].created_at
            assert platform.find_by_marker("gl00000000") == []
            assert list(platform.parts_by_marker("gl00000000")) == []

    @needs(Capability.RECONCILE)
    def test_c40_what_waits_is_discarded_and_nothing_else(self, world: World) -> None:
        """C-40: discard() removes a draft, or what waits to be sent where there are no drafts, and only that.

        Why: repair calls it on what it found.
        If this fails: read the state before deleting; gone already is done, anything else a StateConflict.
        """
        published = world.host.publish(world.campaign()).publication
        assert published.ref
        gone = RemoteRef(self.manifest.name, (("campaign", "nobody-has-this"),))
        without_drafts = any(step.kind is StepKind.CREATE_AND_COMMIT for step in world.steps())
        with world.platform() as platform:
            assert isinstance(platform, SupportsReconcile)
            platform.discard(gone)
            if not without_drafts:
                with pytest.raises(StateConflict):
                    platform.discard(published.ref)
                assert world.only().fate is Fate.SCHEDULED
                self.do(world, Deed.UNSCHEDULE, world.only())
            platform.discard(published.ref)
            platform.discard(published.ref)
        assert world.look() == []

    @needs(Capability.RECONCILE)
    def test_c40_what_was_sent_is_not_discarded(self, world: World) -> None:
        """C-40: discard() of what has been sent is a StateConflict.

        Why: its figures are still to come.
        If this fails: read the state before deleting.
        """
        published = world.host.publish(world.campaign()).publication
        world.pass_until(NINE.instant + timedelta(days=1))
        assert published.ref
        with world.platform() as platform:
            assert isinstance(platform, SupportsReconcile)
            with pytest.raises(StateConflict):
                platform.discard(published.ref)
        assert world.only().fate is Fate.SENT
