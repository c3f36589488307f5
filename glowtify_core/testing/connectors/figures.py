"""The contract of bringing figures back."""

from __future__ import annotations

from datetime import timedelta

from glowtify_core.domain.capabilities import Capability
from glowtify_core.testing.connectors.case import ConnectorCase, needs
from glowtify_core.testing.stage.script import Deed
from glowtify_core.testing.stage.world import NINE, World


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
        """C-43: metrics() reads only, and asks at most once a campaign and twice besides.

        Why: report endpoints have the tightest limits.
        If this fails: ask for many in one request where the platform can.
        """
        for number in range(3):
            key = type(world.key)(world.key.store, f"epic-{number}")
            world.host.publish(world.campaign(key=key))
        world.pass_until(NINE.instant + timedelta(days=2))
        world.host.track(world.host.repo.find())
        sent = [publication.remote for publication in world.host.repo.find() if publication.remote]
        assert len(sent) == 3
        world.wire.forget()
        with world.platform() as platform:
            told = platform.metrics(sent, conversion_metric=None)
        assert set(told) == {remote.ref for remote in sent}
        assert len(world.wire.exchanges) <= len(sent) + 2
        assert [str(one) for one in world.wire.writes] == []

    def _sent(self, world: World) -> None:
        world.host.publish(world.campaign())
        world.pass_until(NINE.instant + timedelta(days=2))
        world.host.track(world.host.repo.find())
