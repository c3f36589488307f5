"""Figures of what was sent."""

from dataclasses import replace
from decimal import Decimal

import fakes
import pytest
from fakes import S

from glowtify_core.application.collect_performance import UNDER_WAY, CollectPerformance
from glowtify_core.domain.errors import RepositoryError, Unsupported
from glowtify_core.domain.performance import CampaignMetrics, Revenue
from glowtify_core.domain.publication import OperationKind
from glowtify_core.domain.rhythm import next_figures
from glowtify_core.ports.credentials import Secret
from glowtify_core.ports.figures import Reading


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


# --- what is kept ---

QUARTER, HOUR, DAY = fakes.timedelta(minutes=15), fakes.timedelta(hours=1), fakes.timedelta(days=1)


@pytest.fixture
def sent(world):
    """A campaign that has just been sent, with figures that nobody has asked for."""
    made = publish(world, "epic-1", sent_at=world.clock.now())
    world.server.calls.clear()
    return made


def test_fresh_figures_cost_no_request(world, sent):
    first = world.performance([sent])
    world.server.calls.clear()
    assert world.performance([sent]) == first
    assert world.server.calls == []


@pytest.mark.parametrize(
    ("age", "gap"),
    [
        (HOUR - QUARTER, QUARTER),
        (HOUR, HOUR),
        (2 * DAY, 6 * HOUR),
        (7 * DAY, DAY),
        (30 * DAY, 7 * DAY),
        (357 * DAY, 7 * DAY),
    ],
)
def test_they_are_stale_when_the_gap_of_their_age_has_gone_by_at_the_latest(world, sent, age, gap):
    world.clock.move(age)
    world.performance([sent])
    world.clock.move(gap)
    world.server.calls.clear()
    (performance,) = world.performance([sent])
    assert world.server.calls == ["report"]
    assert performance.metrics.as_of == world.clock.now()


def test_after_a_year_they_are_fresh_for_ever_but_a_first_reading_is_made(world, sent):
    other = publish(world, "epic-2", sent_at=world.clock.now())
    world.clock.move(364 * DAY)
    (kept,) = world.performance([sent])
    world.clock.move(30 * DAY)
    world.server.calls.clear()
    assert world.performance([sent]) == [kept]
    assert world.server.calls == []
    (first,) = world.performance([other])
    assert first.metrics.as_of == world.clock.now()
    assert world.repo.due.keys() & {sent.id, other.id} == set()


def test_fresh_figures_are_asked_for_anew_on_request(world, sent):
    world.performance([sent])
    world.clock.move(fakes.timedelta(seconds=1))
    (performance,) = world.performance([sent], anew=True)
    assert performance.metrics.as_of == world.clock.now()


def test_only_what_is_stale_or_missing_is_asked_for(world, sent, monkeypatch):
    asked = []
    metrics = fakes.FakePlatform.metrics
    monkeypatch.setattr(
        fakes.FakePlatform,
        "metrics",
        lambda self, remotes, **given: asked.extend(remotes) or metrics(self, remotes, **given),
    )
    world.performance([sent])
    missing = publish(world, "epic-2", sent_at=world.clock.now())
    assert len(world.performance([sent, missing])) == 2
    assert asked == [sent.remote, missing.remote]


def test_an_account_that_cannot_be_asked_shows_what_is_kept_beside_the_error(world, sent):
    (kept,) = world.performance([sent])
    world.clock.move(HOUR)
    world.server.before["report"] = [fakes.down()]
    (performance,) = world.performance([sent])
    assert performance.metrics == kept.metrics
    assert isinstance(performance.error, fakes.PlatformUnavailable)


def test_one_without_figures_now_keeps_those_it_had(world, sent, monkeypatch):
    (kept,) = world.performance([sent])
    world.clock.move(HOUR)
    monkeypatch.setattr(fakes.FakePlatform, "metrics", lambda self, remotes, **_: {})
    assert world.performance([sent]) == [kept]


def test_what_is_kept_needs_neither_platform_nor_credential(world, sent):
    kept = world.performance([sent])
    world.disconnect("default", "fake")
    world.server.calls.clear()
    assert world.performance([sent]) == kept
    world.clock.move(HOUR)
    (performance,) = world.performance([sent])
    assert (performance.metrics, performance.error.code) == (kept[0].metrics, "not_connected")
    assert world.server.calls == []


def test_readings_are_a_history(world, sent, monkeypatch):
    began = world.clock.now()
    counts = iter((5, 5, 7))
    monkeypatch.setattr(
        fakes.FakePlatform,
        "metrics",
        lambda self, remotes, **_: {
            one.ref: CampaignMetrics(world.clock.now(), delivered=next(counts)) for one in remotes
        },
    )
    for _ in range(3):
        world.performance([sent])
        world.clock.move(QUARTER)
    assert world.figures.history(sent.id) == [
        Reading(began, CampaignMetrics(began + QUARTER, delivered=5)),
        Reading(began + 2 * QUARTER, CampaignMetrics(began + 2 * QUARTER, delivered=7)),
    ]


# --- when they are read again ---


def test_the_first_reading_is_at_the_accounts_next_quarter_of_an_hour(world, sent):
    assert world.clock.now() < world.repo.due[sent.id] <= world.clock.now() + QUARTER


def test_a_reading_plans_the_next_one(world, sent):
    world.clock.move(3 * DAY)
    for _ in range(2):  # read, and found fresh
        world.repo.plan({sent.id: None})
        world.performance([sent])
        assert world.repo.due[sent.id] == next_figures(sent, world.clock.now())


def test_what_may_still_change_is_due_by_that(world):
    sending = publish(world, "epic-1", S.SENDING)
    tidying = publish(world, "epic-2").begin(OperationKind.CLEANUP, world.clock.now())
    due = dict(world.repo.due)
    assert len(world.performance([sending, tidying])) == 2
    assert world.repo.due == due


def test_nobody_else_is_sent_while_figures_are_read(world, sent):
    seen = []
    world.server.meanwhile["report"] = lambda: seen.append(world.repo.due[sent.id])
    world.performance([sent])
    assert seen == [world.clock.now() + UNDER_WAY]


def test_two_who_read_at_once_do_no_harm(world, sent):
    world.server.meanwhile["report"] = lambda: world.performance([sent])
    (performance,) = world.performance([sent])
    assert [reading.metrics for reading in world.figures.history(sent.id)] == [performance.metrics]


def test_a_failure_is_tried_again_as_the_platform_asks(world, sent):
    refused = fakes.down()
    refused.retry_after = fakes.timedelta(hours=20)
    world.server.before["report"] = [refused]
    world.performance([sent])
    assert world.repo.due[sent.id] == world.clock.now() + refused.retry_after


def test_what_a_person_has_to_mend_is_tried_at_the_next_reading(world, sent):
    world.clock.move(40 * DAY)
    world.disconnect("default", "fake")
    world.performance([sent])
    assert world.repo.due[sent.id] == next_figures(sent, world.clock.now())


def test_figures_are_shown_though_the_next_reading_cannot_be_planned(world, sent, monkeypatch):
    def refuse(looks):
        raise RepositoryError("The database is busy")

    monkeypatch.setattr(world.repo, "plan", refuse)
    (performance,) = world.performance([sent])
    assert performance.metrics


def test_the_ages_may_be_others(world, sent):
    ages = ((2 * DAY, HOUR),)
    collect = CollectPerformance(
        platforms=world.platforms, figures=world.figures, repo=world.repo, clock=world.clock, ages=ages
    )
    (kept,) = collect([sent])
    assert world.repo.due[sent.id] == next_figures(sent, world.clock.now(), ages)
    world.clock.move(3 * DAY)
    assert collect([sent]) == [kept]


def test_rates_are_of_what_was_delivered_and_nothing_is_invented():
    counts = CampaignMetrics(
        fakes.START, delivered=200, opens=300, opens_unique=100, clicks_unique=20, unsubscribes=1
    )
    assert (counts.open_rate, counts.click_rate, counts.unsubscribe_rate) == (0.5, 0.1, 0.005)
    for nothing in (CampaignMetrics(fakes.START, opens_unique=3), replace(counts, delivered=0)):
        assert nothing.open_rate is None
    assert Revenue(Decimal("1.10"), "CAD", "Placed Order", "theirs").amount == Decimal("1.1")
