"""The calendar and the list of campaigns, and what needs a person."""

from datetime import date, timedelta

import pytest
from placing import at, by_recipients, place, utc

from glowtify_adapters.web.pages import campaigns
from glowtify_core.domain.publication import CancelledBy, OperationKind, Problem
from glowtify_core.domain.remote import Drift
from glowtify_core.domain.state import PublicationState as S

JANUARY = "/campaigns?month=2031-01"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(campaigns, "_today", lambda zone: date(2031, 1, 15))


def requests(sandbox):
    return len(sandbox.state.log)


def entries(text):
    """What stands on the page of one campaign each, in order."""
    return [part.split("</li>")[0] for part in text.split('<li class="entry')[1:]]


def test_without_campaigns_one_is_invited_to_write_one(client):
    shown = client.get("/campaigns").text
    assert "No campaign yet" in shown
    assert 'href="/emails/new"' in shown


def test_without_a_connection_there_is_a_calendar_too(lonely_app, lonely_client):
    place(lonely_app, "winter-sale", at("2031-01-15T09:00"))
    shown = lonely_client.get(JANUARY).text
    assert "8:00\u202fAM" in shown
    assert "Times in UTC" in shown


def test_a_campaign_stands_on_its_day_with_time_and_state(app, client):
    place(app, "winter-sale", at("2031-01-16T02:00", "Europe/Moscow"))
    shown = client.get(JANUARY).text
    day = shown.split('data-date="2031-01-16"')[1]
    assert not entries(shown.split('data-date="2031-01-16"')[0])
    assert "Winter sale" in day
    assert ">12:00\u202fAM</time>" in day
    assert ">Scheduled</span>" in day
    assert "Times in Central European Time (Europe/Berlin), the zone of Example Shop." in shown


def test_the_list_costs_no_request(app, client, sandbox):
    place(app, "winter-sale", at("2031-01-15T09:00"))
    before = requests(sandbox)
    for view in ("", "&view=month", "&view=list", "&view=attention"):
        assert client.get(JANUARY + view).status_code == 200
    assert requests(sandbox) == before


@pytest.mark.parametrize("state", list(S))
def test_every_state_has_its_word(app, client, state):
    place(app, "winter-sale", at("2031-01-15T09:00"), state)
    (entry,) = entries(client.get(JANUARY).text)
    assert f">{state.value.capitalize()}</span>" in entry


def test_the_marker_is_not_shown(app, client):
    marker = place(app, "winter-sale", at("2031-01-15T09:00")).marker
    for view in ("", "&view=list", "&view=attention"):
        assert marker not in client.get(JANUARY + view).text


def test_names_are_text(app, client):
    place(app, "winter-sale", at("2031-01-15T09:00"), name="<b>Sale</b> & more")
    shown = client.get(JANUARY).text
    assert "&lt;b&gt;Sale&lt;/b&gt; &amp; more" in shown
    assert "<b>Sale" not in shown


def test_by_recipients_clocks(app, client):
    place(app, "morning", by_recipients("2031-01-18T08:00"))
    (entry,) = entries(client.get(JANUARY).text)
    assert "recipients&#39; time" in entry
    assert "move?time=08:00&amp;zone" not in entry


def test_more_than_a_few_a_day_are_folded_in_the_month_and_not_in_the_list(app, client):
    for hour in range(8, 14):
        place(app, f"sale-{hour}", at(f"2031-01-15T{hour:02}:00"))
    month, as_list = client.get(JANUARY).text, client.get(f"{JANUARY}&view=list").text
    assert "+3 more" in month
    assert len(entries(month)) == len(entries(as_list)) == 6
    assert "<details>" not in as_list


def test_today_is_marked_and_is_where_one_begins(app, client):
    place(app, "winter-sale", at("2031-01-20T09:00"))
    shown = client.get("/campaigns").text
    assert "<h2" in shown
    assert "January 2031" in shown
    marked = shown.split('aria-current="date"')[0].rsplit("data-date=", 1)[1]
    assert marked.startswith('"2031-01-15"')


@pytest.mark.parametrize(("locale", "first"), [("en-CA", "Sun"), ("en-GB", "Mon"), ("fr-CA", "dim.")])
def test_a_week_begins_as_the_reader_is_used_to(app, client, locale, first):
    place(app, "winter-sale", at("2031-01-15T09:00"))
    shown = client.get(JANUARY, headers={"accept-language": locale}).text
    assert shown.split('class="weekdays"')[1].split("<span>")[1].startswith(first)


def test_an_empty_month_says_where_campaigns_are(app, client):
    place(app, "winter-sale", at("2031-01-15T09:00"))
    place(app, "summer-sale", at("2031-07-15T09:00"))
    shown = client.get("/campaigns?month=2031-04&view=list").text
    assert "No campaign in April 2031." in shown
    assert "/campaigns?month=2031-01&amp;view=list" in shown
    assert "/campaigns?month=2031-07&amp;view=list" in shown


def test_only_the_latest_publication_of_a_campaign_counts(app, client):
    place(app, "winter-sale", at("2031-01-10T09:00"), S.CANCELLED, cancelled_by=CancelledBy.US)
    place(app, "winter-sale", at("2031-01-15T09:00"))
    (entry,) = entries(client.get(JANUARY).text)
    assert "Scheduled" in entry


def test_no_more_than_so_many_are_looked_at_and_it_says_so(app, client, monkeypatch):
    monkeypatch.setattr(campaigns, "NEWEST", 2)
    for number in range(3):
        place(app, f"sale-{number}", at(f"2031-01-1{number}T09:00"))
    shown = client.get(JANUARY).text
    assert "Only the newest 2 are shown." in shown
    assert len(entries(shown)) == 2


def test_several_platforms_are_told_apart(app, client):
    place(app, "winter-sale", at("2031-01-15T09:00"))
    place(app, "letter", at("2031-01-16T09:00"), connector="postbox")
    here, there = entries(client.get(JANUARY).text)
    assert "Klaviyo" in here
    assert "postbox" in there


# --- asking the platforms ---


def test_looking_asks_about_the_month_and_says_so(app, client, sandbox):
    place(app, "winter-sale", at("2031-01-15T09:00"))
    place(app, "done", at("2031-01-16T09:00"), S.SENT)
    place(app, "later", at("2031-03-16T09:00"))
    before = requests(sandbox)
    answer = client.submit("/campaigns", {"month": "2031-01", "view": "list"})
    assert answer.url.query == b"month=2031-01&view=list"
    assert requests(sandbox) > before
    assert "Asked about 1." in answer.text
    latest = {one.key.campaign_id: one for one in app.campaigns.latest("default")}
    assert latest["winter-sale"].state is S.MISSING  # the sandbox has never heard of it
    assert latest["later"].state is S.SCHEDULED


def test_where_all_are_over_nothing_is_asked(app, client, sandbox):
    place(app, "done", at("2031-01-16T09:00"), S.SENT)
    before = requests(sandbox)
    assert "there is nothing to ask" in client.submit("/campaigns", month="2031-01").text
    assert requests(sandbox) == before


def test_a_platform_that_cannot_be_asked_is_named_with_a_remedy(lonely_app, lonely_client):
    for number in range(2):
        place(lonely_app, f"sale-{number}", at("2031-01-15T09:00"))
    shown = lonely_client.submit("/campaigns", month="2031-01").text
    assert shown.count("Klaviyo could not be asked: klaviyo is not connected. Use “Connectors”.") == 1
    assert "Asked about" not in shown


# --- what needs a person ---


def test_what_needs_a_person_is_told_with_what_to_do(app, client):
    due = utc("2031-01-15T08:00")
    place(app, "fine", at("2031-01-15T09:00"))
    place(
        app, "failed", at("2031-01-15T09:00"), S.FAILED, problem=Problem("Invalid API key", "x", "Renew it.")
    )
    place(app, "unknown", at("2031-01-15T09:00"), S.UNKNOWN)
    place(app, "late", at("2031-01-15T09:00"), looked=due + timedelta(hours=3))
    place(app, "changed", at("2031-01-15T09:00"), drift=frozenset({Drift.AUDIENCE}))
    place(app, "gone", at("2031-01-15T09:00"), S.CANCELLED, cancelled_by=CancelledBy.PLATFORM)
    shown = client.get("/campaigns?view=attention").text
    assert "Needs attention (5)" in shown
    assert "/campaigns/fine" not in shown
    for words in (
        "Invalid API key",
        "Renew it.",
        "It is not known whether this e-mail is scheduled",
        "does not say that it was sent",
        "The audiences.",
        "Klaviyo cancelled it",
    ):
        assert words in shown


def test_repairing_finishes_what_was_interrupted(app, client):
    place(app, "winter-sale", at("2031-01-15T09:00"), begun=OperationKind.CANCEL)
    answer = client.submit("/repair")
    assert answer.url.query == b"view=attention"
    assert "Winter sale" in answer.text
    assert app.campaigns.latest("default", ["winter-sale"])[0].state is S.CANCELLED
    assert "Winter sale" not in client.get("/campaigns?view=attention").text  # told once


def test_repairing_what_is_in_order(client):
    shown = client.submit("/repair").text
    assert "Nothing needed repair." in shown
    assert "Nothing needs you." in shown


def test_what_cannot_be_repaired_is_told(lonely_app, lonely_client):
    place(lonely_app, "winter-sale", at("2031-01-15T09:00"), begun=OperationKind.CANCEL)
    shown = lonely_client.submit("/repair").text
    assert "klaviyo is not connected" in shown
