"""The contracts of what a connector may be able to do besides."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from glowtify_core.domain.audience import Audience, AudienceKind, AudienceQuery
from glowtify_core.domain.campaign import Options
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.errors import StateConflict
from glowtify_core.domain.remote import RemoteRef
from glowtify_core.domain.schedule import SendAtRecipientTime
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.campaigns import StepKind
from glowtify_core.ports.platform import (
    Level,
    SupportsAudiences,
    SupportsContent,
    SupportsPreflight,
    SupportsReconcile,
)
from glowtify_core.testing.connectors.case import ConnectorCase, needs
from glowtify_core.testing.stage.script import Deed, Fate
from glowtify_core.testing.stage.world import NINE, World

_S = PublicationState
KINDS = {AudienceKind.LIST: Capability.LISTS, AudienceKind.SEGMENT: Capability.SEGMENTS}


class AudiencesContract(ConnectorCase):
    """Lists and segments; whichever is declared."""

    @pytest.mark.parametrize("kind", AudienceKind)
    def test_c30_audiences_of_a_kind_are_listed(self, world: World, kind: AudienceKind) -> None:
        """C-30: audiences() streams every audience of the kind asked for, each once, with id and name.

        Why: people choose from them.
        If this fails: follow the platform's pages to their end, and set ref.kind.
        """
        found = self._all(world, kind)
        ids = [audience.ref.id for audience in found]
        assert found, f"the script has no {kind}"
        assert len(ids) == len(set(ids))
        assert {audience.ref.kind for audience in found} == {kind}
        for known in (world.script.audience, world.script.another):
            assert known is None or known.kind is not kind or known.id in ids, f"{known} is not listed"
        assert all(audience.name.strip() for audience in found)

    @pytest.mark.parametrize("kind", AudienceKind)
    def test_c31_ids_have_the_form_that_the_manifest_says(self, world: World, kind: AudienceKind) -> None:
        """C-31: Every id fits the manifest's audience_id_pattern.

        Why: by it the host tells ids from names that people type.
        If this fails: widen the pattern.
        """
        for audience in self._all(world, kind):
            assert re.fullmatch(self.manifest.audience_id_pattern, audience.ref.id), audience.ref.id

    @pytest.mark.parametrize("kind", AudienceKind)
    def test_c32_they_are_found_by_exact_name_and_by_id(self, world: World, kind: AudienceKind) -> None:
        """C-32: A query by names or ids gives those alone, and nothing for a name that nobody has.

        Why: a campaign names its audiences; another one of a similar name would get the e-mail.
        If this fails: filter by the whole name, also where the platform's own search is looser.
        """
        every = self._all(world, kind)
        one = every[-1]
        assert self._all(world, kind, AudienceQuery(ids=(one.ref.id,))) == [one]
        other_case = one.name.swapcase()
        if other_case not in {audience.name for audience in every}:
            assert self._all(world, kind, AudienceQuery(names=(other_case,))) == []
        assert {a.name for a in self._all(world, kind, AudienceQuery(names=(one.name,)))} == {one.name}
        assert self._all(world, kind, AudienceQuery(names=(f"{one.name} that nobody has",))) == []

    @pytest.mark.parametrize("kind", AudienceKind)
    def test_c33_a_size_is_a_number_or_not_known(self, world: World, kind: AudienceKind) -> None:
        """C-33: size() tells how many people; None while the platform does not say, never 0 for that.

        Why: 0 stops people from publishing.
        If this fails: answer None where the platform is still counting or gives no count.
        """
        one = self._all(world, kind)[0]
        with world.platform() as platform:
            assert isinstance(platform, SupportsAudiences)
            size = platform.size(one.ref)
        assert size is None or size >= 0

    def _all(self, world: World, kind: AudienceKind, query: AudienceQuery | None = None) -> list[Audience]:
        if KINDS[kind] not in self.manifest.capabilities:
            pytest.skip(f"{self.manifest.title} does not declare {KINDS[kind]}")
        with world.platform() as platform:
            assert isinstance(platform, SupportsAudiences)
            return list(platform.audiences(kind, query or AudienceQuery()))


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


class MetricsContract(ConnectorCase):
    """Bringing figures back."""

    @needs(Capability.METRICS)
    def test_c41_figures_are_counts_or_nothing(self, world: World) -> None:
        """C-41: metrics() gives counts that can be; what the platform does not tell is None, never 0.

        Why: 0 reads as "nobody".
        If this fails: leave out what the answer does not hold; uniques never exceed totals.
        """
        self._sent(world)
        (told,) = world.host.performance([world.publication])
        assert told.error is None
        figures = told.metrics
        assert figures, "the script has no figures of what was sent"
        assert figures.as_of == world.clock.now()
        counts = [figures.recipients, figures.delivered, figures.opens, figures.clicks, figures.unsubscribes]
        assert any(count is not None for count in counts)
        assert all(count >= 0 for count in counts if count is not None)
        for unique, total in ((figures.opens_unique, figures.opens), (figures.clicks_unique, figures.clicks)):
            assert unique is None or total is None or unique <= total
        if figures.revenue:
            assert len(figures.revenue.currency) == 3
            assert figures.revenue.metric
            assert figures.revenue.attribution

    @needs(Capability.METRICS)
    def test_c42_without_figures_there_is_no_entry(self, world: World) -> None:
        """C-42: A campaign of which the platform has no figures has no entry, and hides no other's.

        Why: made-up zeros end up in reports.
        If this fails: skip what has no row in the answer.
        """
        other = world.campaign(key=type(world.key)(world.key.store, "epic-2"))
        silent = world.host.publish(other).publication
        self.do(world, Deed.WITHHOLD, world.only())
        self._sent(world)
        world.host.track([silent])
        told = world.host.performance([world.publication, *world.host.repo.find(campaign_ids=["epic-2"])])
        metrics = {one.publication.key.campaign_id: one.metrics for one in told}
        assert metrics["epic-2"] is None
        assert metrics[world.key.campaign_id]

    @needs(Capability.METRICS)
    def test_c43_many_campaigns_take_few_requests(self, world: World) -> None:
        """C-43: metrics() reads only, and asks at most once a campaign and once besides.

        Why: report endpoints have the tightest limits.
        If this fails: ask for many in one request where the platform can.
        """
        self._sent(world)
        with world.platform() as platform:
            remote = world.publication.remote
            assert remote
            world.wire.forget()
            platform.metrics([remote], conversion_metric=None)
        assert len(world.wire.exchanges) <= 3
        assert [str(one) for one in world.wire.writes] == []

    def _sent(self, world: World) -> None:
        world.host.publish(world.campaign())
        world.pass_until(NINE.instant + timedelta(days=2))
        world.host.track(world.host.repo.find())
