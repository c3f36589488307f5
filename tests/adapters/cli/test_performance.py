"""Figures: a table, a chart, whose word they are; and never a 0 that nobody gave."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
    assert "Winter sale  2027-01-04 12:00 UTC" in shown
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


# --- kept, and over time ---

HOUR = timedelta(hours=1)
MAIL = 'subject = "Everything must go"\nhtml = "mail.html"\ntext = "Hello"\n'


def readings(run, sent, figures, *counts):
    """Read figures once an hour, each time of so many that were delivered."""
    for count in counts:
        figures["answer"] = replace(full(sent.clock), delivered=count)
        assert run("performance").code == 0
        sent.clock.move(HOUR)


def test_kept_figures_are_shown_without_a_connection_and_say_of_when_they_are(run, sent, figures):
    readings(run, sent, figures, 1000)
    sent.clock.move(-HOUR)
    assert run("disconnect", "fake").code == 0
    sent.calls.clear()
    shown = run("performance")
    assert (shown.code, shown.err) == (0, "")
    assert "Winter sale  2027-01-04 12:00 UTC" in shown.out
    assert "500 (50.0%)" in shown.out
    sent.clock.move(HOUR)
    stale = run("performance")
    assert stale.out == shown.out
    assert stale.err.startswith("Error: fake is not connected")
    assert stale.code != 0
    assert sent.calls == []


def test_fresh_figures_are_asked_for_anew_on_request(run, sent, figures):
    readings(run, sent, figures, 1000)
    sent.clock.move(-HOUR)
    figures["answer"] = replace(full(sent.clock), delivered=1100)
    assert "1,000" in run("performance").out
    assert "1,100" in run("performance", "--anew").out


def test_the_history_is_a_table_over_time(run, sent, figures, campaign_file):
    run("publish", campaign_file("other"))
    sent.put("C2", state=PublicationState.SENT)
    readings(run, sent, figures, 1000, 1000, 1100)
    lines = run("performance", "--history").out.splitlines()
    for campaign in ("winter-sale", "other"):
        rows = [line.split() for line in lines if line.split()[0] == campaign]
        assert [(row[1:7], row[8]) for row in rows] == [
            (["2027-01-04", "12:00", "UTC", "2027-01-04", "13:00", "UTC"], "1,000"),
            (["2027-01-04", "14:00", "UTC", "2027-01-04", "14:00", "UTC"], "1,100"),
        ]
    assert "Revenue: Placed Order, by Fake's attribution." in lines
    assert not any(
        "other" in line for line in run("performance", "winter-sale", "--history").out.splitlines()
    )


def test_the_history_of_what_was_never_read_is_empty(run, sent, figures):
    figures["answer"] = RateLimited("The quota is spent", effect=Effect.NONE)
    shown = run("performance", "--history")
    assert len(shown.out.splitlines()) == 1
    assert shown.err == "Error: The quota is spent\n"
    (campaign,) = run("performance", "--history", "--json").json["campaigns"]
    assert (campaign["history"], campaign["as_of"]) == ([], None)


def test_json_has_the_history_when_it_is_asked_for(run, sent, figures):
    readings(run, sent, figures, 1000, 1100)
    (campaign,) = run("performance", "--history", "--json").json["campaigns"]
    first, second = campaign.pop("history")
    assert second == {"since": "2027-01-04T13:00:00+00:00"} | {
        name: campaign[name] for name in second if name != "since"
    }
    assert (first["since"], first["as_of"]) == ("2027-01-04T12:00:00+00:00",) * 2
    assert (first["delivered"], first["open_rate"]) == (1000, 0.5)
    assert first["revenue"]["amount"] == "1234.50"


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_is_a_row_for_each_campaign(run, sent, figures):
    figures["answer"] = full(sent.clock)
    shown = run("performance", "--csv").out
    assert shown == (
        "campaign_id,store,name,state,since,as_of,recipients,delivered,bounced,opens,opens_unique,clicks,"
        "clicks_unique,unsubscribes,spam_complaints,conversions,open_rate,click_rate,unsubscribe_rate,"
        "revenue,currency,metric,attribution,error\r\n"
        "winter-sale,default,Winter sale,sent,,2027-01-04T12:00:00+00:00,1200,1000,200,600,500,90,"
        "50,0,0,3,0.5,0.05,0.0,1234.50,CAD,Placed Order,Fake's attribution,\r\n"
    )


def test_csv_of_a_history_is_a_row_for_each_reading(run, sent, figures):
    readings(run, sent, figures, 1000, 1100)
    rows = rows_of(run("performance", "--csv", "--history").out)
    assert [(row["since"], row["as_of"], row["delivered"]) for row in rows] == [
        ("2027-01-04T12:00:00+00:00", "2027-01-04T12:00:00+00:00", "1000"),
        ("2027-01-04T13:00:00+00:00", "2027-01-04T13:00:00+00:00", "1100"),
    ]


def test_csv_leaves_empty_what_is_missing_and_names_the_error(run, sent, figures):
    figures["answer"] = RateLimited("The quota is spent", effect=Effect.NONE)
    shown = run("performance", "--csv")
    (row,) = rows_of(shown.out)
    filled = {"campaign_id": "winter-sale", "store": "default", "name": "Winter sale", "state": "sent"}
    assert {name: value for name, value in row.items() if value} == filled | {"error": "rate_limited"}
    assert (shown.code, shown.err) == (1, "Error: The quota is spent\n")


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\uff1d1", "'\uff1d1"),
        ('Half "price", all week', 'Half "price", all week'),
        ("1 - 1 = 0", "1 - 1 = 0"),
    ],
)
def test_no_name_is_a_formula_in_a_spreadsheet(run, connected, campaign_file, name, cell):
    top = f'id = "odd"\nname = {json.dumps(name)}\nconnector = "fake"\n{MAIL}'
    run("publish", campaign_file(top=top))
    connected.put("C1", state=PublicationState.SENT)
    (row,) = rows_of(run("performance", "--csv").out)
    assert row["name"] == cell


def test_no_words_of_a_platform_steer_a_terminal(run, sent, figures):
    figures["answer"] = CampaignMetrics(
        sent.clock.now(), revenue=Revenue(Decimal(-5), "CAD", "\x1b[2J=Orders", "@theirs")
    )
    (row,) = rows_of(run("performance", "--csv").out)
    assert (row["revenue"], row["metric"], row["attribution"]) == ("-5", "[2J=Orders", "'@theirs")


def test_csv_and_json_exclude_each_other(run, sent):
    refused = run("performance", "--csv", "--json")
    assert refused.code == 2
    assert "Choose one of --csv and --json." in refused.error["title"]


def test_how_often_they_are_read_is_a_setting(run, sent, figures, monkeypatch):
    monkeypatch.setenv("GLOWTIFY_FIGURES_AGES", "3650d:7d")
    readings(run, sent, figures, 1000)
    figures["answer"] = replace(full(sent.clock), delivered=1100)
    assert "1,000" in run("performance").out
    monkeypatch.delenv("GLOWTIFY_FIGURES_AGES")
    assert "1,100" in run("performance").out
