"""Figures: a table, a chart, whose word they are; and never a 0 that nobody gave."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import fakes
import pytest

from glowtify_core.domain.errors import Effect, RateLimited
from glowtify_core.domain.performance import CampaignMetrics, Revenue
from glowtify_core.domain.state import PublicationState

NAMES = (
    *("recipients", "delivered", "bounced", "opens", "opens_unique", "clicks", "clicks_unique"),
    *("unsubscribes", "spam_complaints", "conversions", "open_rate", "click_rate", "unsubscribe_rate"),
)


@pytest.fixture
def figures(monkeypatch):
    """What the platform answers for each sent campaign; ``answer`` is set by the test."""
    given = {}

    def metrics(self, sent, *, conversion_metric):
        return {remote.ref: given["answer"] for remote in sent if "answer" in given}

    monkeypatch.setattr(fakes.FakePlatform, "metrics", metrics)
    return given


@pytest.fixture
def sent(run, connected, campaign_file):
    run("publish", campaign_file())
    connected.put("C1", state=PublicationState.SENT)
    return connected


def full(clock):
    return CampaignMetrics(
        clock.now(),
        recipients=1200,
        delivered=1000,
        bounced=200,
        opens=600,
        opens_unique=500,
        clicks=90,
        clicks_unique=50,
        unsubscribes=0,
        spam_complaints=0,
        conversions=3,
        revenue=Revenue(Decimal("1234.50"), "CAD", "Placed Order", "Fake's attribution"),
    )


def test_figures_are_a_table_a_chart_and_a_source(run, sent, figures):
    figures["answer"] = full(sent.clock)
    shown = run("performance").out
    for words in ("1,200", "1,000", "500 (50.0%)", "50 (5.0%)", "0 (0.0%)", "1,234.50 CAD"):
        assert words in shown
    lengths = {line.count("█") for line in shown.splitlines() if "█" in line}
    assert lengths == {40, 20, 2}
    assert "As of 2027-01-04 12:00 UTC." in shown
    assert "Revenue: Placed Order, by Fake's attribution." in shown


def test_the_json_of_figures_is_stable(run, sent, figures):
    figures["answer"] = full(sent.clock)
    document = run("performance", "winter-sale", "--json").json
    (campaign,) = document.pop("campaigns")
    assert document == {"store": "default", "not_sent": []}
    assert {name: campaign.pop(name) for name in NAMES} == dict(
        zip(NAMES, (1200, 1000, 200, 600, 500, 90, 50, 0, 0, 3, 0.5, 0.05, 0.0), strict=True)
    )
    assert campaign == {
        "campaign_id": "winter-sale",
        "store": "default",
        "name": "Winter sale",
        "state": "sent",
        "remote": {"campaign": "C1"},
        "as_of": "2027-01-04T12:00:00+00:00",
        "revenue": {
            "amount": "1234.50",
            "currency": "CAD",
            "metric": "Placed Order",
            "attribution": "Fake's attribution",
        },
        "advice": None,
        "error": None,
    }


@pytest.mark.parametrize("answer", [None, CampaignMetrics(fakes.START)])
def test_what_is_missing_is_a_dash_and_null_never_0(run, sent, figures, answer):
    if answer:
        figures["answer"] = answer
    row = next(line for line in run("performance").out.splitlines() if "winter-sale" in line)
    assert row.split()[-6:] == ["—"] * 6
    (campaign,) = run("performance", "--json").json["campaigns"]
    assert [campaign[name] for name in (*NAMES, "revenue")] == [None] * (len(NAMES) + 1)


def test_an_error_is_said_once_and_decides_the_exit_code(run, sent, figures):
    figures["answer"] = RateLimited("The quota is spent", effect=Effect.NONE, remedy="Tomorrow.")
    shown = run("performance")
    assert (shown.code, shown.err) == (1, "Error: The quota is spent\n  Tomorrow.\n")
    document = run("performance", "--json").json
    assert document["campaigns"][0]["error"]["code"] == "rate_limited"


def test_a_spent_quota_says_when_it_renews(run, sent, figures):
    renews = datetime(2027, 1, 5, 0, 30, tzinfo=UTC)
    figures["answer"] = RateLimited("The quota is spent", effect=Effect.NONE, renews_at=renews)
    assert run("performance").err == "Error: The quota is spent\n  again from 2027-01-05 00:30 UTC\n"


def test_what_is_not_sent_has_no_figures_yet(run, connected, campaign_file):
    run("publish", campaign_file())
    shown = run("performance", "winter-sale")
    assert (shown.code, shown.out) == (0, "No campaign has been sent yet.\n")
    assert shown.err == "Not sent yet: winter-sale.\n"
    assert run("performance", "--json").json == {
        "store": "default",
        "campaigns": [],
        "not_sent": ["winter-sale"],
    }
