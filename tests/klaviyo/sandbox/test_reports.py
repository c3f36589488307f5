"""The campaign values report: which campaigns count, what the rows hold, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

COUNTS = ["recipients", "delivered", "opens", "opens_unique", "clicks", "clicks_unique", "bounced"]
YEAR = {"key": "last_12_months"}


def body(api, *, metric=0, statistics=COUNTS, timeframe=YEAR, **more):
    attributes = {
        "statistics": statistics,
        "timeframe": timeframe,
        "conversion_metric_id": api.sandbox.ready["metrics"][metric]["id"],
        **more,
    }
    return {"type": "campaign-values-report", "attributes": attributes}


def report(api, **choice):
    return api.send("POST", "/api/campaign-values-reports", body(api, **choice), 200)


def rows(api, **choice):
    return report(api, **choice)["data"]["attributes"]["results"]


def refused(api, **choice):
    return api.refused("POST", "/api/campaign-values-reports", 400, json={"data": body(api, **choice)})


def test_every_sent_campaign_of_the_year_has_a_row_and_the_draft_has_none(api):
    found = rows(api)
    assert len(found) == 12
    assert set(found[0]["groupings"]) == {"campaign_id", "campaign_message_id", "send_channel"}
    assert list(found[0]["statistics"]) == COUNTS
    assert all(isinstance(value, float) for value in found[0]["statistics"].values())
    assert api.sandbox.ready["campaign"]["id"] not in {row["groupings"]["campaign_id"] for row in found}


def test_one_request_can_name_many_campaigns(api):
    wanted = sorted(row["groupings"]["campaign_id"] for row in rows(api))[:3]
    named = ",".join(f'"{campaign}"' for campaign in wanted)
    text = f'and(contains-any(campaign_id,[{named}]),equals(send_channel,"email"))'
    found = [row["groupings"]["campaign_id"] for row in rows(api, filter=text)]
    assert sorted(found) == wanted


def test_an_answer_without_rows_is_empty_and_has_its_links(api):
    document = report(api, timeframe={"key": "today"})
    assert document["data"]["attributes"]["results"] == []
    assert document["links"]["next"] is None
    assert document["links"]["prev"] is None
    assert len(document["data"]["id"]) == 36


def test_figures_are_plausible_and_never_fall(klaviyo, api):
    campaign = api.scheduled()
    klaviyo.set_clock(datetime(2026, 12, 1, 12, 0, 1, tzinfo=UTC))
    statistics = [*COUNTS, "conversions", "conversion_uniques", "conversion_value", "unsubscribes"]
    before = dict.fromkeys(statistics, 0.0)
    for hours in (0, 1, 5, 24, 24 * 7, 24 * 30):
        klaviyo.advance(timedelta(hours=hours))
        (row,) = rows(api, statistics=statistics, filter=f'equals(campaign_id,"{campaign}")')
        now = row["statistics"]
        assert all(now[name] >= before[name] for name in statistics)
        assert now["clicks_unique"] <= now["opens_unique"] <= now["delivered"] <= now["recipients"]
        assert now["clicks_unique"] <= now["clicks"] <= now["opens"]
        assert now["opens_unique"] <= now["opens"]
        assert now["conversion_uniques"] <= now["conversions"]
        before = now
    assert before["opens_unique"] > 500
    assert before["conversion_value"] > 100


def test_rates_are_fractions_of_the_counts(api):
    statistics = ["delivered", "opens_unique", "open_rate", "recipients", "delivery_rate"]
    for row in rows(api, statistics=statistics):
        numbers = row["statistics"]
        assert numbers["open_rate"] == pytest.approx(numbers["opens_unique"] / numbers["delivered"])
        assert numbers["delivery_rate"] == pytest.approx(numbers["delivered"] / numbers["recipients"])


def test_a_metric_without_values_refuses_money_and_nothing_else(api):
    error = refused(api, metric=1, statistics=["opens", "conversion_value"])
    assert error["detail"] == "Passed in conversion metric does not support querying for values data"
    (row, *_) = rows(api, metric=1, statistics=["opens", "conversions"])
    assert row["statistics"]["conversions"] == row["statistics"]["opens"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"conversion_metric_id": "NOPE01"},
        {"statistics": ["revenue"]},
        {"timeframe": {"key": "last_decade"}},
        {"timeframe": {}},
        {"timeframe": {"key": "today", "start": "2026-01-01T00:00:00"}},
        {"timeframe": {"start": "2026-01-01", "end": "2026-02-01"}},
        {"timeframe": {"start": "2026-02-01T00:00:00", "end": "2026-01-01T00:00:00"}},
        {"timeframe": {"start": "2025-01-01T00:00:00", "end": "2026-01-02T00:00:00"}},
        {"group_by": ["campaign_id"]},
        {"group_by": ["campaign_id", "campaign_message_id", "weekday"]},
        {"filter": "equals(campaign_channel,'email')"},
        {"filter": "contains(campaign_id,'01')"},
        {"filter": "equals(campaign_id,'a'),equals(campaign_id,'b')"},
        {"filter": "contains-any(campaign_id,[" + ",".join(["'x'"] * 101) + "])"},
        {"filter": "equals(send_channel,'pigeon')"},
        {"sort": "opens"},
    ],
)
def test_what_a_report_does_not_know_is_refused(api, wrong):
    assert refused(api, **wrong)["code"] == "invalid"


@pytest.mark.parametrize("missing", ["statistics", "timeframe", "conversion_metric_id"])
def test_the_required_attributes_are_required(api, missing):
    document = body(api)
    del document["attributes"][missing]
    error = api.refused("POST", "/api/campaign-values-reports", 400, json={"data": document})
    assert error["source"] == {"pointer": f"/data/attributes/{missing}"}


def window(start, end):
    return {"start": start, "end": end}


def test_whole_days_of_the_accounts_zone_count_and_offsets_are_ignored(klaviyo, api):
    api.scheduled(send_strategy={"method": "static", "datetime": "2026-11-30T23:30:00Z"})
    klaviyo.set_clock(datetime(2026, 12, 2, 12, 0, tzinfo=UTC))
    on_the_day = window("2026-12-01T08:00:00-08:00", "2026-12-01T09:00:00")  # 0:30 in Berlin
    assert len(rows(api, timeframe=on_the_day)) == 1
    assert rows(api, timeframe=window("2026-11-30T00:00:00+00:00", "2026-11-30T23:59:59+00:00")) == []
    klaviyo.configure(guesses={"report_rounding": "hour"})
    assert rows(api, timeframe=on_the_day) == []


@pytest.mark.parametrize(
    ("key", "count"),
    [
        ("today", 0),
        ("yesterday", 0),
        ("this_week", 0),
        ("last_week", 0),
        ("last_7_days", 0),
        ("last_30_days", 1),
        ("last_90_days", 3),
        ("this_month", 1),
        ("last_month", 1),
        ("last_3_months", 3),
        ("last_12_months", 12),
        ("this_year", 11),
        ("last_year", 1),
        ("last_365_days", 12),
    ],
)
def test_the_named_timeframes(api, key, count):
    assert len(rows(api, timeframe={"key": key})) == count


def test_rows_can_be_grouped_by_tag_and_name(api):
    tag = api.send("POST", "/api/tags", {"type": "tag", "attributes": {"name": "Glow"}}, 201)["data"]["id"]
    first = rows(api)[0]["groupings"]["campaign_id"]
    named = [{"type": "campaign", "id": first}]
    api.send("POST", f"/api/tags/{tag}/relationships/campaigns", named, 204)
    groups = ["campaign_id", "campaign_message_id", "campaign_message_name", "tag_name", "variation"]
    (row,) = rows(api, group_by=groups)
    assert row["groupings"]["tag_name"] == "Glow"
    assert row["groupings"]["campaign_message_name"]
    assert row["groupings"]["variation"] is None
    assert len(rows(api, filter=f'contains-any(tag_id,["{tag}"])')) == 1


def test_long_reports_come_in_pages_by_page_cursor(klaviyo, api):
    klaviyo.configure(guesses={"report_page": 5})
    document, found = report(api), []
    found += document["data"]["attributes"]["results"]
    while document["links"]["next"]:
        assert "page_cursor=" in document["links"]["next"]
        path = document["links"]["next"].removeprefix(klaviyo.base_url)
        document = api.send("POST", path, body(api), 200)
        found += document["data"]["attributes"]["results"]
    assert len({row["groupings"]["campaign_id"] for row in found}) == len(found) == 12


def test_a_campaign_cancelled_while_sending_keeps_its_figures(klaviyo, api):
    campaign = api.scheduled()
    klaviyo.act(campaign, "cancel_during_send", share=0.25)
    assert api.status(campaign) == "Cancelled During Send"
    klaviyo.advance(timedelta(days=3))
    (row,) = rows(api, filter=f'equals(campaign_id,"{campaign}")')
    assert row["statistics"]["recipients"] == 1029.0
