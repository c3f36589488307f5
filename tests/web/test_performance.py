"""Performance: the stored figures of what was sent, as a table, as charts and as spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from figuring import ORDERS, READ, cells, full, names, sent
from placing import at, by_recipients, place, utc

from glowtify_adapters.spreadsheet import COLUMNS
from glowtify_core.domain.performance import CampaignMetrics, Revenue
from glowtify_core.domain.state import PublicationState as S


def rows_of(answer):
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_while_nothing_is_sent_the_page_says_what_will_stand_there(app, client):
    place(app, "winter-sale", at("2031-01-15T09:00"))
    shown = client.get("/performance").text
    assert "Nothing has been sent yet" in shown
    assert "Download CSV" not in shown
    assert "Not sent yet" in client.get("/performance/winter-sale").text
    assert rows_of(client.get("/performance.csv")) == []


def test_a_campaign_is_a_row_of_its_figures(app, client):
    sent(app, figures=[full()])
    shown = client.get("/performance").text
    (_, row) = cells(shown)
    assert row[:8] == [
        *("Winter sale", "1/15/31, 9:00 AM", "1,200", "1,000"),
        *("50.0%", "5.0%", "0.2%", "€1,234.50"),
    ]
    assert row[8] == "1/20/31, 9:00 AM"
    assert "Revenue: Placed Order, by Klaviyo&#39;s account attribution." in shown
    assert "Times in Central European Time (Europe/Berlin)" in shown


def test_looking_costs_no_request(app, client, sandbox):
    sent(app, figures=[full()])
    before = len(sandbox.state.log)
    for path in (
        "/performance",
        "/performance/winter-sale",
        "/performance.csv",
        "/performance/winter-sale.csv",
    ):
        assert client.get(path).status_code == 200
    assert len(sandbox.state.log) == before


@pytest.mark.parametrize("figures", [[], [CampaignMetrics(READ)], [full(delivered=0, revenue=None)]])
def test_what_nobody_gave_is_a_dash_and_never_0(app, client, figures):
    sent(app, figures=figures)
    (_, row) = cells(client.get("/performance").text)
    assert row[4:8] == ["—"] * 4
    assert "(0.0%)" not in client.get("/performance/winter-sale").text


def test_those_that_are_being_sent_or_were_stopped_say_so(app, client):
    sent(app, "going", state=S.SENDING, figures=[full()])
    sent(app, "stopped", state=S.CANCELLED, remote={"partly_sent": True}, figures=[full()])
    place(app, "untouched", at("2031-01-15T09:00"), S.CANCELLED)
    shown = client.get("/performance").text
    assert sorted(names(shown)) == ["Going Being sent", "Stopped Partly sent"]


def test_by_recipients_own_clocks_it_was_sent_when_the_platform_says(app, client):
    said = {"sent_at": utc("2031-01-14T22:00")}
    place(app, "early", by_recipients("2031-01-15T09:00"), S.SENT, remote=said)
    place(app, "unsaid", by_recipients("2031-01-15T09:00"), S.SENT)
    assert [row[1] for row in cells(client.get("/performance").text)[1:3]] == [
        "1/15/31, 9:00 AM",
        "1/14/31, 11:00 PM",
    ]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", ["C", "B", "A"]),
        ("sent", ["A", "B", "C"]),
        ("name", ["A", "B", "C"]),
        ("-open_rate", ["B", "A", "C"]),
        ("open_rate", ["A", "B", "C"]),
        ("-revenue", ["A", "C", "B"]),
        ("as_of", ["B", "A", "C"]),
        ("marker", ["C", "B", "A"]),
    ],
)
def test_it_is_sorted_by_a_link_and_what_is_missing_comes_last(app, client, sort, order):
    sent(app, "A", "2031-01-10", [full()])
    sent(app, "B", "2031-01-11", [full(READ - timedelta(1), opens_unique=900, revenue=None)])
    sent(app, "C", "2031-01-12")
    shown = client.get(f"/performance?sort={sort}").text
    assert names(shown) == order
    assert shown.count("aria-sort=") == 1
    assert re.search(r"/performance\?sort=-?sent", shown)


def test_sums_are_of_what_was_given_and_money_is_kept_by_currency(app, client):
    dollars = Revenue(Decimal("10.25"), "CAD", "Placed Order", "another attribution")
    sent(app, "a", figures=[full()])
    sent(app, "b", figures=[full(delivered=3000, opens_unique=500, revenue=dollars)])
    sent(app, "c", figures=[full(delivered=None, revenue=ORDERS)])
    sent(app, "d")
    shown = client.get("/performance").text
    assert cells(shown)[-1] == [
        *("All 4 together, as far as it was given", "3,600", "4,000"),
        *("25.0%", "2.5%", "0.1%", "CA$10.25 €2,469.00", ""),
    ]
    assert {row[7] for row in cells(shown)[1:5]} == {"€1,234.50 1", "CA$10.25 2", "—"}
    assert "<sup>2</sup> Revenue: Placed Order, by another attribution." in shown


def test_three_hundred_campaigns_come_in_pages_and_all_in_the_csv(app, client):
    for number in range(1, 301):
        day = datetime(2030, 1, 1, tzinfo=UTC) + timedelta(days=number)
        sent(app, f"mail-{number}", f"{day:%Y-%m-%d}", [full(delivered=number)])
    first = client.get("/performance")
    assert names(first.text) == [f"Mail {number}" for number in range(300, 250, -1)]
    assert "Page 1 of 6" in first.text
    assert len(first.content) < 100_000
    last = client.get("/performance?sort=-sent&page=99").text
    assert names(last)[-1] == "Mail 1"
    assert "Page 6 of 6" in last
    assert "45,150" in cells(first.text)[-1]
    assert len(rows_of(client.get("/performance.csv"))) == 300


def test_a_history_is_a_line_over_time_and_a_table(app, client):
    hours = [(1, 400, 10), (24, 1000, 400), (24 * 20, 1000, 500)]
    begun = utc("2031-01-15T08:00")
    readings = [full(begun + timedelta(hours=h), delivered=d, opens_unique=o) for h, d, o in hours]
    sent(app, figures=readings)
    shown = client.get("/performance/winter-sale").text
    assert shown.count("<circle") == 4
    assert 'cx="5.0%" cy="0.0%"' in shown
    assert shown.count("<tr><td>") == 3
    early = client.get("/performance/winter-sale?days=2").text
    assert early.count("<circle") == 3
    assert '<a href="?days=2#history" aria-current="page">' in early
    assert "?days=30" not in early


def test_both_downloads_have_the_commands_columns_and_no_formula(app, client):
    sent(app, name="=Élan", figures=[full(READ - timedelta(1), delivered=900), full()])
    listed = client.get("/performance.csv")
    assert listed.headers["content-disposition"] == "attachment; filename*=UTF-8''performance.csv"
    (row,) = rows_of(listed)
    assert tuple(row) == COLUMNS
    assert (row["name"], row["delivered"], row["since"], row["revenue"]) == ("'=Élan", "1000", "", "1234.50")
    readings = rows_of(client.get("/performance/winter-sale.csv"))
    assert [(one["delivered"], one["since"]) for one in readings] == [
        ("900", "2031-01-19T08:00:00+00:00"),
        ("1000", "2031-01-20T08:00:00+00:00"),
    ]


def test_a_campaign_that_is_not_there(client):
    assert client.get("/performance/elsewhere").status_code == 404
    assert client.get("/performance/elsewhere.csv").status_code == 404
    assert client.submit("/performance/elsewhere").status_code == 404


def test_names_are_text_however_long(app, client):
    sent(app, "a.b_c-1", name="<i>" + "long" * 40, figures=[full()])
    shown = client.get("/performance").text
    assert "&lt;i&gt;longlong" in shown
    assert 'href="/performance/a.b_c-1"' in shown
    assert "<i>" not in shown + client.get("/performance/a.b_c-1").text
