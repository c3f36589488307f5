"""Bringing figures back."""

from datetime import timedelta

import pytest

from glowtify_core.domain.errors import RateLimited
from glowtify_core.domain.state import PublicationState


def sent_campaigns(told, count):
    """Publish some campaigns, let them be sent and people read them."""
    remotes = []
    for number in range(count):
        campaign = told.campaign(name=f"Winter sale {number + 1}")
        remotes.append(told.platform.publish(campaign, journal=told.journal("publish", str(number))))
        told.later(timedelta(seconds=1))  # Klaviyo's ids begin with the time, and ours are sorted by them
    told.later(timedelta(days=14))
    sent = told.platform.status([remote.ref for remote in remotes])
    assert {remote.state for remote in sent.values()} == {PublicationState.SENT}
    return list(sent.values())


@pytest.mark.vcr
def test_metrics_of_many(story):
    told = story()

    figures = told.platform.metrics(sent_campaigns(told, 3), conversion_metric=None)

    assert len(figures) == 3
    for one in figures.values():
        assert 0 < one.clicks_unique <= one.opens_unique <= one.delivered <= one.recipients
        assert one.revenue.currency == "EUR"
        assert one.revenue.metric == "Placed Order"


@pytest.mark.vcr
def test_metric_without_values(story):
    told = story()
    sent = sent_campaigns(told, 1)
    metric = "Loyalty Level Reached"
    told.behind_the_scenes(
        lambda sandbox: sandbox.configure(mapped_metrics={"revenue": metric_id(sandbox, metric)})
    )

    (one,) = told.platform.metrics(sent, conversion_metric=None).values()

    assert one.delivered > 0
    assert one.revenue is None


@pytest.mark.vcr
def test_quota_spent(story):
    told = story()
    sent = sent_campaigns(told, 1)
    told.behind_the_scenes(
        lambda sandbox: sandbox.add_fault("throttle", path="values-reports", retry_after=40_000, count=None)
    )
    before = told.clock.now()

    (refused,) = told.platform.metrics(sent, conversion_metric=None).values()

    assert isinstance(refused, RateLimited)
    assert refused.renews_at == before + timedelta(seconds=40_000)
    assert told.clock.now() - before < timedelta(seconds=1), "a daily quota is not waited for"


def metric_id(sandbox, name):
    return next(metric["id"] for metric in sandbox.ready["metrics"] if metric["name"] == name)
