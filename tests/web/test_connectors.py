"""The Connectors page: what is on the cards, checking, disconnecting."""

from dataclasses import replace
from datetime import timedelta

import fakes
import pytest
from placing import at, by_recipients, place
from playwright.sync_api import expect

from glowtify_core.domain.connection import ConnectionState
from glowtify_core.domain.errors import AuthenticationFailed, CredentialsMissing, Effect
from glowtify_core.domain.state import PublicationState
from glowtify_core.ports.connectors import LoadFailure
from glowtify_core.ports.credentials import CredentialRef, Secret

SCRIPT = {"hx-request": "true"}
HERE = CredentialRef("default", "klaviyo")
BROKEN = LoadFailure("broken", "glowtify-broken", "ImportError: no <such> module", "Repair or update it.")


def cards(text):
    """The cards of a page, by heading."""
    parts = [part.split("</article>")[0] for part in text.split("<article")[1:]]
    return {part.split("<h2")[1].split(">")[1].split("<")[0]: part for part in parts}


def changed(app, **changes):
    """What is kept of the connection to Klaviyo is different now."""
    connection = replace(app.connections.repo.get("default", "klaviyo"), **changes)
    app.connections.repo.save(connection)
    return connection


@pytest.fixture
def fake():
    """The platform behind the connector ``fake``."""
    return fakes.FakeServer(fakes.FakeClock())


@pytest.fixture
def connected(host, fake):
    """A host with the connector ``fake``, connected."""
    app, client = host([fakes.manifest_for(fake)])
    app.connections.connect("default", "fake", {"api_key": Secret("a-long-enough-key")})
    return app, client


def test_without_a_connection_what_is_available_is_shown(lonely_client):
    shown = lonely_client.get("/connectors").text
    assert "Connected (0)" in shown
    assert '<a href="?tab=available" aria-current="page">Available (1)</a>' in shown
    card = cards(shown)["Klaviyo"]
    assert ">Not connected</span>" in card
    assert "Version " in card
    assert 'href="/connectors/klaviyo/connect">Connect Klaviyo</a>' in card
    assert "No account is connected yet" in lonely_client.get("/connectors?tab=connected").text


def test_a_connected_card_says_whose_account_it_is(client, sandbox):
    shown = client.get("/connectors").text
    assert '<a href="?tab=connected" aria-current="page">Connected (1)</a>' in shown
    card = cards(shown)["Klaviyo"]
    for fact in (
        "Example Shop",
        "Europe/Berlin",
        "EUR",
        "shop@example.com",
        sandbox.base_url,
        "Last checked",
    ):
        assert fact in card
    assert '<span class="badge good">Connected</span>' in card
    assert "Every installed connector is connected" in client.get("/connectors?tab=available").text


@pytest.mark.parametrize(
    ("state", "style"),
    [(ConnectionState.PARTIALLY_CONNECTED, "warn"), (ConnectionState.RECONNECT_REQUIRED, "bad")],
)
def test_a_problem_and_what_to_do_about_it_are_on_the_card(app, client, state, style):
    changed(app, state=state, problem="The key lacks something.", remedy="Make another.", checked_at=None)
    card = cards(client.get("/connectors").text)["Klaviyo"]
    assert f'<span class="badge {style}">{state}</span>' in card
    assert "The key lacks something." in card
    assert "Make another." in card
    assert 'class="button primary" href="/connectors/klaviyo/connect">Reconnect</a>' in card


def test_nothing_that_a_platform_says_is_markup(app, client):
    account = app.connections.repo.get("default", "klaviyo").account
    changed(app, account=replace(account, name="<b>" + "Very" * 200, zone="Nowhere/At all", notes=("<i>",)))
    card = cards(client.get("/connectors").text)["Klaviyo"]
    assert "&lt;b&gt;VeryVery" in card
    assert "&lt;i&gt;" in card
    assert "Nowhere/At all" in card
    assert " UTC" in card  # the times of an account whose zone does not exist


def test_thirty_connectors_have_a_card_each(host, fake):
    manifests = [fakes.manifest_for(fake, name=f"number-{n}", title=f"Number {n}") for n in range(30)]
    _, client = host(manifests)
    shown = client.get("/connectors").text
    assert "Available (30)" in shown
    assert set(cards(shown)) == {f"Number {n}" for n in range(30)}
    assert len(shown) < 100_000


def test_without_any_connector_the_page_says_how_to_get_one(host):
    assert "pip install glowtify-klaviyo" in host()[1].get("/connectors").text


def test_what_could_not_be_loaded_is_shown_with_what_to_do(host):
    _, client = host(failures=[BROKEN])
    for tab in ("connected", "available"):
        shown = client.get(f"/connectors?tab={tab}").text
        assert "ImportError: no &lt;such&gt; module" in shown
        assert "Repair or update it." in shown


@pytest.mark.parametrize(
    ("failures", "said"),
    [([BROKEN], "Its connector could not be loaded."), ([], "Its connector is not installed any more.")],
)
def test_a_connection_outlives_its_connector(host, connected, failures, said):
    app, _ = connected
    connection = replace(app.connections.repo.get("default", "fake"), connector="broken")
    app.connections.repo.save(connection)
    _, client = host(failures=failures)
    card = cards(client.get("/connectors").text)["broken"]
    assert said in card
    assert "Check now" not in card
    assert 'href="/connectors/broken/connect"' not in card
    assert "broken is disconnected" in client.submit("/connectors/broken/disconnect").text
    assert app.connections.repo.get("default", "broken") is None


def test_check_now_brings_what_has_changed(client, sandbox):
    sandbox.state.account.attributes["timezone"] = "America/Toronto"
    shown = client.submit("/connectors/klaviyo/check").text
    assert "Klaviyo was checked: Connected." in shown
    assert "America/Toronto" in cards(shown)["Klaviyo"]


def test_check_now_swaps_the_card_alone(client):
    shown = client.submit("/connectors/klaviyo/check", headers=SCRIPT).text
    assert shown.startswith("<article")
    assert "Checked just now: Connected." in shown


def test_a_check_that_fails_says_why_and_leaves_the_state(connected, fake):
    _, client = connected
    fake.connect_error = fakes.down()
    card = client.submit("/connectors/fake/check", headers=SCRIPT).text
    assert "<strong>unreachable</strong>" in card
    assert ">Connected</span>" in card
    assert "Fake: unreachable" in client.submit("/connectors/fake/check").text


def test_a_key_that_is_no_good_any_more_changes_the_card(connected, fake):
    _, client = connected
    fake.connect_error = AuthenticationFailed("Invalid API key", effect=Effect.NONE, remedy="Make a new one.")
    card = client.submit("/connectors/fake/check", headers=SCRIPT).text
    assert ">Reconnect required</span>" in card
    assert card.count("Invalid API key") == 1
    assert "Make a new one." in card


def test_what_is_not_connected_is_neither_checked_nor_disconnected(lonely_client):
    for path in ("check", "disconnect"):
        shown = lonely_client.submit(f"/connectors/klaviyo/{path}").text
        assert "Klaviyo is not connected." in shown
    assert "Klaviyo is not connected." in lonely_client.get("/connectors/klaviyo/disconnect").text
    answer = lonely_client.submit("/connectors/klaviyo/check", headers=SCRIPT)
    assert answer.headers["hx-redirect"] == "/connectors"


def test_an_unknown_connector_is_refused(lonely_client):
    answer = lonely_client.submit("/connectors/nothing/check")
    assert answer.status_code == 409
    assert "There is no connector &#39;nothing&#39;" in answer.text


def test_disconnecting_names_what_still_sends(app, client):
    place(app, "winter-sale", at("2031-01-15T09:00"))
    place(app, "spring-sale", by_recipients("2031-03-01T10:30"))
    place(app, "old-news", at("2026-01-15T09:00"), PublicationState.SENT)
    shown = client.get("/connectors/klaviyo/disconnect").text
    assert "Disconnect Klaviyo?" in shown
    assert "These campaigns still send (2)" in shown
    for fact in (
        "Winter sale",
        "January 15, 2031",
        "Europe/Berlin",
        "Spring sale",
        "each recipient&#39;s own",
    ):
        assert fact in shown
    assert "Old news" not in shown
    assert app.connections.repo.get("default", "klaviyo")


def test_disconnecting_forgets_the_key(app, client):
    place(app, "winter-sale", at("2031-01-15T09:00"))
    shown = client.submit("/connectors/klaviyo/disconnect").text
    assert "Klaviyo is disconnected; its key is deleted. Campaigns that still send from there: 1." in shown
    assert ">Not connected</span>" in shown
    with pytest.raises(CredentialsMissing):
        app.connections.credentials.get(HERE)


def test_with_nothing_scheduled_that_is_said(client):
    assert "Nothing of this store is waiting to be sent there." in (
        client.get("/connectors/klaviyo/disconnect").text
    )


def test_a_key_that_is_not_ours_to_forget_stays_connected(host, fake, monkeypatch):
    monkeypatch.setenv("GLOWTIFY_CREDENTIALS", "environment")
    monkeypatch.setenv("GLOWTIFY_CREDENTIAL_DEFAULT__FAKE__API_KEY", "a-long-enough-key")
    app, client = host([fakes.manifest_for(fake)])
    app.connections.connect("default", "fake", {"api_key": Secret("a-long-enough-key")})
    answer = client.submit("/connectors/fake/disconnect")
    assert answer.status_code == 409
    assert "Disconnect Fake?" in answer.text
    assert 'role="alert"' in answer.text
    assert app.connections.repo.get("default", "fake")


def test_checking_in_a_browser_keeps_the_place(browser_page, sandbox):
    browser_page.goto(browser_page.url.split("?")[0] + "?tab=connected")
    before = browser_page.locator("time").text_content()
    sandbox.advance(timedelta(hours=2))
    button = browser_page.get_by_role("button", name="Check now Klaviyo")
    button.focus()
    browser_page.keyboard.press("Enter")
    expect(browser_page.get_by_role("status").filter(has_text="Checked just now: Connected.")).to_be_visible()
    expect(browser_page.locator("time")).not_to_have_text(before or "")
    expect(button).to_be_focused()
    expect(button).to_be_enabled()


def test_the_menu_is_used_by_keyboard(browser_page):
    menu = browser_page.get_by_label("Menu of Klaviyo")
    menu.focus()
    browser_page.keyboard.press("Enter")
    disconnect = browser_page.get_by_role("link", name="Disconnect")
    expect(disconnect).to_be_visible()
    browser_page.keyboard.press("Escape")
    expect(disconnect).to_be_hidden()
    expect(menu).to_be_focused()
    menu.click()
    browser_page.get_by_role("heading", level=1).click()
    expect(disconnect).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(app, open_page, axe, scheme):
    place(app, "winter-sale", at("2031-01-15T09:00"))
    page = open_page("/connectors", size="phone", scheme=scheme)
    page.get_by_label("Menu of Klaviyo").click()
    for path in ("", "?tab=available", "/klaviyo/connect", "/klaviyo/disconnect"):
        if path:
            page.goto(page.url.split("/connectors")[0] + "/connectors" + path)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
