"""New e-mail: what the form takes, what it says of it, and that nothing typed is lost."""

import re
from dataclasses import replace

import fakes
import pytest
from composing import HTML, audience, draft_of, email, readable, said

from glowtify_adapters.web.drafts import LARGEST_HTML, of_campaign
from glowtify_core.domain.audience import AudienceRef
from glowtify_core.domain.capabilities import Capability
from glowtify_core.domain.connection import ConnectionState
from glowtify_core.domain.schedule import SendAt
from glowtify_core.ports.credentials import Secret

SCRIPT = {"hx-request": "true"}
NEW = "/emails/new"


def check(client, fields, **files):
    return client.submit(NEW, {**fields, "do": "check"}, files=files or None)


def typing(client, fields, **files):
    return client.submit(NEW, fields, headers=SCRIPT, files=files or None).text


def test_without_an_account_the_way_to_one_is_shown(lonely_client):
    shown = lonely_client.get(NEW)
    assert "none is connected yet" in shown.text
    assert 'href="/connectors"' in shown.text
    assert lonely_client.submit(NEW, {"do": "publish"}).status_code == 200


def test_the_form_begins_with_the_accounts_sender_and_zone(client):
    shown = client.get(NEW).text
    for field, value in (
        ("sender.name", "Example Shop"),
        ("sender.email", "shop@example.com"),
        ("schedule.zone", "Europe/Berlin"),
    ):
        assert re.search(rf'value="{value}"[^>]*name="{field}"', shown), field
    assert '<option value="America/Toronto">' in shown
    assert not re.search(r'class="wrong"|role="alert"', shown)


def test_the_page_is_light(client):
    shown = client.get(NEW)
    parts = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', shown.text))
    assert len(parts) <= 4
    assert len(shown.content) + sum(len(client.get(part).content) for part in parts) < 100_000


def test_everything_that_is_missing_is_said_at_once_and_beside_its_field(client, app):
    shown = check(client, {"draft": "0123456789abcdef", "connector": "klaviyo", "schedule.by": "zone"})
    assert shown.status_code == 422
    for field, words in (
        ("name", "It has no name"),
        ("subject", "The subject is missing"),
        ("html", "The e-mail has no HTML"),
        ("audience.include", "No list or segment is chosen"),
        ("schedule.at", "The date or the time is missing"),
    ):
        assert words in said(shown.text, field)
    mend = readable(shown.text.split("This is to be mended first")[1].split("</section>")[0])
    assert "The subject is missing" in mend
    assert 'name="subject" aria-describedby="hint-subject said-subject" aria-invalid="true"' in shown.text


def test_nobody_is_told_what_is_missing_while_still_typing(client, app):
    fields = {"draft": "0123456789abcdef", "connector": "klaviyo", "sender.email": "shop@example.com"}
    shown = typing(client, fields)
    assert said(shown, "subject") == ""
    assert "Not complete yet" in shown
    shown = typing(client, {**fields, "sender.email": "shop@"})
    assert "'shop@' is not an e-mail address" in said(shown, "sender.email")
    assert "Something is to be mended" in shown


def test_what_is_good_is_ready(client, app):
    shown = check(client, email(app))
    assert shown.status_code == 200
    assert "Ready to publish" in shown.text


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"sender__email": "nobody"}, "sender.email", "'nobody' is not an e-mail address."),
        ({"sender__reply_to": "a@b"}, "sender.reply_to", "'a@b' is not an e-mail address."),
        ({"id": "winter sale"}, "id", "The id must be 1 to 64 letters"),
        ({"subject": "a\u202eb"}, "subject", "reverses the direction of writing"),
        ({"html": "<p>{% nonsense %}</p>"}, "html", "Klaviyo has no template tag"),
        ({"html": "<p>Hello</p>"}, "html", "There is no unsubscribe tag"),
        ({"html": '<a href="{% unsubscribe %}">x</a>'}, "html", "stands inside an href"),
        ({"text": "{{ first_name }"}, "text", "is not closed"),
        ({"schedule__date": "2020-01-15"}, "schedule.at", "Scheduled datetime must be in the future."),
        ({"schedule__zone": "America/Nowhere"}, "schedule.zone", "Unknown time zone"),
        ({"sender__email": "shop@elsewhere.example"}, "sender.email", "The sender's domain is not that"),
        ({"options__utm": "account"}, "options.utm", "may show Glowtify's marker"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_with_what_to_do(client, app, changes, field, words):
    fields = email(app, **changes)
    for shown in (check(client, fields).text, typing(client, fields)):
        assert words in said(shown, field)
        assert "and try again" not in said(shown, field)


def test_a_list_that_is_gone_is_found_by_asking(client, app):
    gone = audience(app).replace(re.search(r'"(\w{6})"', audience(app))[1], "GONE01")
    shown = check(client, email(app, audience__include=gone)).text
    assert "Klaviyo has no list or segment Newsletter" in said(shown, "audience.include")
    assert "no longer there" in client.get("/emails/audiences/0123456789abcdef").text


def test_both_included_and_excluded_is_said(client, app):
    shown = check(client, email(app, audience__exclude=audience(app))).text
    assert "both included and excluded" in said(shown, "audience.exclude")


def test_the_subject_and_the_preheader_are_counted(client, app):
    shown = typing(client, email(app, subject="é" * 61, preheader="x" * 90))
    counted = {
        field: readable(re.search(rf'id="hint-{field}".*?</p>', shown, re.DOTALL)[0].partition(">")[2])
        for field in ("subject", "preheader")
    }
    assert counted["subject"].startswith("61 characters")
    assert "Worth changing" in counted["subject"]
    assert counted["preheader"] == "90 characters 80 to 100 read best."


def test_the_id_is_made_of_the_name_and_stays_the_same(client, app):
    made = [re.search(r"<code>(.*?)</code>", typing(client, email(app)))[1] for _ in range(2)]
    assert made == ["winter-sale-01234", "winter-sale-01234"]
    assert draft_of(client).campaign_id == made[0]
    typing(client, email(app, id="my-own"))
    assert draft_of(client).campaign_id == "my-own"
    typing(client, email(app, name="Ⅻ — 🎄"))
    assert re.fullmatch(r"[a-z0-9-]{5,}", draft_of(client).campaign_id)


def test_nothing_typed_is_lost(client, app):
    fields = email(
        app, sender__email="nobody", preheader="<b>é</b>", text="plain\ntext", html=HTML + "\n<!-- é -->"
    )
    for shown in (check(client, fields).text, client.get(NEW).text):
        for text in ("Winter sale", "&lt;b&gt;é&lt;/b&gt;", "nobody", "plain\ntext", "2031-01-15", "09:00"):
            assert text in shown
        assert "&lt;!-- é --&gt;" in shown
    shown = client.get("/emails/audiences/0123456789abcdef").text
    assert len(re.findall(r"checked>", shown)) == 1


def test_a_file_is_kept_and_said_so(client, app):
    fields = email(app, html="<p>pasted</p>")
    shown = check(client, fields, html_file=("mail.html", HTML.encode(), "text/html")).text
    assert "Kept: mail.html" in shown
    assert draft_of(client).html == HTML
    again = check(client, fields).text
    assert "Kept: mail.html" in again
    shown = client.submit(NEW, {**fields, "do": "no_file"}).text
    assert "Kept:" not in shown
    assert "&lt;p&gt;pasted&lt;/p&gt;" in shown


def test_a_new_file_is_shown_as_kept_by_script_too(client, app):
    fields = email(app, html="")
    assert 'id="source"' in typing(client, fields, html_file=("mail.html", HTML.encode(), "text/html"))
    assert 'id="source"' not in typing(client, fields)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x" * (LARGEST_HTML + 1), "mail.html is larger than 4 MB."),
        (b"\xff\xfe<", "mail.html is not UTF-8."),
    ],
)
@pytest.mark.parametrize("do", ["check", "publish"])
def test_a_file_that_cannot_be_taken_is_refused_and_the_rest_is_kept(client, app, content, words, do):
    fields = {**email(app, sender__email="nobody"), "do": do}
    shown = client.submit(NEW, fields, files={"html_file": ("mail.html", content, "text/html")})
    assert shown.status_code == 422
    assert words in said(shown.text, "html")
    assert "not an e-mail address" in said(shown.text, "sender.email")
    assert draft_of(client).html == HTML


def test_html_that_is_too_large_is_refused_and_kept(client, app):
    large = HTML + "x" * LARGEST_HTML
    shown = check(client, email(app, html=large))
    assert "The HTML is larger than 4 MB." in said(shown.text, "html")
    assert draft_of(client)["html"] == large


def test_the_preview_runs_nothing_and_shows_day_and_night(client, app):
    page = "<style>@media (prefers-color-scheme: dark) { p { color: red } }</style><script>alert(1)</script>"
    shown = check(client, email(app, html=page)).text
    (day, night) = re.findall(r'<iframe sandbox="" [^>]*src="([^"]+)"', shown)
    policy = client.get(day).headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "@media (max-width: 0)" in client.get(day).text
    assert "@media (min-width: 0)" in client.get(night.replace("&amp;", "&")).text
    assert "own-dark" in shown


def test_an_email_without_dark_looks_is_turned_dark(client, app):
    shown = check(client, email(app, preview="dark")).text
    assert "turned-dark" in shown
    assert len(re.findall("<iframe", shown)) == 1
    assert 'value="dark" checked' in shown
    assert client.get("/emails/preview/nothing").text == ""


def test_several_emails_can_be_begun(client, app):
    check(client, email(app))
    fresh = client.submit(NEW, {**email(app, subject="Changed"), "do": "another"})
    assert fresh.url.path == NEW
    assert 'value="Changed"' not in fresh.text
    assert '<a href="/emails/new?draft=0123456789abcdef"><bdi>Winter sale</bdi></a>' in fresh.text
    assert 'value="Changed"' in client.get(f"{NEW}?draft=0123456789abcdef").text


def test_only_the_last_five_are_remembered(client, app):
    for number in range(7):
        typing(client, email(app, draft=f"{number:016x}"))
    assert list(client.session.kept["emails"]) == [f"{number:016x}" for number in range(2, 7)]


def test_a_campaign_that_was_taken_back_fills_the_form(client, app):
    campaign = replace(
        fakes.campaign(),
        exclude=(AudienceRef("LIST02"),),
        schedule=SendAt.at(fakes.campaign().schedule.wall, "UTC"),
    )
    draft = of_campaign(campaign)
    assert draft["subject"] == campaign.subject
    assert [ref.id for ref in draft.having({"connector": campaign.connector}).chosen("exclude")] == ["LIST02"]
    assert draft.campaign_id == campaign.key.campaign_id


@pytest.fixture
def needy(host):
    """A host with a platform that asks for much and can do little."""
    able = {
        name: needs
        for name, needs in fakes.CAPABILITIES.items()
        if name in {Capability.PUBLISH, Capability.LISTS, Capability.CANCEL, Capability.RECONCILE}
    }
    server = fakes.FakeServer(fakes.FakeClock())
    wants = {"languages": ("en-CA", "fr-CA"), "most_audiences": 1, "minutes": 15, "capabilities": able}
    app, client = host([fakes.manifest_for(server, **wants)])
    app.connections.connect("default", "fake", {"api_key": Secret("a-long-enough-key")})
    return app, client


def test_only_what_the_platform_can_is_offered_and_what_it_needs_is_asked_for(needy):
    app, client = needy
    shown = client.get(NEW).text
    assert "Français (Canada)" in shown or "French (Canada)" in shown
    assert "Smart Sending" not in shown
    assert "Each recipient" not in shown
    rows = client.get(f"/emails/audiences/{next(iter(client.session.kept['emails']))}").text
    assert "Leave out" not in rows
    fields = email(app, connector="fake", schedule__time="09:05")
    shown = check(client, fields).text
    assert "Fake needs to know the language of the e-mail. Choose one." in said(shown, "language")
    assert "Fake sends every 15 minutes only." in said(shown, "schedule.at")
    assert re.findall(r'name="schedule.instead" value="([^"]+)"', shown) == [
        "2031-01-15T09:00",
        "2031-01-15T09:15",
    ]


def test_an_account_that_is_not_well_says_so(client, app):
    connection = app.connections.repo.get("default", "klaviyo")
    broken = replace(
        connection, state=ConnectionState.RECONNECT_REQUIRED, problem="Invalid API key", remedy="Reconnect."
    )
    app.connections.repo.save(broken)
    shown = client.get(NEW).text
    assert "(Reconnect required)" in shown
    assert "Invalid API key" in shown
