"""Figures of what was sent."""

from dataclasses import replace
from decimal import Decimal

import fakes
import pytest
from fakes import S

from glowtify_core.domain.errors import Unsupported
from glowtify_core.domain.performance import CampaignMetrics, Revenue
from glowtify_core.ports.credentials import Secret


@pytest.fixture
def world():
    return fakes.build()


def publish(world, campaign_id, state=S.SENT, store="default", **remote):
    made = world.publish(fakes.campaign(key=fakes.CampaignKey(store, campaign_id))).publication
    world.server.put(made.ref.id("campaign"), state=state, **remote)
    (tracked,) = world.track([made])
    return tracked


def test_many_campaigns_of_one_account_are_asked_for_at_once_and_come_oldest_first(world):
    sent = []
    for number in range(3):
        sent.append(publish(world, f"epic-{number}"))
        world.clock.move(fakes.timedelta(minutes=1))
    world.server.calls.clear()
    figures = world.performance(reversed(sent))
    assert [performance.publication for performance in figures] == sent
    assert {performance.metrics.recipients for performance in figures} == {100}
    assert world.server.calls == ["report"]


@pytest.mark.parametrize(
    ("state", "partly", "asked"),
    [
        (S.SENT, False, True),
        (S.SENDING, False, True),
        (S.CANCELLED, True, True),
        (S.CANCELLED, False, False),
        (S.SCHEDULED, False, False),
        (S.UNKNOWN, False, False),
    ],
)
def test_only_what_somebody_has_received_has_figures(world, state, partly, asked):
    publication = publish(world, "epic-1", state, partly_sent=partly)
    assert [p.publication for p in world.performance([publication])] == ([publication] if asked else [])


def test_a_campaign_without_figures_has_none(world, monkeypatch):
    monkeypatch.setattr(fakes.FakePlatform, "metrics", lambda self, sent, **_: {})
    (performance,) = world.performance([publish(world, "epic-1")])
    assert performance.metrics is None
    assert performance.error is None


def test_one_campaigns_error_is_its_own(world, monkeypatch):
    good, bad = publish(world, "epic-1"), publish(world, "epic-2")
    error = fakes.refused()
    answers = {good.ref: CampaignMetrics(world.clock.now()), bad.ref: error}
    monkeypatch.setattr(fakes.FakePlatform, "metrics", lambda self, sent, **_: answers)
    figures = {performance.publication.id: performance for performance in world.performance([good, bad])}
    assert figures[good.id].metrics == answers[good.ref]
    assert figures[bad.id].error is error
    assert figures[bad.id].metrics is None


def test_one_account_that_is_down_does_not_hide_the_others(world):
    world.connect("north", "fake", {"api_key": Secret("another-long-key")})
    here, north = publish(world, "epic-1"), publish(world, "epic-1", store="north")
    world.server.before["report"] = [fakes.down()]
    figures = {performance.publication.id: performance for performance in world.performance([north, here])}
    assert isinstance(figures[here.id].error, fakes.PlatformUnavailable)
    assert figures[north.id].metrics


def test_another_account_is_not_asked(world):
    sent = publish(world, "epic-1")
    world.server.account = replace(world.server.account, id="ACC002")
    world.connect("default", "fake", {"api_key": Secret("of-another-account")}, other_account=True)
    world.server.calls.clear()
    (performance,) = world.performance([sent])
    assert performance.error.code == "another_account"
    assert world.server.calls == []


def test_without_the_scope_there_is_no_performance(world):
    sent = publish(world, "epic-1")
    world.server.account = replace(world.server.account, missing=frozenset({"metrics:read"}))
    world.connect("default", "fake", {"api_key": Secret("another-long-key")})
    world.server.calls.clear()
    (performance,) = world.performance([sent])
    assert isinstance(performance.error, Unsupported)
    assert world.server.calls == []


def test_the_metric_that_the_connection_names_is_asked_for(world, monkeypatch):
    asked = []
    monkeypatch.setattr(
        fakes.FakePlatform,
        "metrics",
        lambda self, sent, conversion_metric: asked.append(conversion_metric) or {},
    )
    world.connect(
        "default", "fake", {"api_key": Secret("a-long-enough-key")}, settings={"conversion_metric": "M1"}
    )
    world.performance([publish(world, "epic-1")])
    assert asked == ["M1"]


def test_rates_are_of_what_was_delivered_and_nothing_is_invented():
    counts = CampaignMetrics(
        fakes.START, delivered=200, opens=300, opens_unique=100, clicks_unique=20, unsubscribes=1
    )
    assert (counts.open_rate, counts.click_rate, counts.unsubscribe_rate) == (0.5, 0.1, 0.005)
    for nothing in (CampaignMetrics(fakes.START, opens_unique=3), replace(counts, delivered=0)):
        assert nothing.open_rate is None
    assert Revenue(Decimal("1.10"), "CAD", "Placed Order", "theirs").amount == Decimal("1.1")
